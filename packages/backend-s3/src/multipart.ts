import { delay, onAbort, StoreError, throwIfAborted } from "@borgstore/core";
import type { Call } from "./bucket.ts";
import { isPreconditionFailed, nameOf } from "./classify.ts";
import type { ConditionalRequests } from "./conditional.ts";
import { PartUploader } from "./part-uploader.ts";
import type { Upload, Uploads } from "./uploads.ts";

/** The protocol's limit. */
export const mostParts = 10_000;

/** What a value is uploaded with. */
export interface MultipartContext {
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
 * @param check asked when all parts are there; what it throws ends the upload
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
  await upload(context, key, { signal, name, ifAbsent }, fill, check);
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

/**
 * Best effort: what failed is told already, and a rule of the bucket for unfinished uploads does the rest. Tried again
 * only when the service has answered that it is busy: whoever closes the backend waits for this.
 */
async function abandon(uploads: Uploads, begun: Upload): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await uploads.abort(begun);
      return;
    } catch (error) {
      if (!StoreError.is(error)) throw error;
      const isBusy = error.code === "RATE_LIMITED" || error.code === "UNAVAILABLE";
      if (!isBusy || nameOf(error) === "NoSuchUpload" || tries >= mostAbandonTries) return;
    }
    await delay(betweenAbandonTriesMs);
  }
}

const mostAbandonTries = 3;
const betweenAbandonTriesMs = 250;
