import { conformanceCases, registerConformance } from "@borgstore/backend-testkit";
import { withPermissions, type Backend } from "@borgstore/core";
import { fullScope, registerSuite, requirePeer } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "vitest";
import { posixfsBackend, type PosixfsBackendOptions } from "../src/index.ts";

// Every case creates, syncs and removes a storage, which is much faster there. One of the variants stays on a disk.
const memory = requirePeer("memory file system", fs.existsSync("/dev/shm"), "there is no /dev/shm");
const inMemory = memory.available ? "/dev/shm" : tmpdir();

const modes = (["sync", "each", "none"] as const).flatMap((durability) =>
  (["sync", "pool"] as const).map((io) => ({ durability, io })),
);

// Most of the time of a variant goes into them, and none into what makes it a variant.
const longCases: Readonly<Record<string, string>> = Object.fromEntries(
  conformanceCases
    .filter(({ isLong }) => isLong === true)
    .map(({ id }) => [id, "thousands of objects are stored by other variants"]),
);

// A file system of another kind gives the entries of a directory that changes in another way.
const {
  "list/pages": _pages,
  "list/deleting": _deleting,
  "list/storing": _storing,
  ...longCasesButOfDisks
} = longCases;

interface Variant {
  readonly name: string;
  readonly durable: boolean;
  readonly make: (options: PosixfsBackendOptions) => Backend;
  /** @default inMemory */
  readonly parent?: string;
  /** @default none */
  readonly skip?: Readonly<Record<string, string>>;
}

function register({ name, durable, make, parent = inMemory, skip = {} }: Variant): void {
  registerConformance({
    name: parent === inMemory ? `${name} ${memory.tag}` : name,
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
    skip,
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

const full = fullScope("the calls of Node are those of other variants");

function registerInFull(variant: Variant): void {
  registerSuite(full, it, variant.name, () => register(variant));
}

for (const { durability, io } of modes) {
  // Closing the others would sync thousands of files.
  const isOnDisk = durability === "none" && io === "sync";
  const registerOne = durability === "sync" && io === "pool" ? register : registerInFull;
  registerOne({
    name: `posixfs, durability ${durability}, io ${io}${isOnDisk ? ", in the temp directory" : ""}`,
    durable: durability !== "none",
    make: (options) => posixfsBackend({ ...options, durability, io }),
    parent: isOnDisk ? tmpdir() : inMemory,
    skip: isOnDisk ? longCasesButOfDisks : registerOne === register && !full.isLeftOut ? {} : longCases,
  });
}

register({
  name: "posixfs, io auto, with all permissions",
  durable: true,
  make: (options) => withPermissions(posixfsBackend(options), { "": "lrwWD" }),
  skip: longCases,
});

// What is deleted at once is given back at once.
const { "delete-many/many": _many, ...longCasesButDeleting } = longCases;

for (const io of ["sync", "pool"] as const) {
  registerInFull({
    name: `posixfs, io ${io}, with a quota`,
    durable: true,
    make: (options) => posixfsBackend({ ...options, io, quota: 2 ** 40 }),
    skip: io === "sync" ? longCasesButDeleting : longCases,
  });
}
