import { readFileSync } from "node:fs";
import path from "node:path";
import { fullScope } from "@borgstore/tools-peers";
import { beforeAll, describe, expect, test } from "vitest";
import { checkGoldenItems, checkGoldenListing, listedNames } from "./golden-reading.ts";
import { goldenStores, unpackGoldenStores } from "./golden.ts";
import {
  closedStore,
  newPath,
  openHere,
  pythonPeer,
  reference,
  rgwPeer,
  useBucket,
  withBoth,
  withNamespace,
} from "./s3-sides.ts";
import { temporaryDirectory } from "./temp-directory.ts";
import { expectSame, type Side } from "./two-sides.ts";

const full = fullScope("the same requests are sent as by the s3 package's own tests");
const bucket = useBucket();
const nothing = new Uint8Array(0);
const level0 = { data: { levels: [0] } };
const sides: readonly Side[] = ["ours", "theirs"];

describe.skipIf(full.isLeftOut || !rgwPeer.available || !pythonPeer.available)(
  `storages in a bucket, live with the Python reference ${pythonPeer.tag} ${rgwPeer.tag}${full.tag}`,
  () => {
    test("either side makes the same marker, by which the other knows that the storage is there", async () => {
      const paths = { ours: newPath(), theirs: newPath() };
      await closedStore(paths.ours).create();
      await using there = reference(paths.theirs);
      await there.run("create");
      const made = await bucket.bystander.objects(`${paths.ours}/`);
      expect(Object.keys(made)).toEqual([""]);
      expect(made).toEqual(await bucket.bystander.objects(`${paths.theirs}/`));

      await using again = reference(paths.ours);
      await expect(again.run("create")).rejects.toThrow(/^BackendAlreadyExists/);
      // An empty storage is taken over here, and with anything in it refused by both.
      await closedStore(paths.theirs).create();
      for (const storage of Object.values(paths)) {
        await bucket.bystander.put(`${storage}/data/0123`, nothing);
        await using another = reference(storage);
        await expect(another.run("create")).rejects.toThrow(/^BackendAlreadyExists/);
        await expect(closedStore(storage).create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
      }
    });

    test.each([
      { creator: "ours" as const, destroyer: "theirs" as const },
      { creator: "theirs" as const, destroyer: "ours" as const },
    ])(
      "what $creator has stored is destroyed by $destroyer, and nothing beside it",
      async ({ creator, destroyer }) => {
        let storage = "";
        await withNamespace({ namespace: "data", level: 1, creator }, async (both, { prefix }) => {
          storage = prefix.slice(0, -1);
          for (let i = 0; i < 8; i++) await both.store(creator, `data/${i}000`, new Uint8Array([i]));
          await both.softDelete(creator, "data/0000");
          if (creator === "ours") await both.ours.backend.mkdir("data/ff");
          else await both.theirs.run("mkdir", { name: "data/ff" });
        });
        // More than one page, and than one request deletes.
        await using store = await openHere(storage, level0);
        const items = Array.from({ length: 1005 }, (_, i) => ({ name: `data/item-${i}`, value: nothing }));
        for await (const { error } of store.storeMany(items)) expect(error).toBeUndefined();
        await store.close();
        const neighbours = [`${storage}-beside/data/0123`, `${storage}.data`];
        for (const key of neighbours) await bucket.bystander.put(key, nothing);

        await using there = reference(storage);
        if (destroyer === "theirs") await there.run("destroy");
        else await closedStore(storage).destroy();
        expect(Object.keys(await bucket.bystander.objects(storage)).toSorted()).toEqual([
          "-beside/data/0123",
          ".data",
        ]);
        await expect(there.run("destroy")).rejects.toThrow(/^BackendDoesNotExist/);
        await expect(closedStore(storage).destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
        await expect(openHere(storage, level0)).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
      },
    );

    test("a storage without its marker is used by both sides as long as there is an object", async () => {
      const storage = newPath();
      {
        // The reference opens what was never made.
        await using there = reference(storage);
        await there.run("open");
        await there.store("data/0123", new Uint8Array([1]));
        await there.run("softDelete", { name: "data/0123" });
        await there.store("data/4567", new Uint8Array([2]));
        await there.run("close");
      }
      await using store = await openHere(storage, level0);
      expect(await listedNames(store, "data", false)).toEqual(["4567"]);
      expect(await store.load("data/0123", { deleted: true })).toEqual(new Uint8Array([1]));
      await store.undelete("data/0123");
      await store.store("data/89ab", nothing);
      await store.close();
      await using there = reference(storage);
      await there.run("open");
      expect(await there.list("data")).toEqual([
        ["0123", 1],
        ["4567", 1],
        ["89ab", 0],
      ]);
      await there.run("close");
      expect(Object.keys(await bucket.bystander.objects(`${storage}/`))).toEqual([
        "data/0123",
        "data/4567",
        "data/89ab",
      ]);
      await closedStore(storage).destroy();
      expect(await bucket.bystander.objects(`${storage}/`)).toEqual({});
    });

    test.each(sides)("a storage whose marker is lost goes on (made by %s)", async (creator) => {
      await withNamespace({ namespace: "", level: 1, creator }, async (both, { prefix }) => {
        await both.store(creator, "0123", new Uint8Array([1]));
        await bucket.bystander.delete(prefix);
        await both.store("ours", "4567", nothing);
        await both.store("theirs", "89ab", nothing);
        await both.softDelete("ours", "89ab");
        await both.softDelete("theirs", "4567");
        await expectSame(both);
        expect(Object.keys(await bucket.bystander.objects(prefix))).toHaveLength(3);
      });
    });

    test("markers of directories, of either side or from elsewhere, are no items", async () => {
      await withNamespace({ namespace: "data", level: 1, creator: "theirs" }, async (both, { prefix }) => {
        const { ours, theirs } = both;
        for (const name of ["data", "data/01", "none", "none/below"]) await theirs.run("mkdir", { name });
        for (const name of ["data/45", "other"]) await ours.backend.mkdir(name);
        // Consoles make them, some with content.
        await bucket.bystander.put(`${prefix}data/89/`, new Uint8Array([1, 2, 3]));
        await bucket.bystander.put(`${prefix}data/0123/`, nothing);
        for (const name of ["data/0123", "data/4567", "data/89ab"]) {
          await both.store("ours", name, new Uint8Array([7]));
          await both.store("theirs", name, new Uint8Array([8]));
        }
        await both.softDelete("ours", "data/4567");
        await both.softDelete("theirs", "data/89ab");
        await expectSame(both);
        for (const namespace of ["none", "other"]) {
          expect(await listedNames(ours, namespace, false)).toEqual([]);
          expect(await theirs.list(namespace)).toEqual([]);
        }
        for (const name of ["none/below", "none"]) await theirs.run("rmdir", { name });
        await ours.backend.rmdir("other");
        for (const name of ["data/45", "data/89"]) {
          await expect(ours.backend.rmdir(name)).rejects.toMatchObject({ code: "NOT_EMPTY" });
          await expect(theirs.run("rmdir", { name })).rejects.toThrow(/^BackendError/);
        }
        await expectSame(both);
        expect(Object.keys(await bucket.bystander.objects(prefix))).toEqual([
          "",
          "data/",
          "data/01/",
          "data/01/0123",
          "data/0123/",
          "data/45/",
          "data/45/4567.del",
          "data/89/",
          "data/89/89ab.del",
        ]);
      });
    });

    test("foreign objects with names that no item can have are left out by both", async () => {
      await withNamespace({ namespace: "data", level: 1, creator: "ours" }, async (both, { prefix }) => {
        await both.store("ours", "data/0123", new Uint8Array([1]));
        await both.store("theirs", "data/4567", new Uint8Array([2]));
        for (const name of ["data/01/UPPER", "data/01/with blank", "data/01/x.tmp", "data/45/ä", "x.hid"]) {
          await bucket.bystander.put(prefix + name, new Uint8Array([3]));
        }
        await expectSame(both);
        expect(Object.keys(await bucket.bystander.objects(prefix))).toHaveLength(8);
      });
    });

    test("a key too short for its level, as only the reference stores it, harms no listing here", async () => {
      const config = { data: { levels: [2] } };
      await withBoth({ config, creator: "theirs" }, async ({ ours, theirs, prefix }) => {
        await theirs.store("data/a", new Uint8Array([1]));
        await theirs.store("data/0123", new Uint8Array([2]));
        expect(Object.keys(await bucket.bystander.objects(`${prefix}data/`))).toEqual(["01/23/0123", "a//a"]);
        await expect(theirs.list("data")).rejects.toThrow(/^ValueError/);
        expect(await listedNames(ours, "data", false)).toEqual(["0123"]);
        await expect(ours.store("data/a", nothing)).rejects.toMatchObject({ code: "INVALID_NAME" });
      });
    });
  },
);

// Stores that the reference wrote to a disk: in a bucket the same names are the keys. Short keys would have others.
const inBuckets = Object.entries(goldenStores).filter(([name]) => name !== "shortkeys");

describe.skipIf(full.isLeftOut || !rgwPeer.available)(
  `the reference's stores in a bucket ${rgwPeer.tag}${full.tag}`,
  () => {
    const root = temporaryDirectory();
    beforeAll(() => unpackGoldenStores(root));

    test.each(inBuckets)("%s is read item by item, and left as it was", async (name, expected) => {
      const storage = newPath();
      for (const file of Object.keys(expected.files)) {
        await bucket.bystander.put(`${storage}/${file}`, readFileSync(path.join(root, name, file)));
      }
      const before = await bucket.bystander.objects(`${storage}/`);
      {
        await using store = await openHere(storage, expected.config);
        expect(await checkGoldenItems(store, expected)).toBeGreaterThan(0);
        expect(await checkGoldenListing(store, expected)).toBe(expected.items.length);
      }
      expect(await bucket.bystander.objects(`${storage}/`)).toEqual(before);
    });
  },
);
