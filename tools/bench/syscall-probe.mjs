// Runs calls of the Store between marks, for `bench posixfs --syscalls` and the guard of system calls to trace.
// Arguments: a directory, the number of calls, names of scenarios. Each scenario has a storage of its own in the
// directory, at its position, and looks for `begin.mark` and `end.mark` in it.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { openStore } from "@borgstore/core";
import { posixfs } from "@borgstore/backend-posixfs";

const [directory = "", countText = "", ...names] = process.argv.slice(2);
const KiB = 1024;
const hash = (text) => createHash("sha256").update(text).digest("hex");
const bytes = (length) => new Uint8Array(length);

// Each key has directories of its own, on both levels.
const keys = Array.from({ length: Number(countText) }, (_, i) => {
  const byte = i.toString(16).padStart(2, "0");
  return byte + byte + hash(byte).slice(4);
});
const nameOf = (key) => `data/${key}`;
const neighbourOf = (key, same) => nameOf(key.slice(0, same) + hash(`${key} ${same}`).slice(same));

const nothing = async () => {};
const storeAt = (same) => (store, key) => store.store(neighbourOf(key, same), bytes(1));
const storeOf = (length) => (store, key) => store.store(nameOf(key), bytes(length));
const load = (store, key) => store.load(nameOf(key));
const expectFailure = async (promise, code) => {
  const failure = await promise.then(
    () => undefined,
    (error) => error,
  );
  if (failure?.code !== code) throw failure ?? new Error(`this should have failed with ${code}`);
};
const expectInfo = async (promise, exists) => {
  if ((await promise).exists !== exists) throw new Error("info says something else");
};

/**
 * What is done before the marks for each key (`before`) and once (`prepare`), and between them for each key (`each`) or
 * once (`once`).
 */
const scenarios = {
  "store 1KiB": { before: storeAt(4), each: storeOf(KiB) },
  "store 64KiB": { before: storeAt(4), each: storeOf(64 * KiB) },
  "store, last directory missing": { before: storeAt(2), each: storeOf(KiB) },
  "store, both directories missing": { before: nothing, each: storeOf(KiB) },
  "store, replacing": { before: storeOf(KiB), each: storeOf(KiB) },
  "store, if absent": {
    before: storeAt(4),
    each: (store, key) => store.store(nameOf(key), bytes(KiB), { ifAbsent: true }),
  },
  "store, each durable": { durability: "each", before: storeAt(4), each: storeOf(KiB) },
  "load 1KiB": { before: storeOf(KiB), each: load },
  "load 64KiB": { before: storeOf(64 * KiB), each: load },
  "load 128KiB": { before: storeOf(128 * KiB), each: load },
  "load, 1KiB of 1MiB": {
    before: storeOf(KiB * KiB),
    each: (store, key) => store.load(nameOf(key), { size: KiB }),
  },
  "load, missing": { before: storeAt(4), each: (store, key) => expectFailure(load(store, key), "NOT_FOUND") },
  "info 1KiB": {
    before: storeOf(KiB),
    each: (store, key) => expectInfo(store.info(nameOf(key)), true),
  },
  "info 64KiB": {
    before: storeOf(64 * KiB),
    each: (store, key) => expectInfo(store.info(nameOf(key)), true),
  },
  "info, missing": {
    before: storeAt(4),
    each: (store, key) => expectInfo(store.info(nameOf(key)), false),
  },
  "delete 1KiB": { before: storeOf(KiB), each: (store, key) => store.delete(nameOf(key)) },
  "delete 64KiB": { before: storeOf(64 * KiB), each: (store, key) => store.delete(nameOf(key)) },
  "delete, missing": {
    before: storeAt(4),
    each: (store, key) => expectFailure(store.delete(nameOf(key)), "NOT_FOUND"),
  },
  "delete, soft": { before: storeOf(KiB), each: (store, key) => store.softDelete(nameOf(key)) },
  undelete: { before: storeAndHide, each: (store, key) => store.undelete(nameOf(key)) },
  "undelete, overwriting": {
    before: storeAndHide,
    each: (store, key) => store.undelete(nameOf(key), { overwrite: true }),
  },
  "list, names": { before: storeFour, once: (store) => countListed(store, false) },
  "list, sizes": { before: storeFour, once: (store) => countListed(store, true) },
  sync: { before: storeOf(KiB), once: (store) => store.sync() },
  "sync, replaced": { before: storeOf(KiB), prepare: syncAndReplace, once: (store) => store.sync() },
  "sync, nothing to do": {
    before: storeOf(KiB),
    prepare: (store) => store.sync(),
    once: (store) => store.sync(),
  },
  "pool: store 1KiB": { io: "pool", before: storeAt(4), each: storeOf(KiB) },
  "pool: load 1KiB": { io: "pool", before: storeOf(KiB), each: load },
  "pool: info 1KiB": {
    io: "pool",
    before: storeOf(KiB),
    each: (store, key) => expectInfo(store.info(nameOf(key)), true),
  },
  "pool: delete 1KiB": {
    io: "pool",
    before: storeOf(KiB),
    each: (store, key) => store.delete(nameOf(key)),
  },
};

for (const [at, name] of names.entries()) await runScenario(name, `${directory}/${at}`);

async function runScenario(name, storagePath) {
  // Synchronous calls whatever the speed of the machine at this moment: by default a slow one moves to the pool.
  const { io = "sync", durability = "sync", before, prepare, each, once } = scenarios[name];
  const store = await openStore(pathToFileURL(storagePath).href, {
    backends: [posixfs],
    backendOptions: { io, durability },
    namespaces: { data: { levels: [2] } },
    create: true,
  });
  try {
    for (const key of keys) await before(store, key);
    await prepare?.(store);
    existsSync(`${storagePath}/begin.mark`);
    if (once !== undefined) await once(store);
    else for (const key of keys) await each(store, key);
    existsSync(`${storagePath}/end.mark`);
  } finally {
    await store.close();
  }
}

async function storeAndHide(store, key) {
  await store.store(nameOf(key), bytes(KiB));
  await store.softDelete(nameOf(key));
}

async function syncAndReplace(store) {
  await store.sync();
  for (const key of keys) await store.store(nameOf(key), bytes(KiB));
}

async function storeFour(store, key) {
  await store.store(nameOf(key), bytes(1));
  for (const same of [4, 5, 6]) await store.store(neighbourOf(key, same), bytes(1));
}

async function countListed(store, sizes) {
  let count = 0;
  for await (const item of store.list("data", { sizes })) if ((item.size === 1) === sizes) count++;
  if (count !== 4 * keys.length) throw new Error(`${count} items were listed`);
}
