import type { Items } from "./operations.ts";
import type { CrashKind } from "./simulated-disk.ts";

/** What may be found after a crash. */
export interface Promises {
  readonly kind: CrashKind;
  /** The items after each of the operations, from the last one that is durable to the one under way. */
  readonly states: readonly Items[];
  /** Whether every store that was acknowledged is durable (durability `each`). */
  readonly eachIsDurable: boolean;
}

/** What was found: whether it is as promised, and whether there was a part of a value that was not synced yet. */
export interface Finding {
  /** Why it is not as promised; absent when it is. */
  readonly violation?: string;
  /**
   * Items whose content is cut off: stores that nothing promised yet to survive a crash of the machine, with a
   * name that reached the disk before the content.
   */
  readonly torn: number;
}

/**
 * Compares what is found after a crash with what was promised:
 * - each item has a value that it had in one of the states, and is only absent if it was in one of them;
 * - a value that is in all of the states is found, under one of its names;
 * - after a crash of the process, all of it is one of the states (or, within a move that must not replace, both
 *   names are there).
 */
export function checkItems(found: Items, { kind, states, eachIsDurable }: Promises): Finding {
  let torn = 0;
  const names = new Set([...found.keys(), ...states.flatMap((state) => [...state.keys()])]);
  for (const name of names) {
    const value = found.get(name);
    if (states.some((state) => state.get(name) === value)) continue;
    const isCutOff =
      value !== undefined && states.slice(1).some((state) => state.get(name)?.startsWith(value));
    if (isCutOff && kind !== "process" && !eachIsDurable) torn++;
    else return { violation: `${name} is ${JSON.stringify(value)}`, torn };
  }
  const [first] = states;
  for (const value of new Set(first?.values())) {
    const isInAll = states.every((state) => [...state.values()].includes(value));
    if (isInAll && ![...found.values()].includes(value)) {
      return { violation: `${JSON.stringify(value)} is nowhere`, torn };
    }
  }
  if (kind === "process" && !states.some((state) => isSame(state, found)) && !isWithinMove(found, states)) {
    return { violation: "a mixture of two states", torn };
  }
  return { torn };
}

function isSame(a: Items, b: Items): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}

function isWithinMove(found: Items, states: readonly Items[]): boolean {
  return isSame(found, new Map(states.flatMap((state) => [...state])));
}
