import type { Backend } from "../backend.ts";
import { isIterable, startSource } from "../bytes.ts";
import { annotateError, StoreError } from "../errors.ts";
import type { ByteSource, StreamSource } from "../options.ts";
import type { StoreStreamCall } from "./operation-call.ts";

/** What comes between a source and whoever reads it. */
export type SourceWatch = (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/**
 * The same call with `watch` between its source and whoever reads it. A function stays a function, so that the
 * source can still be started anew, with a new watch each time. Nothing is read before the first piece is asked for;
 * a reader that leaves before that releases the source itself.
 *
 * @param whenUnread what to do instead when the reader leaves without having asked for anything.
 * @throws StoreError `INVALID_ARGUMENT` when the source is none; for a function, when it is called.
 */
export function mapSource(
  backend: Backend,
  call: StoreStreamCall,
  watch: SourceWatch,
  whenUnread: (source: StreamSource) => Promise<void> = releaseSource,
): StoreStreamCall {
  const { source } = call;
  if (typeof source === "function") return { ...call, source: () => watch(startSource(source())) };
  try {
    return { ...call, source: mapPieces(source, watch(startSource(source)), whenUnread) };
  } catch (error) {
    if (!StoreError.is(error)) throw error;
    throw annotateError(error, { backend: backend.name, operation: call.operation, key: call.name });
  }
}

/** Releases pieces that nobody has begun to read: their maker may hold something open for them. */
export async function releaseSource(source: StreamSource): Promise<void> {
  if (typeof source === "function" || !isIterable(source, Symbol.asyncIterator)) return;
  await source[Symbol.asyncIterator]().return?.();
}

function mapPieces(
  source: ByteSource,
  pieces: AsyncIterable<Uint8Array>,
  whenUnread: (source: StreamSource) => Promise<void>,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = pieces[Symbol.asyncIterator]();
      let isRead = false;
      return {
        next: async () => {
          isRead = true;
          return await iterator.next();
        },
        return: async () => {
          if (isRead) await iterator.return?.();
          else await whenUnread(source);
          return { done: true, value: undefined };
        },
      };
    },
  };
}
