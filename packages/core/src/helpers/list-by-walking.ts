import type { BackendDriver, DriverListOptions } from "../driver.ts";
import { StoreError } from "../errors.ts";
import type { ItemInfo } from "../item-info.ts";
import { isValidName } from "../names.ts";

const pageLength = 1000;

/**
 * Fills in `listRecursively`: lists directory by directory, depth first, so that the order of the relative
 * paths is kept. Does not enter directories whose names are not valid. A subdirectory that vanishes meanwhile
 * is left out.
 */
export async function* listByWalking(
  driver: BackendDriver,
  name: string,
  options: DriverListOptions,
): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  let page: ItemInfo[] = [];
  for await (const item of walk(driver, name, "", options)) {
    page.push(item);
    if (page.length >= pageLength) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

async function* walk(
  driver: BackendDriver,
  directory: string,
  prefix: string,
  options: DriverListOptions,
): AsyncGenerator<ItemInfo, void, undefined> {
  const pages = driver.list(directory, options);
  for await (const page of prefix === "" ? pages : whileThere(pages)) {
    for (const item of page) {
      if (!item.isDirectory) {
        yield prefix === "" ? item : { ...item, name: prefix + item.name };
      } else {
        const inner = directory === "" ? item.name : `${directory}/${item.name}`;
        if (isValidName(inner)) yield* walk(driver, inner, `${prefix}${item.name}/`, options);
      }
    }
  }
}

async function* whileThere(
  pages: AsyncIterable<readonly ItemInfo[]>,
): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  try {
    yield* pages;
  } catch (error) {
    // Replaced by an object, or gone, since its parent was listed.
    if (!StoreError.is(error, "NOT_FOUND") && !StoreError.is(error, "NOT_A_DIRECTORY")) throw error;
  }
}
