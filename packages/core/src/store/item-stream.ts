import { findLevel } from "./find-item.ts";
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
    pieces = (await findPieces(context, name, options))[Symbol.asyncIterator]();
    while (true) {
      const step = await pieces.next();
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
    // Still there when the caller left early.
    await pieces?.return?.();
    if (!hasFailed) recorder.succeeded(loadStreamOperation, ms, name, options, undefined, volume);
  }
}

async function findPieces(
  { backend, namespaces }: OperationContext,
  name: string,
  options: ItemLoadOptions,
): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
  const namespace = namespaces.ofItem(name);
  let level = namespace.lastLevel;
  if (namespace.onlyLevel === undefined) {
    level = (await findLevel(backend, namespace, name, options.deleted, options.signal)) ?? level;
  }
  return backend.loadStream(placeItem(name, level, options.deleted), options);
}
