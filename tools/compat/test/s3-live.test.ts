import type { Store } from "@borgstore/core";
import { fullScope } from "@borgstore/tools-peers";
import { describe, expect, test } from "vitest";
import type { PythonReference } from "./python-reference.ts";
import {
  newPath,
  openHere,
  pythonPeer,
  reference,
  rgwPeer,
  useBucket,
  withBoth,
  withNamespace,
} from "./s3-sides.ts";
import { seededRandom } from "./seeded-random.ts";
import { exchangeAtRandom, exchangeItems, expectSameListing, type Side } from "./two-sides.ts";

const full = fullScope("the same requests are sent as by the s3 package's own tests");
const bucket = useBucket();

/** Every level, each stored by one side: what is stored by both on one level is the same, as is seen below. */
const exchanges: readonly { namespace: string; level: number; creator: Side }[] = [
  { namespace: "data", level: 0, creator: "theirs" },
  { namespace: "data", level: 1, creator: "ours" },
  { namespace: "data", level: 2, creator: "theirs" },
  { namespace: "deep/er", level: 3, creator: "ours" },
  { namespace: "", level: 0, creator: "ours" },
  { namespace: "", level: 1, creator: "theirs" },
];
const sides: readonly Side[] = ["ours", "theirs"];

/** One operation that both sides have. */
interface Step {
  readonly operation: "store" | "softDelete" | "undelete" | "delete" | "move" | "mkdir" | "rmdir";
  readonly name: string;
  readonly newName?: string;
  readonly value?: Uint8Array;
}

async function doHere(store: Store, { operation, name, newName = "", value }: Step): Promise<void> {
  if (operation === "store") await store.store(name, value as Uint8Array);
  else if (operation === "move") await store.move(name, newName);
  else if (operation === "undelete") await store.undelete(name, { overwrite: true });
  else if (operation === "mkdir") await store.backend.mkdir(name);
  else if (operation === "rmdir") await store.backend.rmdir(name);
  else await store[operation](name);
}

async function doThere(store: PythonReference, { operation, name, newName, value }: Step): Promise<void> {
  if (operation === "store") await store.store(name, value as Uint8Array);
  else await store.run(operation, { name, newName });
}

/** Items in all states, with what led there, of two namespaces. */
function manySteps(): Step[] {
  const random = seededRandom(7);
  return Array.from({ length: 42 }, (_, i) => {
    const name = `${i % 3 === 0 ? "config" : "data"}/${Buffer.from(random.bytes(8)).toString("hex")}`;
    const value = random.bytes(i % 5 === 0 ? 0 : random.below(2000));
    const fates: readonly (readonly Step[])[] = [
      [],
      [{ operation: "softDelete", name }],
      [
        { operation: "softDelete", name },
        { operation: "undelete", name },
      ],
      [{ operation: "delete", name }],
      [{ operation: "move", name, newName: `data/${Buffer.from(random.bytes(8)).toString("hex")}` }],
      [
        { operation: "softDelete", name },
        { operation: "store", name, value: random.bytes(300) },
      ],
      [{ operation: "store", name, value: random.bytes(300) }],
    ];
    return [{ operation: "store" as const, name, value }, ...(fates[i % fates.length] ?? [])];
  }).flat();
}

/** Keys with all characters that one may have, and some that mean something elsewhere. */
function oddKeys(): string[] {
  const printable = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i));
  const characters = printable.filter((character) => !/[A-Z/\\]/.test(character));
  return [
    // Not at the end, where ".del" would follow a dot.
    ...characters.map((character) => `${character}x${character}y`),
    "a%2fb",
    "a%20b",
    "a%00b",
    "a+b",
    "a?versionid=null",
    "a?delete",
    "a#b&c=d",
    "<key>&amp;",
    "con",
    "x.del.old",
    // Soft-deleted on level 1 its name has 100 characters.
    "x".repeat(88),
  ];
}

describe.skipIf(full.isLeftOut || !rgwPeer.available || !pythonPeer.available)(
  `S3, live with the Python reference ${pythonPeer.tag} ${rgwPeer.tag}${full.tag}`,
  () => {
    test.each(exchanges)(
      "what is stored by one side is read and changed by the other ($namespace, level $level, stored by $creator)",
      async ({ namespace, level, creator }) => {
        await withNamespace({ namespace, level, creator }, async (both, { prefix }) => {
          await exchangeItems(both, creator, seededRandom(level));
          // And nothing else has been left there, beside the marker of the storage.
          const keys = Object.keys(await bucket.bystander.objects(prefix));
          expect(keys).toHaveLength(both.live.size + both.deleted.size + 1);
          expect(keys[0]).toBe("");
        });
      },
    );

    test.each([
      { namespace: "data", level: 2, scheme: "s3" as const, creator: "theirs" as const },
      { namespace: "deep/er", level: 3, scheme: "b2" as const, creator: "ours" as const },
      { namespace: "", level: 1, scheme: "s3" as const, creator: "theirs" as const },
    ])(
      "both sides agree after random operations by either ($namespace, level $level, $scheme URLs)",
      async (layout) => {
        await withNamespace(layout, async (both, { prefix }) => {
          const seed = 3000 + layout.level;
          await exchangeAtRandom(both, seed);
          expect(both.live.size + both.deleted.size, `seed ${seed}`).toBeGreaterThan(0);
          const keys = Object.keys(await bucket.bystander.objects(prefix));
          expect(keys).toHaveLength(both.live.size + both.deleted.size + 1);
        });
      },
    );

    test("the same operations on either side make the same keys with the same content", async () => {
      const config = { data: { levels: [2] }, config: { levels: [0] } };
      const paths = [newPath(), newPath()] as const;
      await using store = await openHere(paths[0], config, { create: true });
      await using there = reference(paths[1], config);
      await there.run("create");
      await there.run("open");
      const steps: readonly Step[] = [
        ...manySteps(),
        ...["data", "data/00", "data/00/ff", "empty", "gone"].map((name) => ({
          operation: "mkdir" as const,
          name,
        })),
        { operation: "rmdir", name: "gone" },
      ];
      for (const step of steps) {
        await doHere(store, step);
        await doThere(there, step);
      }
      const made = await bucket.bystander.objects(`${paths[0]}/`);
      expect(made).toEqual(await bucket.bystander.objects(`${paths[1]}/`));
      expect(Object.keys(made)).toEqual(expect.arrayContaining(["", "data/", "data/00/ff/", "empty/"]));
      expect(Object.keys(made).length).toBeGreaterThan(40);
      await there.run("close");
    });

    test.each(sides)(
      "names of every character are the same on either side, also those that URLs and copies could misread (stored by %s)",
      async (creator) => {
        const other = creator === "ours" ? "theirs" : "ours";
        const names = oddKeys().map((key) => `data/${key}`);
        await withNamespace({ namespace: "data", level: 1, creator }, async (both, { prefix }) => {
          for (const [i, name] of names.entries()) await both.store(creator, name, new Uint8Array([i]));
          await expectSameListing(both);
          for (const [i, name] of names.entries()) {
            expect(await both.load(other, name)).toEqual(new Uint8Array([i]));
          }
          for (const name of names) await both.softDelete(other, name);
          await expectSameListing(both);
          for (const name of names) await both.undelete(creator, name);
          for (const name of names) await both.delete(other, name);
          expect(Object.keys(await bucket.bystander.objects(prefix))).toEqual([""]);
        });
      },
    );

    test("more items than a page of the listing holds are listed by either side", async () => {
      const random = seededRandom(11);
      await withNamespace({ namespace: "data", level: 1, creator: "ours" }, async (both) => {
        const items = Array.from({ length: 1100 }, () => ({
          name: both.randomName(random),
          value: new Uint8Array([1, 2, 3]),
        }));
        for await (const { error } of both.ours.storeMany(items)) expect(error).toBeUndefined();
        for (const { name, value } of items) both.live.set(name, value);
        for (const { name } of items.slice(0, 20)) await both.softDelete("theirs", name);
        for (const { name } of items.slice(20, 40)) await both.softDelete("ours", name);
        for (let i = 0; i < 20; i++) await both.store("theirs", both.randomName(random), random.bytes(5));
        await expectSameListing(both);
      });
    });

    test("values in parts are read by the reference, and its large ones here", async () => {
      const config = { data: { levels: [1] } };
      const MiB = 1024 * 1024;
      const storage = newPath();
      const value = Buffer.alloc(12 * MiB + 1, "some content of a large value. ");
      await using store = await openHere(storage, config, { create: true, partSize: 5 * MiB });
      await using there = reference(storage, config);
      await there.run("open");
      await store.store("data/in-parts", value);
      await there.store("data/at-once", value);
      const [atOnce, inParts] = Object.values(await bucket.bystander.objects(`${storage}/data/`));
      expect(atOnce).toMatch(/^\d+ "[0-9a-f]{32}"$/);
      expect(inParts).toMatch(/^\d+ "[0-9a-f]{32}-3"$/);
      for (const name of ["data/in-parts", "data/at-once"]) {
        await there.run("softDelete", { name });
        await store.undelete(name);
        expect(value.equals(await store.load(name))).toBe(true);
        expect(value.equals(await there.load(name))).toBe(true);
        expect(await store.hash(name)).toBe(await there.run("hash", { name }));
        expect(await store.info(name)).toMatchObject(
          (await there.run("info", { name })) as Record<string, unknown>,
        );
      }
      await there.run("close");
    });

    test("items on an older level are found and brought to the new one by either side", async () => {
      const storage = newPath();
      const values = new Map(
        Array.from({ length: 20 }, (_, i) => [
          `data/${Buffer.from(seededRandom(i).bytes(10)).toString("hex")}`,
          i,
        ]),
      );
      {
        await using store = await openHere(storage, { data: { levels: [1] } }, { create: true });
        for (const [name, i] of values) await store.store(name, new Uint8Array([i]));
      }
      const config = { data: { levels: [1, 3] } };
      await using store = await openHere(storage, config);
      await using there = reference(storage, config);
      await there.run("open");
      for (const [name, i] of values) {
        expect(await there.load(name)).toEqual(new Uint8Array([i]));
        if (i % 2 === 0) await store.changeLevel(name);
        else await there.run("changeLevel", { name });
        expect(await store.load(name)).toEqual(new Uint8Array([i]));
        expect(await there.load(name)).toEqual(new Uint8Array([i]));
      }
      await there.run("close");
      const keys = Object.keys(await bucket.bystander.objects(`${storage}/data/`));
      expect(keys.map((key) => key.split("/").length)).toEqual(keys.map(() => 4));
      expect(keys).toHaveLength(values.size);
    });

    test("neither side sees what the other has deleted or moved away", async () => {
      await withBoth({ config: { data: { levels: [2] } }, creator: "ours" }, async ({ ours, theirs }) => {
        const name = "data/0123456789";
        await ours.store(name, new Uint8Array([1]));
        await theirs.run("softDelete", { name });
        await expect(ours.load(name)).rejects.toMatchObject({ code: "NOT_FOUND" });
        expect(await ours.info(name)).toMatchObject({ exists: false });
        await ours.delete(name, { deleted: true });
        await expect(theirs.load(name, true)).rejects.toThrow(/^ObjectNotFound/);
        await expect(theirs.run("undelete", { name })).rejects.toThrow(/^ObjectNotFound/);
        expect(await theirs.run("info", { name })).toEqual({ exists: false, size: 0 });
      });
    });
  },
);
