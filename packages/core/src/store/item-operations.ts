import type { Backend } from "../backend.ts";
import type { ItemInfo } from "../item-info.ts";
import { atFirstHit, whereItIs } from "./find-item.ts";
import type { Namespace } from "./namespaces.ts";
import type { Operation } from "./operation.ts";
import { placeItem } from "./place-item.ts";
import { pythonRepr } from "./python-repr.ts";
import { storeItem, type StoreItem } from "./store-item.ts";
import type { ItemLoadOptions, ItemOptions } from "./store-options.ts";

/** `Store.load`. */
export const loadOperation: Operation<ItemLoadOptions, undefined, Uint8Array<ArrayBuffer>> = {
  name: "load",
  perform({ backend, namespaces }, name, options) {
    const namespace = namespaces.ofItem(name);
    const level = namespace.onlyLevel;
    if (level !== undefined) return backend.load(placeItem(name, level, options.deleted), options);
    return atFirstHit(namespace, (each) => backend.load(placeItem(name, each, options.deleted), options));
  },
  volume: (value) => value.byteLength,
  describe: (name, options) => `load(${describeLoad(name, options)})`,
};

/** `Store.info`. */
export const infoOperation: Operation<ItemOptions, undefined, StoreItem> = {
  name: "info",
  perform({ backend, namespaces }, name, options) {
    const namespace = namespaces.ofItem(name);
    const level = namespace.onlyLevel;
    if (level !== undefined) return backend.info(placeItem(name, level, options.deleted), options);
    return infoAmongLevels(backend, namespace, name, options);
  },
  finish: (item, name, { deleted }) => storeItem(name, item, deleted === true && item.exists),
  describe: (name, options) => `info(${describeItem(name, options)})`,
};

async function infoAmongLevels(
  backend: Backend,
  { levels, lastLevel }: Namespace,
  name: string,
  options: ItemOptions,
): Promise<ItemInfo> {
  for (const level of levels) {
    if (level === lastLevel) break;
    const item = await backend.info(placeItem(name, level, options.deleted), options);
    // On a low level the name may be a directory of a higher one.
    if (item.exists && !item.isDirectory) return item;
  }
  return await backend.info(placeItem(name, lastLevel, options.deleted), options);
}

/** `Store.delete`. */
export const deleteOperation: Operation<ItemOptions, undefined, void> = {
  name: "delete",
  perform({ backend, namespaces }, name, options) {
    const namespace = namespaces.ofItem(name);
    const { deleted, signal } = options;
    const only = namespace.onlyLevel;
    if (only !== undefined) return backend.delete(placeItem(name, only, deleted), options);
    return whereItIs(backend, namespace, name, deleted, signal, (level) =>
      backend.delete(placeItem(name, level, deleted), options),
    );
  },
  describe: (name, options) => `delete(${describeItem(name, options)})`,
};

/** `Store.hash`; the argument is the algorithm. */
export const hashOperation: Operation<ItemOptions, string, string> = {
  name: "hash",
  perform({ backend, namespaces }, name, options, algorithm) {
    const namespace = namespaces.ofItem(name);
    const level = namespace.onlyLevel;
    if (level !== undefined) return backend.hash(placeItem(name, level, options.deleted), algorithm, options);
    return atFirstHit(namespace, (each) =>
      backend.hash(placeItem(name, each, options.deleted), algorithm, options),
    );
  },
  describe: (name, options, algorithm) =>
    `hash(${pythonRepr(name)}, algorithm=${pythonRepr(algorithm)}, deleted=${pythonRepr(options.deleted === true)})`,
};

/** Name and state of an item, as arguments in the log. */
export function describeItem(name: string, { deleted }: ItemOptions): string {
  return `${pythonRepr(name)}, deleted=${pythonRepr(deleted === true)}`;
}

/** Name, range and state, as arguments in the log. */
export function describeLoad(name: string, { offset, size, deleted }: ItemLoadOptions): string {
  return `${pythonRepr(name)}, offset=${pythonRepr(offset ?? 0)}, size=${pythonRepr(size)}, deleted=${pythonRepr(deleted === true)}`;
}
