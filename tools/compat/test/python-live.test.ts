import path from "node:path";
import { posixfs } from "@borgstore/backend-posixfs";
import { openStore, type Store } from "@borgstore/core";
import { findPythonReference, fullScope, requirePeer } from "@borgstore/tools-peers";
import { describe, expect, test } from "vitest";
import { PythonReference } from "./python-reference.ts";
import { seededRandom } from "./seeded-random.ts";
import { filesBelow, fileUrl, temporaryDirectory } from "./temp-directory.ts";
import { exchangeAtRandom, TwoSides } from "./two-sides.ts";

const python = findPythonReference();
const peer = requirePeer("python borgstore", python !== undefined, "no Python that can import borgstore");
const full = fullScope("that the files are the same is seen with the golden stores");
const root = temporaryDirectory();
let count = 0;

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

describe.skipIf(full.isLeftOut || !peer.available)(
  `live with the Python reference ${peer.tag}${full.tag}`,
  () => {
    test.each(layouts)(
      "both sides agree after random operations by either ($namespace, level $level)",
      async (layout) => {
        const { namespace, level } = layout;
        const seed = 1000 + count;
        const url = fileUrl(path.join(root, `live-${count++}`));
        const config = { [namespace]: { levels: [level] } };
        await using there = new PythonReference(python as string, { url, config });
        await there.run("create");
        await there.run("open");
        await using store = await here(url, config);
        const both = new TwoSides(namespace, store, there);
        await exchangeAtRandom(both, seed, 4);
        await there.run("close");
        expect(both.live.size + both.deleted.size, `seed ${seed}`).toBeGreaterThan(0);
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
  },
);
