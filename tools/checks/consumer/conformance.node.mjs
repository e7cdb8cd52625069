import { describe, it } from "node:test";
import { registerConformance } from "@borgstore/backend-testkit";
import { memoryBackend } from "@borgstore/core";

const setup = () => ({ backend: memoryBackend() });
registerConformance({
  name: "memory",
  runner: { describe, it },
  capabilities: memoryBackend().capabilities,
  setup,
});
