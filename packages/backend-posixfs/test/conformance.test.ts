import { registerConformance } from "@borgstore/backend-testkit";
import { withPermissions, type Backend } from "@borgstore/core";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "vitest";
import { posixfsBackend, type PosixfsBackendOptions } from "../src/index.ts";

// In memory where there is such a file system: every case creates, syncs and removes a storage.
const parent = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const modes = (["sync", "each", "none"] as const).flatMap((durability) =>
  (["sync", "pool"] as const).map((io) => ({ durability, io })),
);

function register(name: string, durable: boolean, make: (options: PosixfsBackendOptions) => Backend): void {
  registerConformance({
    name,
    runner: { describe, it },
    capabilities: {
      atomicReplace: true,
      atomicMove: true,
      createIfAbsent: true,
      directories: true,
      rangedLoad: true,
      nativeHash: true,
      accessTime: true,
      durable,
      remote: false,
    },
    setup: () => {
      const path = join(fs.mkdtempSync(join(parent, "posixfs-conformance-")), "store");
      return { backend: make({ path }), path };
    },
    teardown: ({ path }) => fs.rmSync(dirname(path), { recursive: true, force: true }),
    anotherBackend: ({ path }) => make({ path }),
    plant: ({ path }, object, value) => {
      const file = join(path, object);
      fs.mkdirSync(dirname(file), { recursive: true });
      fs.writeFileSync(file, value);
    },
  });
}

for (const { durability, io } of modes) {
  register(`posixfs, durability ${durability}, io ${io}`, durability !== "none", (options) =>
    posixfsBackend({ ...options, durability, io }),
  );
}

register("posixfs, io auto, with all permissions", true, (options) =>
  withPermissions(posixfsBackend(options), { "": "lrwWD" }),
);
