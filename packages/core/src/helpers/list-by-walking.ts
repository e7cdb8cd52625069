import { throwIfAborted } from "../abort.ts";
import { callSignal } from "../call-abort.ts";
import type { BackendDriver, DriverListOptions } from "../driver.ts";
import { StoreError } from "../errors.ts";
import type { ItemInfo } from "../item-info.ts";
import { isValidName } from "../names.ts";

const pageLength = 1000;

/** A directory that the walk is in. */
interface Level {
  readonly directory: string;
  /** What its entries' names begin with in the result; empty for the directory where the walk began. */
  readonly prefix: string;
  readonly pages: AsyncIterator<readonly ItemInfo[]>;
  page: readonly ItemInfo[];
  position: number;
}

/**
 * Fills in `listRecursively`: lists directory by directory, depth first, so that the order of the relative
 * paths is kept. Does not enter directories whose names are not valid. A subdirectory that vanishes meanwhile
 * is left out. Holds one page of each directory that it is in.
 */
export async function* listByWalking(
  driver: BackendDriver,
  name: string,
  options: DriverListOptions,
): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  const enter = (directory: string, prefix: string): Level => ({
    directory,
    prefix,
    pages: driver.list(directory, options)[Symbol.asyncIterator](),
    page: [],
    position: 0,
  });
  const path: Level[] = [enter(name, "")];
  let found: ItemInfo[] = [];
  try {
    for (let level = path.at(-1); level !== undefined; level = path.at(-1)) {
      const item = level.page[level.position++];
      if (item === undefined) {
        throwIfAborted(callSignal(options));
        if (!(await turnPage(level))) path.pop();
      } else if (item.isDirectory) {
        const inner = level.directory === "" ? item.name : `${level.directory}/${item.name}`;
        if (isValidName(inner)) path.push(enter(inner, `${level.prefix}${item.name}/`));
      } else {
        found.push(level.prefix === "" ? item : { ...item, name: level.prefix + item.name });
        if (found.length >= pageLength) {
          yield found;
          found = [];
        }
      }
    }
    if (found.length > 0) yield found;
  } finally {
    // Only when stopped early, or after a failure in the last one.
    for (const { pages } of path.toReversed()) await pages.return?.();
  }
}

/** Whether there was another page. */
async function turnPage(level: Level): Promise<boolean> {
  try {
    const step = await level.pages.next();
    if (step.done === true) return false;
    level.page = step.value;
    level.position = 0;
    return true;
  } catch (error) {
    // Replaced by an object, or gone, since its parent was listed.
    const isGone = StoreError.is(error, "NOT_FOUND") || StoreError.is(error, "NOT_A_DIRECTORY");
    if (isGone && level.prefix !== "") return false;
    throw error;
  }
}
