import { realSignal, StoreError, type MoveOptions, callSignal, type CallSignal } from "@borgstore/core";
import { isMissing, isPreconditionFailed, isRangeUnsatisfiable, nameOf, statusOf } from "./classify.ts";
import { loadFile } from "./load-file.ts";
import { mostParts, storeInParts } from "./multipart.ts";
import type { PartUploader } from "./part-uploader.ts";
import { repeated } from "./repeated.ts";
import { putValue, type StoreContext, type Target } from "./store-file.ts";

/** How values are copied in parts. */
export interface CopyLimits {
  /** What one request copies at most, in bytes; the protocol's limit. */
  readonly atOnce: number;
  /** Length of a part in bytes: short enough for an answer in time. */
  readonly part: number;
}

export const copyLimits: CopyLimits = { atOnce: 5 * 1024 ** 3, part: 512 * 1024 ** 2 };

/**
 * Gives an object another name: a copy, and when the service has confirmed it, the deletion of the old one. A crash in
 * between leaves both; repeating it leaves one.
 */
export async function moveFile(
  context: StoreContext,
  from: Target,
  to: Target,
  options: MoveOptions,
  limits: CopyLimits,
): Promise<void> {
  await (options.ifAbsent === true
    ? copyIfAbsent(context, from, to, options)
    : copy(context, from, to, options, limits));
  try {
    await context.bucket.delete(from.key, { signal: callSignal(options), name: from.name });
  } catch (error) {
    throw afterCopy(error, from);
  }
}

/** An error that does not say that nothing was done: the retry layer would take the copy for somebody else's object. */
function afterCopy(error: unknown, { name }: Target): unknown {
  if (!StoreError.is(error) || (!error.unsent && error.code !== "RATE_LIMITED")) return error;
  return new StoreError("UNAVAILABLE", {
    key: name,
    detail: "the copy is there, but the old object could not be deleted",
    cause: error,
  });
}

async function copy(
  context: StoreContext,
  from: Target,
  to: Target,
  options: MoveOptions,
  limits: CopyLimits,
): Promise<void> {
  const signal = callSignal(options);
  try {
    await copyAtOnce(context, from, to, signal, false);
  } catch (error) {
    if (!mayBeTooLarge(error)) throw error;
    const head = await context.bucket.head(from.key, { signal, name: from.name });
    if (head === undefined) throw missing(from, error);
    const { ContentLength: length = 0, ETag: etag } = head;
    const isSlow = StoreError.is(error, "TIMEOUT") && length > limits.part;
    if ((length <= limits.atOnce && !isSlow) || etag === undefined) throw error;
    await copyInParts(context, from, to, { length, etag, signal, limits });
  }
}

/** Services say it in different ways, and a slow one may just not be done in time. */
function mayBeTooLarge(error: unknown): boolean {
  if (StoreError.is(error, "TIMEOUT")) return true;
  const name = nameOf(error);
  return (
    name === "InvalidRequest" ||
    name === "EntityTooLarge" ||
    (statusOf(error) === 400 && name === "InvalidArgument")
  );
}

async function copyAtOnce(
  { bucket }: StoreContext,
  from: Target,
  to: Target,
  signal: CallSignal | undefined,
  ifAbsent: boolean,
): Promise<void> {
  try {
    const { CopyObjectResult: result } = await bucket.copy(from.key, to.key, {
      signal,
      name: from.name,
      ifAbsent,
    });
    // Without it nothing says that the copy is whole, and the old one is not to be deleted.
    if (result?.ETag === undefined) {
      throw new StoreError("UNEXPECTED", {
        key: from.name,
        detail: "the service has not confirmed the copy",
      });
    }
  } catch (error) {
    if (isMissing(error)) throw missing(from, error);
    if (ifAbsent && isPreconditionFailed(error)) throw taken(to, error);
    throw error;
  }
}

async function copyInParts(
  context: StoreContext,
  from: Target,
  to: Target,
  source: {
    readonly length: number;
    readonly etag: string;
    readonly signal: CallSignal | undefined;
    readonly limits: CopyLimits;
  },
): Promise<void> {
  const { length, etag, signal, limits } = source;
  const partSize = Math.max(limits.part, Math.ceil(length / mostParts));
  try {
    const fill = async (uploader: PartUploader): Promise<void> => {
      for (let number = 1, start = 0; start < length; number++, start += partSize) {
        const part = { key: from.key, etag, start, end: Math.min(length, start + partSize) };
        await uploader.add((uploads, upload) => uploads.copyPart(upload, number, part));
      }
    };
    // Some services ignore the condition that each part has.
    const check = async (): Promise<void> => {
      const head = await repeated(signal, () => context.bucket.head(from.key, { signal, name: from.name }));
      if (head === undefined) throw missing(from, undefined);
      if (head.ETag !== etag) throw replaced(from, undefined);
    };
    await storeInParts(context, to.key, { signal, name: to.name, ifAbsent: false }, fill, check);
  } catch (error) {
    if (isMissing(error)) throw missing(from, error);
    // It was replaced by a shorter one.
    if (isPreconditionFailed(error) || isRangeUnsatisfiable(error) || nameOf(error) === "InvalidRange")
      throw replaced(from, error);
    throw error;
  }
}

/**
 * A copy that does not replace anything: by the service where it heeds the condition for copies, else by loading the
 * value and storing it, which more services decide in one step.
 */
async function copyIfAbsent(
  context: StoreContext,
  from: Target,
  to: Target,
  options: MoveOptions,
): Promise<void> {
  const signal = callSignal(options);
  const { bucket, conditional, partSize } = context;
  await conditional.mustObey("put", to.name);
  if (await conditional.obeys("copy")) {
    await copyAtOnce(context, from, to, signal, true);
    return;
  }
  const head = await bucket.head(from.key, { signal, name: from.name });
  if (head === undefined) throw missing(from, undefined);
  if ((head.ContentLength ?? 0) > partSize) {
    throw new StoreError("UNSUPPORTED", {
      key: from.name,
      detail: `the service cannot copy to a name only if it is absent, and the value has more than ${partSize} bytes`,
    });
  }
  const value = await loadFile(bucket, from, { signal: realSignal(signal) }, false);
  await putValue(context, to, value, { ifAbsent: true, signal });
}

function replaced({ name }: Target, cause: unknown): StoreError {
  const detail = "the object was replaced while it was being copied";
  return new StoreError("UNAVAILABLE", { key: name, detail, cause });
}

function missing({ name }: Target, cause: unknown): StoreError {
  return new StoreError("NOT_FOUND", { key: name, cause });
}

function taken({ name }: Target, cause: unknown): StoreError {
  return new StoreError("ALREADY_EXISTS", { key: name, cause });
}
