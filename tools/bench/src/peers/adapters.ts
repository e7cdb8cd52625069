import { asyncSubject, type AsyncCalls } from "../subjects/async-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import { nestKey } from "../measure/keys.ts";
import { importFiles } from "./files-sdk.ts";
import type { ImportPeer } from "./install.ts";

/** Makes a subject of an installed peer; rejects when the peer cannot be imported here. */
export type PeerAdapter = (importPeer: ImportPeer) => Promise<Subject>;

interface OpendalOperator {
  write(path: string, value: Buffer): Promise<unknown>;
  read(path: string): Promise<Buffer>;
  stat(path: string): Promise<{ readonly contentLength: bigint | null }>;
  delete(path: string): Promise<void>;
  list(
    path: string,
    options: { readonly recursive: boolean },
  ): Promise<readonly { path(): string; metadata(): { isFile(): boolean } }[]>;
}

const opendal =
  (name: string, atomic: boolean): PeerAdapter =>
  async (importPeer) => {
    type Module = { readonly Operator: new (scheme: string, options: object) => OpendalOperator };
    const { Operator } = (await importPeer("opendal")) as Module;
    return asyncSubject(name, async (root) => {
      const operator = new Operator("fs", atomic ? { root, atomic_write_dir: `${root}/.tmp` } : { root });
      return {
        store: (key, value) => operator.write(nestKey(key), bufferOf(value)),
        load: (key) => operator.read(nestKey(key)),
        info: async (key) => ({ size: Number((await operator.stat(nestKey(key))).contentLength) }),
        delete: (key) => operator.delete(nestKey(key)),
        list: async () => {
          const entries = await operator.list("/", { recursive: true });
          return entries.filter((entry) => entry.metadata().isFile()).length;
        },
      };
    });
  };

interface UnstorageStorage {
  setItemRaw(key: string, value: Uint8Array): Promise<void>;
  getItemRaw(key: string): Promise<Uint8Array>;
  getMeta(key: string): Promise<{ readonly size: number }>;
  removeItem(key: string): Promise<void>;
  getKeys(): Promise<readonly string[]>;
}

const unstorage: PeerAdapter = async (importPeer) => {
  type Driver = { readonly default: (options: { readonly base: string }) => object };
  type Module = { readonly createStorage: (options: { readonly driver: object }) => UnstorageStorage };
  const { createStorage } = (await importPeer("unstorage")) as Module;
  const { default: fsLite } = (await importPeer("unstorage/drivers/fs-lite")) as Driver;
  return asyncSubject("unstorage", async (base) => {
    const storage = createStorage({ driver: fsLite({ base }) });
    return {
      store: (key, value) => storage.setItemRaw(nestKey(key), value),
      load: (key) => storage.getItemRaw(nestKey(key)),
      info: (key) => storage.getMeta(nestKey(key)),
      delete: (key) => storage.removeItem(nestKey(key)),
      list: async () => (await storage.getKeys()).length,
    };
  });
};

interface Cacache {
  put(cache: string, key: string, value: Uint8Array): Promise<unknown>;
  get(cache: string, key: string, options: object): Promise<{ readonly data: Uint8Array }>;
  ls(cache: string): Promise<object>;
  readonly rm: { entry(cache: string, key: string, options: object): Promise<unknown> };
}

const cacache: PeerAdapter = async (importPeer) => {
  type Module = {
    readonly default: Cacache & { get: { info(cache: string, key: string): Promise<{ size: number }> } };
  };
  const { default: cache } = (await importPeer("cacache")) as Module;
  return asyncSubject("cacache", async (root) => ({
    store: (key, value) => cache.put(root, key, value),
    load: async (key) => (await cache.get(root, key, { memoize: false })).data,
    info: (key) => cache.get.info(root, key),
    delete: (key) => cache.rm.entry(root, key, { removeFully: true }),
    list: async () => Object.keys(await cache.ls(root)).length,
  }));
};

interface KeyvStore {
  set(key: string, value: unknown): Promise<boolean>;
  get(key: string): Promise<Uint8Array>;
  has(key: string): Promise<boolean>;
  delete(key: string): Promise<boolean>;
}

const keyvFile: PeerAdapter = async (importPeer) => {
  const { KeyvFile } = (await importPeer("keyv-file")) as { readonly KeyvFile: new (o: object) => object };
  const { Keyv } = (await importPeer("keyv")) as { readonly Keyv: new (o: object) => KeyvStore };
  return asyncSubject("keyv-file", async (directory): Promise<AsyncCalls> => {
    const options = { filename: `${directory}/`, separatedFile: true };
    const keyv = new Keyv({ store: new KeyvFile(options), namespace: "", useKeyPrefix: false });
    return {
      store: (key, value) => keyv.set(nestKey(key), bufferOf(value)),
      load: (key) => keyv.get(nestKey(key)),
      info: (key) => keyv.has(nestKey(key)),
      delete: (key) => keyv.delete(nestKey(key)),
    };
  });
};

interface FlydriveDisk {
  put(key: string, value: Uint8Array): Promise<void>;
  getBytes(key: string): Promise<Uint8Array>;
  getMetaData(key: string): Promise<{ readonly contentLength: number }>;
  delete(key: string): Promise<void>;
  listAll(prefix: string, options: object): Promise<{ readonly objects: Iterable<{ isFile: boolean }> }>;
}

const flydrive: PeerAdapter = async (importPeer) => {
  const { Disk } = (await importPeer("flydrive")) as { readonly Disk: new (driver: object) => FlydriveDisk };
  type Drivers = { readonly FSDriver: new (options: object) => object };
  const { FSDriver } = (await importPeer("flydrive/drivers/fs")) as Drivers;
  return asyncSubject("flydrive", async (location) => {
    const disk = new Disk(new FSDriver({ location, visibility: "private" }));
    return {
      store: (key, value) => disk.put(nestKey(key), value),
      load: (key) => disk.getBytes(nestKey(key)),
      info: async (key) => ({ size: (await disk.getMetaData(nestKey(key))).contentLength }),
      delete: (key) => disk.delete(nestKey(key)),
      list: async () => {
        const { objects } = await disk.listAll("", { recursive: true });
        return [...objects].filter((object) => object.isFile).length;
      },
    };
  });
};

interface Datastore {
  open(): Promise<void>;
  close(): Promise<void>;
  put(key: object, value: Uint8Array): Promise<object>;
  get(key: object): Promise<Uint8Array>;
  has(key: object): Promise<boolean>;
  delete(key: object): Promise<void>;
  queryKeys(query: object): AsyncIterable<object>;
}

const datastoreFs: PeerAdapter = async (importPeer) => {
  type Module = { readonly FsDatastore: new (location: string) => Datastore };
  const { FsDatastore } = (await importPeer("datastore-fs")) as Module;
  const { Key } = (await importPeer("interface-datastore")) as { readonly Key: new (name: string) => object };
  const keyOf = (key: string): object => new Key(`/${nestKey(key)}`);
  return asyncSubject("datastore-fs", async (directory) => {
    const store = new FsDatastore(directory);
    await store.open();
    return {
      store: (key, value) => store.put(keyOf(key), value),
      load: (key) => store.get(keyOf(key)),
      info: (key) => store.has(keyOf(key)),
      delete: (key) => store.delete(keyOf(key)),
      list: async () => {
        let count = 0;
        for await (const _ of store.queryKeys({})) count++;
        return count;
      },
      close: async () => await store.close(),
    };
  });
};

const filesSdk: PeerAdapter = async (importPeer) => {
  const openFiles = await importFiles(importPeer, "fs");
  return asyncSubject("files-sdk", (root) => Promise.resolve(openFiles({ root })));
};

function bufferOf(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Stores on npm that keep a file per key, by the name of the subject. */
export const peerAdapters: ReadonlyMap<string, PeerAdapter> = new Map([
  ["opendal", opendal("opendal", false)],
  ["opendal atomic", opendal("opendal atomic", true)],
  ["unstorage", unstorage],
  ["cacache", cacache],
  ["keyv-file", keyvFile],
  ["flydrive", flydrive],
  ["datastore-fs", datastoreFs],
  ["files-sdk", filesSdk],
]);
