import path from "node:path";
import { posixfs } from "@borgstore/backend-posixfs";
import { openStore, type Store } from "@borgstore/core";
import { findPythonReference, requirePeer } from "@borgstore/tools-peers";
import { describe, expect, test } from "vitest";
import { PythonReference } from "./python-reference.ts";
import { seededRandom, type Random } from "./seeded-random.ts";
import { filesBelow, fileUrl, temporaryDirectory } from "./temp-directory.ts";

const python = findPythonReference();
const peer = requirePeer("python borgstore", python !== undefined, "no Python that can import borgstore");
const root = temporaryDirectory();
let count = 0;

interface Model {
  readonly live: Map<string, Uint8Array>;
  readonly deleted: Map<string, Uint8Array>;
}

const layouts: readonly { namespace: string; level: number }[] = [
  { namespace: "data", level: 0 },
  { namespace: "data", level: 1 },
  { namespace: "data", level: 2 },
  { namespace: "deep/er", level: 3 },
  { namespace: "", level: 1 },
];

async function here(
  url: string,
  config: Record<string, { levels: number[] }>,
  create = false,
): Promise<Store> {
  return await openStore(url, { backends: [posixfs], namespaces: config, create });
}

/** One random operation, done by one of the two sides, and its effect on the model. */
async function step(
  random: Random,
  names: readonly string[],
  store: Store,
  there: PythonReference,
  model: Model,
) {
  const name = random.pick(names);
  const other = random.pick(names);
  const ours = random.below(2) === 0;
  const { live, deleted } = model;
  const operation = random.pick([
    "store",
    "store",
    "store",
    "softDelete",
    "undelete",
    "delete",
    "move",
  ] as const);
  const value = live.get(name);
  const gone = deleted.get(name);
  if (operation === "store") {
    const bytes = random.bytes(random.below(300));
    if (ours) await store.store(name, bytes);
    else await there.store(name, bytes);
    live.set(name, bytes);
  } else if (operation === "softDelete" && value !== undefined) {
    if (ours) await store.softDelete(name);
    else await there.run("softDelete", { name });
    live.delete(name);
    deleted.set(name, value);
  } else if (operation === "undelete" && gone !== undefined) {
    if (ours) await store.undelete(name, { overwrite: true });
    else await there.run("undelete", { name });
    deleted.delete(name);
    live.set(name, gone);
  } else if (operation === "delete" && value !== undefined) {
    if (ours) await store.delete(name);
    else await there.run("delete", { name });
    live.delete(name);
  } else if (operation === "move" && value !== undefined && name !== other) {
    if (ours) await store.move(name, other);
    else await there.run("move", { name, newName: other });
    live.delete(name);
    live.set(other, value);
  }
}

async function compare(namespace: string, store: Store, there: PythonReference, model: Model): Promise<void> {
  const keyOf = (name: string): string => (namespace === "" ? name : name.slice(namespace.length + 1));
  for (const [deleted, items] of [
    [false, model.live],
    [true, model.deleted],
  ] as const) {
    const wanted = [...items].map(([name, value]) => [keyOf(name), value.byteLength]);
    wanted.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
    const listed: [string, number][] = [];
    for await (const item of store.list(namespace, { deleted })) listed.push([item.name, item.size]);
    expect(listed).toEqual(wanted);
    // The reference raises for a namespace that was never stored to.
    const listedThere = items.size > 0 ? await there.list(namespace, deleted) : [];
    expect(listedThere).toEqual(wanted);
    for (const [name, value] of items) {
      expect(await store.load(name, { deleted })).toEqual(value);
      expect(await there.load(name, deleted)).toEqual(value);
      expect(await there.run("hash", { name, deleted })).toBe(await store.hash(name, "sha256", { deleted }));
    }
  }
}

describe.skipIf(!peer.available)(`live with the Python reference ${peer.tag}`, () => {
  test.each(layouts)(
    "both sides agree after random operations by either ($namespace, level $level)",
    async (layout) => {
      const { namespace, level } = layout;
      const seed = 1000 + count;
      const random = seededRandom(seed);
      const url = fileUrl(path.join(root, `live-${count++}`));
      const config = { [namespace]: { levels: [level] } };
      const names = Array.from({ length: 12 }, () => {
        const key = Buffer.from(random.bytes(16)).toString("hex");
        return namespace === "" ? key : `${namespace}/${key}`;
      });
      await using there = new PythonReference(python as string, { url, config });
      await there.run("create");
      await there.run("open");
      await using store = await here(url, config);
      const model: Model = { live: new Map(), deleted: new Map() };
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 40; i++) await step(random, names, store, there, model);
        await compare(namespace, store, there, model);
      }
      await there.run("close");
      expect(model.live.size + model.deleted.size, `seed ${seed}`).toBeGreaterThan(0);
    },
  );

  test("the same operations on either side make the same files", async () => {
    const config = { data: { levels: [2] }, config: { levels: [0] } };
    const directories = [path.join(root, "same-here"), path.join(root, "same-there")] as const;
    const random = seededRandom(7);
    const operations = Array.from({ length: 30 }, () => {
      const name = `${random.below(3) === 0 ? "config" : "data"}/${Buffer.from(random.bytes(8)).toString("hex")}`;
      return { name, value: random.bytes(random.below(2000)), softDelete: random.below(3) === 0 };
    });
    await using store = await here(fileUrl(directories[0]), config, true);
    await using there = new PythonReference(python as string, { url: fileUrl(directories[1]), config });
    await there.run("create");
    await there.run("open");
    for (const { name, value, softDelete } of operations) {
      await store.store(name, value);
      await there.store(name, value);
      if (!softDelete) continue;
      await store.softDelete(name);
      await there.run("softDelete", { name });
    }
    await there.run("close");
    await store.close();
    expect(filesBelow(directories[0])).toEqual(filesBelow(directories[1]));
  });

  test("items on an older level are found and brought to the new one by either side", async () => {
    const url = fileUrl(path.join(root, "levels"));
    const values = new Map(
      Array.from({ length: 20 }, (_, i) => [
        `data/${Buffer.from(seededRandom(i).bytes(10)).toString("hex")}`,
        i,
      ]),
    );
    {
      await using store = await here(url, { data: { levels: [1] } }, true);
      for (const [name, i] of values) await store.store(name, new Uint8Array([i]));
    }
    const config = { data: { levels: [1, 3] } };
    await using store = await here(url, config);
    await using there = new PythonReference(python as string, { url, config });
    await there.run("open");
    for (const [name, i] of values) {
      expect(await there.load(name)).toEqual(new Uint8Array([i]));
      if (i % 2 === 0) await store.changeLevel(name);
      else await there.run("changeLevel", { name });
      expect(await store.load(name)).toEqual(new Uint8Array([i]));
      expect(await there.load(name)).toEqual(new Uint8Array([i]));
    }
    await there.run("close");
    for (const file of Object.keys(filesBelow(path.join(root, "levels")))) {
      expect(file.split("/").length).toBe(5);
    }
  });
});
