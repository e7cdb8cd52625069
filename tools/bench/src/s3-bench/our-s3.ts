import { s3, s3Backend } from "@borgstore/backend-s3";
import { openStore, type Backend, type Store } from "@borgstore/core";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import { prefixOf, urlOf, type S3Place } from "./s3-place.ts";

const nameOf = (key: string): string => `data/${nestKey(key)}`;

/** Our Store with everything at its default. */
export function ourStore(place: S3Place): Subject {
  return asyncSubject("Store", async (directory) => {
    const store = await openOurStore(place, directory);
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
export function ourBackend(place: S3Place): Subject {
  return asyncSubject("Backend", async (directory) => {
    const backend = await openOurBackend(place, directory);
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

async function openOurStore(place: S3Place, directory: string): Promise<Store> {
  return await openStore(urlOf(place, directory), {
    backends: [s3],
    backendOptions: { region: place.region },
    namespaces: { data: { levels: [2] } },
    create: true,
  });
}

async function openOurBackend(place: S3Place, directory: string): Promise<Backend> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = place;
  const credentials = { accessKeyId, secretAccessKey };
  const backend = s3Backend({ endpoint, region, bucket, credentials, prefix: prefixOf(directory) });
  await backend.create();
  await backend.open();
  return backend;
}

async function countOf<T>(listing: AsyncIterable<T>, lengthOf: (part: T) => number): Promise<number> {
  let found = 0;
  for await (const part of listing) found += lengthOf(part);
  return found;
}
