import { pathToFileURL } from "node:url";
import { posixfs, type PosixfsOptions } from "@borgstore/backend-posixfs";
import { openStore, type Backend, type Store } from "@borgstore/core";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject, type AsyncCalls } from "./async-subject.ts";
import type { Subject } from "./subject.ts";

/** Opens a store with a `data` namespace of two levels as a user would, and makes it when it is not there. */
export async function openPosixfsStore(directory: string, backendOptions?: PosixfsOptions): Promise<Store> {
  return await openStore(pathToFileURL(directory).href, {
    backends: [posixfs],
    backendOptions,
    namespaces: { data: { levels: [2] } },
    create: true,
  });
}

/** Opens the backend of a storage that is there, without a store above it. */
export async function openPosixfsBackend(directory: string): Promise<Backend> {
  const backend = posixfs.fromUrl(pathToFileURL(directory).href);
  await backend.open();
  return backend;
}

/** The calls of an open Store on its `data` namespace. */
export function storeCalls(store: Store): AsyncCalls {
  return {
    store: (key, value) => store.store(`data/${key}`, value),
    load: (key) => store.load(`data/${key}`),
    info: (key) => store.info(`data/${key}`),
    delete: (key) => store.delete(`data/${key}`),
    list: async () => {
      let count = 0;
      for await (const _ of store.list("data")) count++;
      return count;
    },
    close: () => store.close(),
  };
}

/** Our Store over posixfs with everything at its default: statistics are on. */
export const posixfsStore: Subject = asyncSubject("Store", async (directory) =>
  storeCalls(await openPosixfsStore(directory)),
);

/** Our posixfs backend alone, called with nested names. */
export const posixfsBackend: Subject = asyncSubject("Backend", async (directory) => {
  const creator = posixfs.fromUrl(pathToFileURL(directory).href);
  await creator.create();
  const backend = await openPosixfsBackend(directory);
  return {
    store: (key, value) => backend.store(`data/${nestKey(key)}`, value),
    load: (key) => backend.load(`data/${nestKey(key)}`),
    info: (key) => backend.info(`data/${nestKey(key)}`),
    delete: (key) => backend.delete(`data/${nestKey(key)}`),
    list: async () => {
      let count = 0;
      for await (const page of backend.list("data", { recursive: true })) count += page.length;
      return count;
    },
    close: () => backend.close(),
  };
});
