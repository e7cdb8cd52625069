import { atFirstHit } from "./find-item.ts";
import { describeLoad } from "./item-operations.ts";
import type { OperationContext, OperationDescription } from "./operation.ts";
import type { OperationRecorder } from "./operation-recorder.ts";
import { placeItem } from "./place-item.ts";
import type { ItemLoadOptions } from "./store-options.ts";
import { translateError } from "./translate-error.ts";

/** `Store.loadStream` as the recorder sees it; the result is the number of bytes. */
const loadStreamOperation: OperationDescription<ItemLoadOptions, undefined, number> = {
  name: "loadStream",
  volume: (volume) => volume,
  describe: (name, options) => `load_stream(${describeLoad(name, options)})`,
};

/**
 * An item in pieces. Its time is what was spent waiting for the backend; one that the caller leaves early has
 * succeeded with what came so far.
 */
export async function* streamItem(
  context: OperationContext,
  recorder: OperationRecorder,
  name: string,
  options: ItemLoadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let startedAt = performance.now();
  let ms = 0;
  let volume = 0;
  let hasFailed = false;
  let pieces: AsyncIterator<Uint8Array<ArrayBuffer>> | undefined;
  try {
    const stream = await startStream(context, name, options);
    pieces = stream.pieces;
    for (let step = stream.first; ; step = await pieces.next()) {
      ms += performance.now() - startedAt;
      if (step.done === true) {
        pieces = undefined;
        break;
      }
      volume += step.value.byteLength;
      yield step.value;
      startedAt = performance.now();
    }
  } catch (error) {
    hasFailed = true;
    pieces = undefined;
    const failure = translateError(error, context, loadStreamOperation, name, undefined);
    ms += performance.now() - startedAt;
    recorder.failed(loadStreamOperation, ms, name, options, undefined, failure);
    throw failure;
  } finally {
    if (!hasFailed) recorder.succeeded(loadStreamOperation, ms, name, options, undefined, volume);
    // Still there when the caller left early.
    await pieces?.return?.();
  }
}

interface StartedStream {
  readonly pieces: AsyncIterator<Uint8Array<ArrayBuffer>>;
  readonly first: IteratorResult<Uint8Array<ArrayBuffer>>;
}

/** Only the first piece tells that the item is on a level. */
async function startStream(
  { backend, namespaces }: OperationContext,
  name: string,
  options: ItemLoadOptions,
): Promise<StartedStream> {
  return await atFirstHit(namespaces.ofItem(name), async (level) => {
    const stream = backend.loadStream(placeItem(name, level, options.deleted), options);
    const pieces = stream[Symbol.asyncIterator]();
    return { pieces, first: await pieces.next() };
  });
}
