import { StoreError } from "./errors.ts";
import { checkAlgorithm } from "./hashing.ts";
import { checkName } from "./names.ts";
import { checkRange } from "./range.ts";
import type { DefragSource, DefragTarget } from "./options.ts";

/** The arguments of a `defrag`, checked, and no longer the caller's to change. */
export interface CheckedDefrag {
  readonly sources: readonly DefragSource[];
  readonly target: DefragTarget;
}

/**
 * Checks the arguments of `defrag`, and puts the algorithm in lower case.
 *
 * @throws StoreError `INVALID_ARGUMENT` or `INVALID_NAME`.
 */
export function checkDefrag(sources: readonly DefragSource[], target: DefragTarget): CheckedDefrag {
  const checkedTarget = checkTarget(target);
  if (!Array.isArray(sources)) throw wrong("the sources of a defrag are an array");
  return { sources: sources.map((source: unknown) => checkSource(source)), target: checkedTarget };
}

function checkSource(source: unknown): DefragSource {
  if (!isRecord(source)) throw wrong("a source of a defrag is an object with name, offset and size");
  const { name, offset, size } = source as unknown as DefragSource;
  checkName(name);
  if (offset === undefined || size === undefined)
    throw wrong("a source of a defrag has an offset and a size");
  checkRange({ offset, size });
  return { name, offset, size };
}

function checkTarget(target: unknown): DefragTarget {
  if (isRecord(target) && "name" in target) {
    checkName(target["name"] as string);
    return { name: target["name"] as string };
  }
  if (!isRecord(target) || !("namespace" in target)) {
    throw wrong("the target of a defrag has a name, or a namespace with level and algorithm");
  }
  const { namespace, level, algorithm } = target as { namespace: string; level: number; algorithm: string };
  if (namespace !== "") checkName(namespace);
  if (!Number.isSafeInteger(level) || level < 0) {
    throw wrong(`the level of a defrag's target is an integer of at least 0, not ${String(level)}`);
  }
  return { namespace, level, algorithm: checkAlgorithm(algorithm) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function wrong(detail: string): StoreError {
  return new StoreError("INVALID_ARGUMENT", { detail });
}
