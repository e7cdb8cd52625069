import { everyScope, fullScope, registerSuite } from "@borgstore/tools-peers";
import { describe, it } from "vitest";
import {
  AttemptCounters,
  composeLayers,
  withAttemptDeadline,
  withDeadline,
  withEmulation,
  withInstrumentation,
  withLimit,
  withPermissions,
  withRetry,
  type Backend,
} from "@borgstore/core";
import { countingBackend, faultyBackend, registerConformance } from "../src/index.ts";
import { worldKinds, worldOptions } from "./worlds.ts";

const all = { "": "lrwWD" };

/** Stands for any wait: others take their turn, but no time has to pass. */
async function oneTurn(_ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  if (signal?.aborted === true) throw signal.reason;
}

/** Every layer of core, alone and all of them together: none may change what the contract says. */
const layers: Readonly<Record<string, (inner: Backend) => Backend>> = {
  permissions: (inner) => withPermissions(inner, all),
  deadline: (inner) => withDeadline(inner),
  "attempt deadline": (inner) => withAttemptDeadline(inner),
  retry: (inner) => withRetry(inner),
  instrumentation: (inner) => withInstrumentation(inner, { counters: new AttemptCounters() }),
  limit: (inner) => withLimit(inner, { concurrency: 4 }),
  emulation: (inner) =>
    withEmulation(inner, { latencyUs: 1_000, bandwidthBitsPerSecond: 1e9, sleep: oneTurn }),
  "all layers": (inner) =>
    composeLayers(inner, {
      permissions: all,
      deadline: {},
      retry: {},
      instrumentation: { counters: new AttemptCounters() },
      limit: { concurrency: 8 },
      attemptDeadline: {},
      emulation: { latencyUs: 1_000, sleep: oneTurn },
    }),
  counting: (inner) => countingBackend(inner),
  "faulty without faults": (inner) => faultyBackend(inner, { seed: 1 }),
};

const full = fullScope("all layers over memory as tree call the same of Node");

for (const [layerName, layer] of Object.entries(layers)) {
  const isAll = layerName === "all layers";
  for (const kind of isAll ? (["tree", "prefix"] as const) : (["tree"] as const)) {
    const name = `${layerName} over memory as ${kind}`;
    registerSuite(isAll && kind === "tree" ? everyScope : full, it, name, () =>
      registerConformance({ runner: { describe, it }, ...worldOptions(name, worldKinds[kind], layer) }),
    );
  }
}
