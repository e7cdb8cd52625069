import type { Backend } from "@borgstore/core";
import { conformanceCases, runConformance } from "../src/index.ts";
import type { BrokenBackend } from "./broken/broken-backend.ts";
import { emptyWorld, worldKinds, worldOptions } from "./worlds.ts";

/** Passes everything on and notes which members are used. */
function noting(inner: Backend, used: Set<PropertyKey>): Backend {
  return new Proxy(inner, {
    get: (target, member) => {
      used.add(member);
      // Disposing is closing, also from within.
      if (member === Symbol.asyncDispose) used.add("close");
      const value: unknown = Reflect.get(target, member, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/**
 * For each case the members of a good backend that it uses, with setup and teardown. Up to the first use of a
 * member that is broken, a case does the same on a broken backend; when there is none, it passes there too.
 */
export async function reachedMembers(
  kind: BrokenBackend["kind"],
): Promise<ReadonlyMap<string, ReadonlySet<PropertyKey>>> {
  const reached = new Map<string, ReadonlySet<PropertyKey>>();
  for (const { id } of conformanceCases) {
    const used = new Set<PropertyKey>();
    const options = worldOptions(`good ${kind}`, worldKinds[kind], (inner) => noting(inner, used));
    const [result] = await runConformance({ ...options, seed: 1, only: [id] });
    if (result?.outcome === "failed") throw new Error(`a good backend fails ${id}`, { cause: result.error });
    reached.set(id, used);
  }
  return reached;
}

/** The ids of the cases that use what a broken backend replaces, or all when it may do anything. */
export function casesThatReach(
  { kind, overrides }: BrokenBackend,
  reached: ReadonlyMap<string, ReadonlySet<PropertyKey>>,
): readonly string[] {
  const ids = [...reached.keys()];
  if (overrides === undefined) return ids;
  const world = emptyWorld();
  const broken = Reflect.ownKeys(overrides(worldKinds[kind].client(world), world));
  return ids.filter((id) => broken.some((member) => reached.get(id)?.has(member)));
}
