import type { BrokenBackend } from "./broken-backend.ts";
import { brokenDirectories } from "./directories.ts";
import { brokenEverywhere } from "./everywhere.ts";
import { brokenLifecycles } from "./lifecycle.ts";
import { brokenLists } from "./lists.ts";
import { brokenLoads } from "./loads.ts";
import { brokenMoves } from "./moves.ts";
import { brokenProbes } from "./probes.ts";
import { brokenStores } from "./stores.ts";

/** All deliberately broken backends. */
export const brokenBackends: readonly BrokenBackend[] = [
  ...brokenLifecycles,
  ...brokenDirectories,
  ...brokenLoads,
  ...brokenStores,
  ...brokenProbes,
  ...brokenMoves,
  ...brokenLists,
  ...brokenEverywhere,
];
