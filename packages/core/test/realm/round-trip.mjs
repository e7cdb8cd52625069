// What the realm test runs: a store and a bare backend over memory, and what the realm has.
import { memory, memoryBackend, openStore, StoreError } from "@borgstore/core";

export async function run() {
  const backend = memoryBackend();
  await backend.create();
  await backend.open();
  await backend.store("data/a", new Uint8Array([1, 2, 3]));
  const head = [...(await backend.load("data/a", { size: 2 }))];
  const digest = await backend.hash("data/a");
  const controller = new AbortController();
  controller.abort();
  const aborted = await backend.load("data/a", { signal: controller.signal }).catch((error) => error);
  await backend.close();
  return {
    nodeGlobals: ["process", "Buffer", "require", "global", "setImmediate"].filter(
      (name) => name in globalThis,
    ),
    head,
    digest,
    isReason: aborted === controller.signal.reason,
    store: await useStore(),
  };
}

async function useStore() {
  const store = await openStore("memory:", {
    backends: [memory],
    namespaces: { config: { levels: [0] }, data: { levels: [2] } },
    create: true,
  });
  const key = "0123456789abcdef";
  await store.store(`data/${key}`, new TextEncoder().encode("hello"));
  const text = new TextDecoder().decode(await store.load(`data/${key}`));
  const names = [];
  for await (const item of store.list("data")) names.push(item.name);
  await store.softDelete(`data/${key}`);
  const gone = await store.load(`data/${key}`).catch((error) => error);
  await store.undelete(`data/${key}`);
  await store.close();
  return { text, names, goneCode: StoreError.is(gone) ? gone.code : String(gone) };
}
