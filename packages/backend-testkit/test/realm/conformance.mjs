// What the realm test runs: the conformance suite over core's memory backend.
import { memoryBackend, MemoryStorage } from "@borgstore/core";
import { runConformance } from "@borgstore/backend-testkit";

function client({ storage }) {
  return memoryBackend({ storage });
}

export async function run() {
  const results = await runConformance({
    name: "memory in a bare realm",
    capabilities: memoryBackend().capabilities,
    setup: () => {
      const storage = new MemoryStorage();
      return { storage, backend: client({ storage }) };
    },
    anotherBackend: client,
    seed: 1,
  });
  const outcomes = {};
  for (const { outcome } of results) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return {
    nodeGlobals: ["process", "Buffer", "require", "global", "setImmediate"].filter(
      (name) => name in globalThis,
    ),
    outcomes,
    failures: results
      .filter(({ outcome }) => outcome === "failed")
      .map(({ error }) => String(error?.stack ?? error)),
  };
}
