import { callSignal, StoreError, type ByteSource, type StoreOptions } from "@borgstore/core";
import type { Bucket, Call } from "./bucket.ts";
import { isNotImplemented, isPreconditionFailed } from "./classify.ts";
import { mostParts, storeInParts, type MultipartContext } from "./multipart.ts";
import { PartBuffers } from "./part-buffers.ts";

/** What values are stored with. */
export interface StoreContext extends MultipartContext {
  readonly bucket: Bucket;
  readonly partSize: number;
}

/** What one request can carry, by the protocol. */
const mostInOnePut = 5 * 1024 ** 3;

/** Where a value goes. */
export interface Target {
  readonly key: string;
  readonly name: string;
}

/** Stores a value that is in memory: by one request up to the part size, else in parts, which are views of it. */
export async function storeValue(
  context: StoreContext,
  { key, name }: Target,
  value: Uint8Array,
  options: StoreOptions,
): Promise<void> {
  const { ifAbsent = false } = options;
  const signal = callSignal(options);
  const length = value.byteLength;
  const needsParts = length > context.partSize;
  if (!needsParts || (ifAbsent && length <= mostInOnePut && !(await context.conditional.obeys("complete")))) {
    await putValue(context, { key, name }, value, { ifAbsent, signal });
    return;
  }
  const partSize = Math.max(context.partSize, Math.ceil(length / mostParts));
  await storeInParts(context, key, { signal, name, ifAbsent }, async (uploader) => {
    for (let number = 1, at = 0; at < length; number++, at += partSize) {
      const body = value.subarray(at, at + partSize);
      await uploader.add((uploads, upload) => uploads.part(upload, number, body));
    }
  });
}

/**
 * Stores a value that comes in pieces: by one request when it ends within the part size, else in parts. No more is in
 * memory than the parts in flight and the one that is being filled.
 */
export async function storePieces(
  context: StoreContext,
  { key, name }: Target,
  source: ByteSource,
  options: StoreOptions,
): Promise<void> {
  const { ifAbsent = false } = options;
  const signal = callSignal(options);
  const buffers = new PartBuffers(source, context.partSize);
  try {
    const first = await buffers.next();
    if (first === undefined || (await buffers.isAtEnd())) {
      await putValue(context, { key, name }, first ?? new Uint8Array(0), { ifAbsent, signal });
      return;
    }
    await storeInParts(context, key, { signal, name, ifAbsent }, async (uploader) => {
      let number = 1;
      for (
        let body: Uint8Array | undefined = first;
        body !== undefined;
        body = await buffers.next(), number++
      ) {
        if (number > mostParts) throw tooLarge(name, context.partSize);
        const [thisNumber, thisBody] = [number, body];
        await uploader.add(
          (uploads, upload) => uploads.part(upload, thisNumber, thisBody),
          () => buffers.giveBack(thisBody),
        );
      }
    });
  } finally {
    await buffers.release();
  }
}

/** Stores a value by one request. */
export async function putValue(
  { bucket, conditional }: StoreContext,
  { key, name }: Target,
  value: Uint8Array,
  { ifAbsent, signal }: Pick<Call, "signal"> & { readonly ifAbsent: boolean },
): Promise<void> {
  if (ifAbsent) await conditional.mustObey("put", name);
  try {
    await bucket.put(key, value, { signal, name, ifAbsent });
  } catch (error) {
    if (!ifAbsent) throw error;
    if (isPreconditionFailed(error)) throw new StoreError("ALREADY_EXISTS", { key: name, cause: error });
    if (isNotImplemented(error))
      throw new StoreError("UNSUPPORTED", {
        key: name,
        detail: "the service does not implement If-None-Match",
        cause: error,
      });
    throw error;
  }
}

function tooLarge(name: string, partSize: number): StoreError {
  return new StoreError("INVALID_ARGUMENT", {
    key: name,
    detail: `a value in pieces has at most ${mostParts} parts of ${partSize} bytes; the option partSize makes them larger`,
  });
}
