import { onAbort, StoreError, throwIfAborted } from "@borgstore/core";
import type { Call } from "./bucket.ts";
import { isPreconditionFailed } from "./classify.ts";
import type { ConditionalRequests } from "./conditional.ts";
import { PartUploader } from "./part-uploader.ts";
import type { Requests } from "./requests.ts";
import type { Uploads } from "./uploads.ts";

/** The protocol's limit. */
export const mostParts = 10_000;

/** What a value is uploaded with. */
export interface MultipartContext {
  readonly requests: Requests;
  readonly uploads: Uploads;
  readonly conditional: ConditionalRequests;
  readonly partConcurrency: number;
}

/**
 * Stores a value in parts: it is visible when all of them have arrived, and not before. What does not come to an end is
 * aborted, so that no parts stay behind that would be billed, also after an abort by the caller, who does not wait for
 * that then.
 *
 * @param fill adds the parts, in any order; what it throws ends the upload
 * @throws StoreError `ALREADY_EXISTS` with `ifAbsent`; `UNSUPPORTED` with `ifAbsent` where the service does not heed it
 *   for uploads in parts.
 */
export async function storeInParts(
  context: MultipartContext,
  key: string,
  { signal, name = key, ifAbsent }: Call & { readonly ifAbsent: boolean },
  fill: (uploader: PartUploader) => Promise<void>,
  check: () => Promise<void> = async () => {},
): Promise<void> {
  if (ifAbsent) await context.conditional.mustObey("complete", name);
  throwIfAborted(signal);
  await context.requests.inBackground(upload(context, key, { signal, name, ifAbsent }, fill, check));
}

async function upload(
  { uploads, partConcurrency }: MultipartContext,
  key: string,
  { signal, name, ifAbsent }: Call & { readonly ifAbsent: boolean },
  fill: (uploader: PartUploader) => Promise<void>,
  check: () => Promise<void>,
): Promise<void> {
  const begun = await uploads.begin(key, { signal, name });
  const uploader = new PartUploader(uploads, begun, partConcurrency);
  const aborting = onAbort(signal, () => uploader.fail(signal?.reason));
  let isComplete = false;
  try {
    await uploader.fill(fill(uploader));
    const parts = await uploader.finish();
    await check();
    await uploads.complete(begun, parts, ifAbsent);
    isComplete = true;
  } catch (error) {
    uploader.fail(error);
    if (ifAbsent && isPreconditionFailed(error))
      throw new StoreError("ALREADY_EXISTS", { key: name, cause: error });
    throw error;
  } finally {
    aborting?.remove();
    if (!isComplete) {
      await uploader.settled();
      await abandon(uploads, begun);
    }
  }
}

/** Best effort: what failed is told already, and a rule of the bucket for unfinished uploads does the rest. */
async function abandon(uploads: Uploads, begun: Parameters<Uploads["abort"]>[0]): Promise<void> {
  try {
    await uploads.abort(begun);
  } catch (error) {
    if (!StoreError.is(error)) throw error;
  }
}
