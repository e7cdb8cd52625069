import { StoreError } from "../errors.ts";
import { checkKeyLength } from "../nesting.ts";
import { mapSource } from "../layers/map-source.ts";
import type { StoreOptions, StreamSource } from "../options.ts";
import { findLevel } from "./find-item.ts";
import type { Namespace } from "./namespaces.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { placeItem } from "./place-item.ts";
import { pythonRepr } from "./python-repr.ts";

/** `Store.store`; the argument is the value. */
export const storeOperation: Operation<StoreOptions, ArrayBufferView, void> = {
  name: "store",
  perform(context, name, options, value) {
    const namespace = context.namespaces.ofItem(name);
    const level = namespace.onlyLevel;
    if (level === undefined) return storeAmongLevels(context, namespace, name, options, value);
    checkKeyLength(name, level);
    return context.backend.store(placeItem(name, level, false), value, options);
  },
  volume: (_result, value) => value.byteLength,
  describe: (name, options) => `store(${describeStore(name, options)})`,
};

/** `Store.storeStream`; the result is the number of bytes. */
export const storeStreamOperation: Operation<StoreOptions, StreamSource, number> = {
  name: "storeStream",
  async perform(context, name, options, source) {
    const namespace = context.namespaces.ofItem(name);
    const place = await placeForStoring(context, namespace, name, options);
    let volume = 0;
    const counted = async function* (
      pieces: AsyncIterable<Uint8Array>,
    ): AsyncGenerator<Uint8Array, void, undefined> {
      volume = 0;
      for await (const piece of pieces) {
        volume += piece.byteLength;
        yield piece;
      }
    };
    // A source that can be started anew stays one, and one that is not read is released.
    const call = { operation: "storeStream", name, source, options } as const;
    const watched = mapSource(context.backend, call, counted);
    await context.backend.storeStream(place, watched.source, options);
    return volume;
  },
  volume: (bytes) => bytes,
  describe: (name, options) => `store_stream(${describeStore(name, options)})`,
};

async function storeAmongLevels(
  context: OperationContext,
  namespace: Namespace,
  name: string,
  options: StoreOptions,
  value: ArrayBufferView,
): Promise<void> {
  const place = await placeForStoring(context, namespace, name, options);
  await context.backend.store(place, value, options);
}

/**
 * Where a value goes: over the item where it is, else to the last level.
 *
 * @throws StoreError `INVALID_NAME` when the key is too short for that level; `ALREADY_EXISTS`, with `ifAbsent`,
 *   when it is on one of several levels.
 */
async function placeForStoring(
  { backend }: OperationContext,
  namespace: Namespace,
  name: string,
  { ifAbsent, signal }: StoreOptions,
): Promise<string> {
  const { onlyLevel, levels, lastLevel } = namespace;
  checkKeyLength(name, Math.min(...levels));
  let level = lastLevel;
  if (onlyLevel === undefined) {
    const found = await findLevel(backend, namespace, name, false, signal);
    if (found !== undefined && ifAbsent === true) throw new StoreError("ALREADY_EXISTS", { key: name });
    level = found ?? lastLevel;
    checkKeyLength(name, level);
  }
  return placeItem(name, level, false);
}

function describeStore(name: string, { ifAbsent }: StoreOptions): string {
  return ifAbsent === true ? `${pythonRepr(name)}, if_absent=True` : pythonRepr(name);
}
