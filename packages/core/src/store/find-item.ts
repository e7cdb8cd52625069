import type { Backend } from "../backend.ts";
import { StoreError } from "../errors.ts";
import type { OperationOptions } from "../options.ts";
import type { Namespace } from "./namespaces.ts";
import { placeItem } from "./place-item.ts";

/**
 * For namespaces with several levels: the first configured level on which an item is, asked with one `info`
 * each; `undefined` when it is on none. A directory of that name is no item.
 */
export async function findLevel(
  backend: Backend,
  namespace: Namespace,
  name: string,
  deleted: boolean | undefined,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const options: OperationOptions = { signal };
  for (const level of namespace.levels) {
    const item = await backend.info(placeItem(name, level, deleted), options);
    if (item.exists && !item.isDirectory) return level;
  }
  return undefined;
}

/**
 * Changes an item on the first configured level on which it is, in the configured order. With several levels each
 * but the last is asked first (one `info`); with one there is no such call. An item that is moved to the last level
 * meanwhile is met all the same.
 *
 * Trying blindly would be wrong: a retry layer takes `NOT_FOUND` after a lost answer for its own work, and on a level
 * where the item never was it would pass for done although nothing has happened.
 */
export async function whereItIs<T>(
  backend: Backend,
  { levels, lastLevel }: Namespace,
  name: string,
  deleted: boolean | undefined,
  signal: AbortSignal | undefined,
  change: (level: number) => Promise<T>,
): Promise<T> {
  for (let i = 0; i < levels.length - 1; i++) {
    const level = levels[i] as number;
    const item = await backend.info(placeItem(name, level, deleted), { signal });
    // On a low level the name may be a directory of a higher one.
    if (!item.exists || item.isDirectory) continue;
    try {
      return await change(level);
    } catch (error) {
      if (!StoreError.is(error, "NOT_FOUND")) throw error;
    }
  }
  return await change(lastLevel);
}

/**
 * For namespaces with several levels, and for reading only: tries one level after the other, in the configured order, and goes on to
 * the next when the item is not there. Needs one call less than looking first, and an item that is moved to
 * the last level meanwhile is met all the same.
 */
export async function atFirstHit<T>(
  namespace: Namespace,
  attempt: (level: number) => Promise<T>,
): Promise<T> {
  const { levels, lastLevel } = namespace;
  for (let i = 0; i < levels.length - 1; i++) {
    try {
      return await attempt(levels[i] as number);
    } catch (error) {
      // On a low level the name may be a directory of a higher one.
      if (!StoreError.is(error, "NOT_FOUND") && !StoreError.is(error, "IS_DIRECTORY")) throw error;
    }
  }
  return await attempt(lastLevel);
}
