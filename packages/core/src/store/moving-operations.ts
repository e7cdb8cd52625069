import type { Backend } from "../backend.ts";
import { StoreError } from "../errors.ts";
import { checkKeyLength } from "../nesting.ts";
import type { OperationOptions } from "../options.ts";
import { findLevel, whereItIs } from "./find-item.ts";
import { describeItem } from "./item-operations.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { placeItem } from "./place-item.ts";
import { pythonRepr } from "./python-repr.ts";
import type { ItemMoveOptions, ItemOptions, UndeleteOptions } from "./store-options.ts";

/** The names on the medium: the old one and the new one. */
export type Moved = readonly [string, string];

/** `Store.move`; the argument is the new name. */
export const moveOperation: Operation<ItemMoveOptions, string, Moved> = {
  name: "move",
  async perform(context, name, options, newName) {
    const { backend, namespaces } = context;
    const { deleted, ifAbsent, signal } = options;
    const namespace = namespaces.ofItem(name);
    const target = await placeForMoving(context, name, newName, options);
    const move = async (level: number): Promise<Moved> => {
      const source = placeItem(name, level, deleted);
      await backend.move(source, target, { ifAbsent, signal });
      return [source, target];
    };
    return await whereItIs(backend, namespace, name, deleted, signal, move);
  },
  describe: (name, options, newName, moved) =>
    `rename(${pythonRepr(name)}, ${describeItem(newName, options)})${describeMoved(moved)}`,
  newName: (newName) => newName,
};

/** `Store.softDelete`. */
export const softDeleteOperation: Operation<OperationOptions, undefined, Moved> = {
  name: "softDelete",
  async perform({ backend, namespaces }, name, { signal }) {
    const namespace = namespaces.ofItem(name);
    const { onlyLevel } = namespace;
    // An older generation may be on another level: it is replaced there, so that there is never a second one.
    const older =
      onlyLevel === undefined ? await findLevel(backend, namespace, name, true, signal) : undefined;
    const move = async (level: number): Promise<Moved> => {
      const source = placeItem(name, level, false);
      const target = placeItem(name, older ?? level, true);
      await backend.move(source, target, { signal });
      return [source, target];
    };
    return await whereItIs(backend, namespace, name, false, signal, move);
  },
  describe: (name, _options, _argument, moved) =>
    `soft_delete(${describeItem(name, {})})${describeMoved(moved)}`,
};

/** `Store.undelete`. */
export const undeleteOperation: Operation<UndeleteOptions, undefined, Moved> = {
  name: "undelete",
  async perform({ backend, namespaces }, name, options) {
    const namespace = namespaces.ofItem(name);
    let deletedLevel = namespace.lastLevel;
    let liveLevel: number | undefined;
    if (namespace.onlyLevel === undefined) {
      const found = await findLevel(backend, namespace, name, true, options.signal);
      if (found === undefined) throw new StoreError("NOT_FOUND", { key: name, detail: "not soft-deleted" });
      deletedLevel = found;
      liveLevel = await findLevel(backend, namespace, name, false, options.signal);
      if (liveLevel !== undefined && options.overwrite !== true) {
        throw new StoreError("ALREADY_EXISTS", { key: name });
      }
    }
    const source = placeItem(name, deletedLevel, true);
    const target = placeItem(name, liveLevel ?? deletedLevel, false);
    await restore(backend, source, target, options);
    return [source, target];
  },
  describe: (name, { overwrite }, _argument, moved) =>
    `soft_undelete(${describeItem(name, {})}${overwrite === true ? ", overwrite=True" : ""})${describeMoved(moved)}`,
};

/** `Store.changeLevel`. */
export const changeLevelOperation: Operation<ItemOptions, undefined, Moved> = {
  name: "changeLevel",
  async perform({ backend, namespaces }, name, { deleted, signal }) {
    const namespace = namespaces.ofItem(name);
    checkKeyLength(name, namespace.lastLevel);
    const target = placeItem(name, namespace.lastLevel, deleted);
    // On the last level this moves the item onto itself, which requires it and changes nothing.
    return await whereItIs(backend, namespace, name, deleted, signal, async (level) => {
      const source = placeItem(name, level, deleted);
      await backend.move(source, target, { signal });
      return [source, target];
    });
  },
  describe: (name, options, _argument, moved) =>
    `change_level(${describeItem(name, options)})${describeMoved(moved)}`,
};

async function placeForMoving(
  { backend, namespaces }: OperationContext,
  name: string,
  newName: string,
  { deleted, ifAbsent, signal }: ItemMoveOptions,
): Promise<string> {
  const namespace = namespaces.ofItem(newName);
  let level = namespace.lastLevel;
  if (namespace.onlyLevel === undefined) {
    const found = await findLevel(backend, namespace, newName, deleted, signal);
    if (found !== undefined && ifAbsent === true) throw new StoreError("ALREADY_EXISTS", { key: newName });
    level = found ?? level;
  }
  if (newName !== name) checkKeyLength(newName, level);
  return placeItem(newName, level, deleted);
}

async function restore(
  backend: Backend,
  source: string,
  target: string,
  { overwrite, signal }: UndeleteOptions,
): Promise<void> {
  if (overwrite !== true) {
    if (backend.capabilities.createIfAbsent !== false) {
      try {
        await backend.move(source, target, { ifAbsent: true, signal });
        return;
      } catch (error) {
        // A medium that was found out only now to be unable.
        if (!StoreError.is(error, "UNSUPPORTED")) throw error;
      }
    }
    if ((await backend.info(target, { signal })).exists) {
      const isThere = (await backend.info(source, { signal })).exists;
      throw isThere
        ? new StoreError("ALREADY_EXISTS", { key: target })
        : new StoreError("NOT_FOUND", { key: source });
    }
  }
  await backend.move(source, target, { signal });
}

function describeMoved(moved: Moved | undefined): string {
  return moved === undefined ? "" : ` [${pythonRepr(moved[0])}, ${pythonRepr(moved[1])}]`;
}
