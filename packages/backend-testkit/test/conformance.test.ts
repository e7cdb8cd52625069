import { describe, it } from "vitest";
import { memoryBackend } from "@borgstore/core";
import { registerConformance } from "../src/index.ts";
import { worldKinds, worldOptions } from "./worlds.ts";

const runner = { describe, it };

for (const [name, kind] of Object.entries(worldKinds)) {
  registerConformance({ runner, ...worldOptions(`memory as ${name}`, kind) });
}

registerConformance({
  runner,
  name: "memory alone, without any hook",
  capabilities: memoryBackend().capabilities,
  setup: () => ({ backend: memoryBackend() }),
});
