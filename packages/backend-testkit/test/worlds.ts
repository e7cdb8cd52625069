import {
  defineBackend,
  memoryBackend,
  MemoryStorage,
  type Backend,
  type BackendDriver,
  type Capabilities,
  type StoreOptions,
} from "@borgstore/core";
import { StoreError } from "@borgstore/core";
import { overrideBackend, type ConformanceOptions, type ConformanceSetup } from "../src/index.ts";

/** A storage in memory, with what the hooks of the suite can see of it. */
export interface World extends ConformanceSetup {
  /** The medium, shared by all clients. */
  readonly storage: MemoryStorage;
  /** What is on the medium for good; the same as `storage` where every store is durable at once. */
  readonly durable: MemoryStorage;
  delivered: number;
}

/** One kind of well-behaved backend, as the basis of broken ones. */
export interface WorldKind {
  readonly capabilities: Capabilities;
  /** A client of a world's storage. */
  readonly client: (world: Omit<World, "backend">) => Backend;
}

const memoryCapabilities: Capabilities = memoryBackend().capabilities;

/** Counts what leaves the medium: every `load` of a client. */
function measured(world: Omit<World, "backend">, inner: Backend): Backend {
  return overrideBackend(inner, {
    load: async (...args) => {
      const loaded = await inner.load(...args);
      world.delivered += loaded.byteLength;
      return loaded;
    },
  });
}

function copyStorage(from: MemoryStorage, to: MemoryStorage): void {
  to.exists = from.exists;
  to.objects.clear();
  to.directories.clear();
  for (const [name, object] of from.objects) to.objects.set(name, { ...object });
  for (const name of from.directories) to.directories.add(name);
}

/** A medium that keeps changes in a cache until it is told to sync, as disks do. */
function cachedDisk(world: Omit<World, "backend">): Backend {
  const inner = measured(world, memoryBackend({ storage: world.storage }));
  const flush = (): void => copyStorage(world.storage, world.durable);
  return overrideBackend(inner, {
    capabilities: Object.freeze({ ...inner.capabilities, durable: true }),
    sync: async (options) => {
      await inner.sync(options);
      flush();
    },
    close: async (options) => {
      await inner.close(options);
      flush();
    },
  });
}

/** A medium that can do nothing in one step: replacing and creating-if-absent are refused. */
function plainDriver(storage: MemoryStorage): BackendDriver {
  const model = memoryBackend({ storage });
  const refuseReplacing = async (name: string): Promise<void> => {
    if ((await model.info(name)).exists && storage.objects.has(name)) {
      throw new StoreError("UNSUPPORTED", { detail: "this medium cannot replace in one step" });
    }
  };
  return {
    name: "plain",
    capabilities: {
      ...memoryCapabilities,
      atomicReplace: false,
      atomicMove: false,
      createIfAbsent: false,
      accessTime: false,
      rangedLoad: false,
    },
    create: (options) => model.create(options),
    destroy: (options) => model.destroy(options),
    open: (options) => model.open(options),
    close: (options) => model.close(options),
    mkdir: (name) => model.mkdir(name),
    rmdir: (name) => model.rmdir(name),
    info: async (name) => {
      const { accessedAtMs: _unknown, ...item } = await model.info(name);
      return item;
    },
    load: (name, options) => model.load(name, { ...options, signal: undefined }),
    store: async (name, value) => {
      await refuseReplacing(name);
      await model.store(name, value);
    },
    delete: (name) => model.delete(name),
    move: async (name, newName) => {
      await model.load(name, { size: 0 });
      await refuseReplacing(newName);
      await model.move(name, newName);
    },
    list: (name, options) => model.list(name, { sizes: options.sizes }),
  };
}

/** A medium of which nobody knows beforehand whether it can create-if-absent: it can, or it refuses. */
function probedMedium(world: Omit<World, "backend">, canCreateIfAbsent: boolean): Backend {
  const inner = measured(world, memoryBackend({ storage: world.storage }));
  const decide = (options: StoreOptions | undefined): void => {
    if (options?.ifAbsent === true && !canCreateIfAbsent && options.signal?.aborted !== true) {
      throw new StoreError("UNSUPPORTED", { detail: "this medium cannot create if absent" });
    }
  };
  return overrideBackend(inner, {
    capabilities: Object.freeze({ ...inner.capabilities, createIfAbsent: "probe" as const }),
    store: async (name, value, options) => {
      decide(options);
      await inner.store(name, value, options);
    },
    storeStream: async (name, source, options) => {
      decide(options);
      await inner.storeStream(name, source, options);
    },
    move: async (name, newName, options) => {
      decide(options);
      await inner.move(name, newName, options);
    },
  });
}

const probedCapabilities: Capabilities = { ...memoryCapabilities, createIfAbsent: "probe" };

/** The kinds of well-behaved backends on which the suite passes. */
export const worldKinds = {
  tree: {
    capabilities: memoryCapabilities,
    client: (world) => measured(world, memoryBackend({ storage: world.storage })),
  },
  prefix: {
    capabilities: { ...memoryCapabilities, directories: false },
    client: (world) => measured(world, memoryBackend({ storage: world.storage, directories: false })),
  },
  disk: { capabilities: { ...memoryCapabilities, durable: true }, client: cachedDisk },
  plain: {
    capabilities: plainDriver(new MemoryStorage()).capabilities,
    client: (world) => defineBackend(plainDriver(world.storage)),
  },
  probed: { capabilities: probedCapabilities, client: (world) => probedMedium(world, true) },
  "probed in vain": { capabilities: probedCapabilities, client: (world) => probedMedium(world, false) },
} satisfies Readonly<Record<string, WorldKind>>;

/** A world in which nothing was created yet. */
export function emptyWorld(): Omit<World, "backend"> {
  return { storage: new MemoryStorage(), durable: new MemoryStorage(), delivered: 0 };
}

/** Options that run the suite on a kind of backend, with all hooks; `alter` makes the backends to test of good ones. */
export function worldOptions(
  name: string,
  kind: WorldKind,
  alter: (client: Backend, world: Omit<World, "backend">) => Backend = (client) => client,
): ConformanceOptions<World> {
  return {
    name,
    capabilities: kind.capabilities,
    setup: () => {
      const world = emptyWorld();
      return Object.assign(world, { backend: alter(kind.client(world), world) });
    },
    teardown: () => undefined,
    anotherBackend: (world) => alter(kind.client(world), world),
    plant: ({ storage }, path, value) => {
      const parents = path.split("/").slice(0, -1);
      for (let depth = 1; depth <= parents.length && kind.capabilities.directories; depth++) {
        storage.directories.add(parents.slice(0, depth).join("/"));
      }
      const now = Date.now();
      storage.objects.set(path, {
        value: new Uint8Array(value),
        modifiedAtMs: now,
        accessedAtMs: now,
      });
    },
    deliveredBytes: (world) => world.delivered,
    // What was in the cache is lost; what is left is the medium of a new machine.
    ...(kind.capabilities.durable
      ? { powerCut: ({ durable }: World) => memoryBackend({ storage: durable }) }
      : {}),
  };
}
