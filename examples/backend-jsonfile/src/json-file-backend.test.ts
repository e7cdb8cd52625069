import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { registerConformance } from "@borgstore/backend-testkit";
import { jsonFileBackend } from "./json-file-backend.ts";

registerConformance({
  name: "jsonfile",
  runner: { describe, it },
  capabilities: jsonFileBackend("").capabilities,
  setup: async () => {
    const directory = await mkdtemp(join(tmpdir(), "jsonfile-"));
    return { backend: jsonFileBackend(join(directory, "store.json")), directory };
  },
  teardown: ({ directory }) => rm(directory, { recursive: true }),
});
