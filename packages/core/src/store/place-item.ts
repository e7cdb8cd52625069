import { StoreError } from "../errors.ts";
import { maxNameLength } from "../names.ts";
import { deletedSuffix, nestName } from "../nesting.ts";

/**
 * Where an item stands on the medium: nested at a level, with the suffix of soft deletion or without.
 *
 * @throws StoreError `INVALID_NAME` when that is longer than a name can be.
 */
export function placeItem(name: string, level: number, deleted: boolean | undefined): string {
  const nested = level === 0 ? name : nestName(name, level);
  const place = deleted === true ? nested + deletedSuffix : nested;
  if (place.length > maxNameLength) {
    const suffix = deleted === true ? ` and ${deletedSuffix} for soft deletion` : "";
    throw new StoreError("INVALID_NAME", {
      key: name,
      detail: `with its nesting at level ${level}${suffix} it has ${place.length} characters, at most ${maxNameLength} are possible`,
    });
  }
  return place;
}
