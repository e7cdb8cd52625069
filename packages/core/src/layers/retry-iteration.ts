import type { Backend } from "../backend.ts";
import { concatBytes, copyBytes } from "../bytes.ts";
import type { ItemInfo } from "../item-info.ts";
import { callError } from "./intercept.ts";
import type { ListCall, LoadStreamCall } from "./operation-call.ts";
import type { RetryAttempts } from "./retry-attempts.ts";
import { equalBytes } from "./retry-lost-answers.ts";

/** How much of what was delivered last is read again and compared when a stream is taken up again. */
const overlapBytes = 4096;

/** A listing that starts anew after a failure and leaves out what was yielded before; the order makes that possible. */
export async function* listWithRetry(
  call: ListCall,
  next: (call: ListCall) => AsyncIterable<readonly ItemInfo[]>,
  attempts: RetryAttempts,
): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  let last: string | undefined;
  let skipping = false;
  let isWithReader = false;
  while (true) {
    try {
      for await (const page of next(call)) {
        const until = skipping ? last : undefined;
        const fresh = until === undefined ? page : page.filter((item) => orderKey(item) > until);
        const final = fresh.at(-1);
        if (final === undefined) continue;
        skipping = false;
        last = orderKey(final);
        isWithReader = true;
        yield fresh;
        isWithReader = false;
        attempts.progress();
      }
      return;
    } catch (error) {
      // While the reader has a page, only releasing can fail: the reader is leaving.
      if (isWithReader || !(await attempts.again(error))) throw error;
      skipping = last !== undefined;
    }
  }
}

/** What the contract's order compares; names are ASCII, so strings compare as their bytes. */
function orderKey(item: ItemInfo): string {
  return item.isDirectory ? `${item.name}/` : item.name;
}

/**
 * A stream that goes on after a failure where it stopped. The last 4 KiB delivered are read again and compared,
 * so that an object that was replaced meanwhile becomes an `INTEGRITY` error instead of a mixture.
 */
export async function* loadStreamWithRetry(
  backend: Backend,
  call: LoadStreamCall,
  next: (call: LoadStreamCall) => AsyncIterable<Uint8Array>,
  attempts: RetryAttempts,
): AsyncGenerator<Uint8Array, void, undefined> {
  let delivered = 0;
  let tail: Uint8Array = new Uint8Array(0);
  let start: number | undefined;
  let isWithReader = false;
  while (true) {
    try {
      if (delivered > 0) start ??= await findStart(backend, call);
      const request =
        delivered === 0 ? call : resumedCall(call, (start ?? 0) + delivered, delivered, tail.byteLength);
      let unchecked = tail;
      for await (const piece of next(request)) {
        const known = Math.min(unchecked.byteLength, piece.byteLength);
        if (!equalBytes(unchecked.subarray(0, known), piece.subarray(0, known)))
          throw changedError(backend, call);
        unchecked = unchecked.subarray(known);
        const fresh = known === 0 ? piece : piece.subarray(known);
        if (fresh.byteLength === 0) continue;
        delivered += fresh.byteLength;
        tail = lastBytes(tail, fresh);
        isWithReader = true;
        yield fresh;
        isWithReader = false;
        attempts.progress();
      }
      if (unchecked.byteLength > 0) throw changedError(backend, call);
      return;
    } catch (error) {
      if (isWithReader || !(await attempts.again(error))) throw error;
    }
  }
}

/** Where a stream began, from the start of the value. A negative offset depends on the value's length. */
async function findStart(backend: Backend, call: LoadStreamCall): Promise<number> {
  const { offset = 0, signal } = call.options;
  if (offset >= 0) return offset;
  const item = await backend.info(call.name, { signal });
  if (!item.exists) throw callError("NOT_FOUND", backend, call, "it vanished while it was being read");
  return Math.max(0, item.size + offset);
}

function resumedCall(call: LoadStreamCall, at: number, delivered: number, overlap: number): LoadStreamCall {
  const { size } = call.options;
  const rest = size === undefined ? undefined : size - delivered + overlap;
  return { ...call, options: { ...call.options, offset: at - overlap, size: rest } };
}

function lastBytes(tail: Uint8Array, piece: Uint8Array): Uint8Array {
  // A copy: the piece is the reader's, who may change it.
  if (piece.byteLength >= overlapBytes) return copyBytes(piece.subarray(-overlapBytes));
  return concatBytes([tail, piece]).subarray(-overlapBytes);
}

function changedError(backend: Backend, call: LoadStreamCall): Error {
  return callError("INTEGRITY", backend, call, "the object was changed while it was being read");
}
