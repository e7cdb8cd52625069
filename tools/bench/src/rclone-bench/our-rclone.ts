import { rclone, rcloneBackend, type RcloneOptions } from "@borgstore/backend-rclone";
import { openStore, type Backend, type Store } from "@borgstore/core";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import { optionsOf, remoteOf, urlOf, type RclonePlace } from "./rclone-place.ts";

const nameOf = (key: string): string => `data/${nestKey(key)}`;

/** Our Store with the layers that it gets by itself, which lets through so many calls at a time as its backend. */
export function ourStore(place: RclonePlace, name: string, options: RcloneOptions): Subject {
  return asyncSubject(name, async (directory) => {
    const store = await openOurStore(place, directory, options);
    return {
      store: (key, value) => store.store(`data/${key}`, value),
      load: (key) => store.load(`data/${key}`),
      info: (key) => store.info(`data/${key}`),
      delete: (key) => store.delete(`data/${key}`),
      list: async () => await countOf(store.list("data"), () => 1),
      close: () => store.close(),
    };
  });
}

/** Our backend alone, called with nested names. */
export function ourBackend(place: RclonePlace, name: string, options: RcloneOptions): Subject {
  return asyncSubject(name, async (directory) => {
    const backend = await openOurBackend(place, directory, options);
    return {
      store: (key, value) => backend.store(nameOf(key), value),
      load: (key) => backend.load(nameOf(key)),
      info: (key) => backend.info(nameOf(key)),
      delete: (key) => backend.delete(nameOf(key)),
      list: async () => await countOf(backend.list("data", { recursive: true }), (page) => page.length),
      close: () => backend.close(),
    };
  });
}

async function openOurStore(place: RclonePlace, directory: string, options: RcloneOptions): Promise<Store> {
  return await openStore(urlOf(directory), {
    backends: [rclone],
    backendOptions: { ...options, ...optionsOf(place) },
    namespaces: { data: { levels: [2] } },
    create: true,
  });
}

async function openOurBackend(
  place: RclonePlace,
  directory: string,
  options: RcloneOptions,
): Promise<Backend> {
  const backend = rcloneBackend({ remote: remoteOf(directory), ...options, ...optionsOf(place) });
  await backend.create();
  await backend.open();
  return backend;
}

async function countOf<T>(listing: AsyncIterable<T>, lengthOf: (part: T) => number): Promise<number> {
  let found = 0;
  for await (const part of listing) found += lengthOf(part);
  return found;
}
