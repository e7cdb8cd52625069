// Runs one kind of call of the Store so many times between two marks, for `bench posixfs --syscalls` to trace.
// Arguments: storage directory, call, length of the values in bytes, number of calls.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { openStore } from "@borgstore/core";
import { posixfs } from "@borgstore/backend-posixfs";

const [directory = "", call = "", size = "", count = ""] = process.argv.slice(2);
const value = new Uint8Array(Number(size));
const keyOf = (text) => createHash("sha256").update(text).digest("hex");
const keys = Array.from({ length: Number(count) }, (_, i) => keyOf(`key ${i}`));

await withStore(async (store) => {
  // The directories are there already: a neighbour of each key made them.
  for (const key of keys) await store.store(`data/${key.slice(0, 4)}${keyOf(key).slice(4)}`, value);
  if (call !== "store") for (const key of keys) await store.store(`data/${key}`, value);
  existsSync(`${directory}/begin.mark`);
  for (const key of keys) {
    if (call === "store") await store.store(`data/${key}`, value);
    else await store[call](`data/${key}`);
  }
  existsSync(`${directory}/end.mark`);
});

async function withStore(work) {
  const namespaces = { data: { levels: [2] } };
  const store = await openStore(pathToFileURL(directory).href, {
    backends: [posixfs],
    namespaces,
    create: true,
  });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
