import { registerConformance } from "@borgstore/backend-testkit";
import { memoryBackend } from "@borgstore/core";
import { describe, it } from "vitest";

const setup = () => ({ backend: memoryBackend() });
registerConformance({
  name: "memory",
  runner: { describe, it },
  capabilities: memoryBackend().capabilities,
  setup,
});
