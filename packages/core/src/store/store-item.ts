import type { ItemInfo } from "../item-info.ts";

/** What a store tells about one of its items. `name` is as callers use it, never the nested one. */
export interface StoreItem extends ItemInfo {
  /** Set, and then `true`, on soft-deleted items only. */
  readonly deleted?: boolean;
}

/** The info of something on the medium, under the name that callers use. */
export function storeItem(name: string, item: ItemInfo, deleted: boolean): StoreItem {
  if (!deleted && item.name === name) return item;
  const renamed: { -readonly [K in keyof StoreItem]: StoreItem[K] } = {
    name,
    exists: item.exists,
    size: item.size,
    isDirectory: item.isDirectory,
  };
  // Written out: spreading an object is several times slower, and this runs for every item of a listing.
  if (item.accessedAtMs !== undefined) renamed.accessedAtMs = item.accessedAtMs;
  if (item.modifiedAtMs !== undefined) renamed.modifiedAtMs = item.modifiedAtMs;
  if (deleted) renamed.deleted = true;
  return renamed;
}
