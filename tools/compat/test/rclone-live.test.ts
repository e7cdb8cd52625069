import { mkdirSync } from "node:fs";
import path from "node:path";
import { StoreError, type Store } from "@borgstore/core";
import { fullScope } from "@borgstore/tools-peers";
import { beforeAll, describe, expect, test } from "vitest";
import { checkGoldenItems, checkGoldenListing, listedNames } from "./golden-reading.ts";
import { goldenStores, unpackGoldenStores } from "./golden.ts";
import { bucketMedium, localMedium, RcloneSides, rclonePeer } from "./rclone-sides.ts";
import { pythonPeer, rgwPeer, useBucket } from "./s3-sides.ts";
import { seededRandom } from "./seeded-random.ts";
import { lastingFiles, temporaryDirectory } from "./temp-directory.ts";
import { exchangeAtRandom, exchangeItems, expectSameListing, TwoSides, type Side } from "./two-sides.ts";

const full = fullScope("the same calls of rclone are made as by the rclone package's own tests");
const root = temporaryDirectory();

/** Every level, each in a namespace of its own, so that one process of the reference does for all. */
const levels: readonly { namespace: string; level: number; creator: Side }[] = [
  { namespace: "flat", level: 0, creator: "theirs" },
  { namespace: "data", level: 1, creator: "ours" },
  { namespace: "deep/er", level: 2, creator: "theirs" },
];
const allLevels = Object.fromEntries(levels.map(({ namespace, level }) => [namespace, { levels: [level] }]));
const value = new Uint8Array([1, 2, 3]);

/** Where, and what starts the server of it within a group of tests. */
const media = [
  {
    where: "a local directory",
    tag: "",
    isBucket: false,
    isAvailable: true,
    atRandom: { namespace: "data", level: 2, creator: "ours" as const },
    prepare: () => () => localMedium(path.join(root, "local")),
  },
  {
    where: "S3",
    tag: ` ${rgwPeer.tag}`,
    isBucket: true,
    isAvailable: rgwPeer.available,
    // With the seed for this level, no value is put in the place of one of the same length: moved by the reference within
    // a second after both were stored, it would be deleted and the other one stay.
    atRandom: { namespace: "", level: 1, creator: "theirs" as const },
    prepare: () => {
      const bucket = useBucket();
      return () => bucketMedium(bucket);
    },
  },
];

for (const { where, tag, isBucket, isAvailable, atRandom, prepare } of media) {
  const isSkipped = full.isLeftOut || !isAvailable || !rclonePeer.available || !pythonPeer.available;
  describe.skipIf(isSkipped)(
    `rclone on ${where}, live with the Python reference ${pythonPeer.tag} ${rclonePeer.tag}${tag}${full.tag}`,
    () => {
      const medium = prepare();
      let sides: RcloneSides;

      beforeAll(() => {
        const directory = path.join(root, isBucket ? "bucket" : "local");
        mkdirSync(directory);
        sides = new RcloneSides(medium(), directory);
      });

      /** What is there, beside what an empty storage consists of. */
      async function objectsOf(storage: string): Promise<readonly string[]> {
        const paths = await sides.medium.paths(storage);
        return paths.filter((name) => !sides.medium.marker.includes(name));
      }

      test("what is stored by one side is read and changed by the other, on every level", async () => {
        await sides.withBoth(allLevels, "theirs", async ({ ours, theirs, storage }) => {
          const random = seededRandom(1);
          let items = 0;
          for (const { namespace, creator } of levels) {
            const both = new TwoSides(namespace, ours, theirs);
            await exchangeItems(both, creator, random);
            items += both.live.size + both.deleted.size;
          }
          // And nothing else has been left there.
          expect(await objectsOf(storage)).toHaveLength(items);
          await using direct = await sides.medium.openDirectly(storage, allLevels);
          for (const { namespace } of levels) await expectSameNames(ours, direct, namespace);
        });
      });

      test(`both sides agree after random operations by either ("${atRandom.namespace}", level ${atRandom.level})`, async () => {
        const { namespace, level, creator } = atRandom;
        await sides.withBoth({ [namespace]: { levels: [level] } }, creator, async (shared) => {
          const both = new TwoSides(namespace, shared.ours, shared.theirs);
          const seed = 4000 + level;
          await exchangeAtRandom(both, seed);
          expect(both.live.size + both.deleted.size, `seed ${seed}`).toBeGreaterThan(0);
          expect(await objectsOf(shared.storage)).toHaveLength(both.live.size + both.deleted.size);
        });
      });

      test("no side lists what is hidden or temporary; the reference uses and destroys a storage that was made here", async () => {
        const config = { "": { levels: [0] } };
        const storage = sides.newStorage();
        await using ours = await sides.openHere(storage, config, true);
        expect(await sides.medium.paths(storage)).toEqual(sides.medium.marker);
        await using theirs = sides.reference(storage, config);
        // An empty one is as good as none.
        await theirs.run("create");
        await theirs.run("open");
        const both = new TwoSides("", ours, theirs);
        await both.store("ours", "stored-here", value);
        await both.store("theirs", "stored-there", value);
        for (const name of ["tmp0123456789abcdef_1.tmp", "abcdefgh.tmp", "stored-here.hid", "quota.hid"]) {
          await sides.medium.put(storage, name, value);
        }
        await expectSameListing(both);
        await theirs.run("close");
        await expect(theirs.run("create")).rejects.toThrow(/^BackendAlreadyExists/);

        await theirs.run("destroy");
        expect(await sides.medium.paths(storage)).toEqual([]);
        await ours.close();
        await expect(sides.openHere(storage, config)).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
      });

      test("a storage that was made by the reference is used and destroyed here", async () => {
        const config = { data: { levels: [1] } };
        const storage = sides.newStorage();
        const closed = sides.closedStore(storage, config);
        await using theirs = sides.reference(storage, config);
        await theirs.run("create");
        // Of a bucket, the reference makes nothing else.
        expect(await outcomeOf(closed.open())).toMatch(isBucket ? "BACKEND_NOT_FOUND" : "done");
        if (closed.isOpen) await closed.close();

        await theirs.run("open");
        await theirs.store("data/stored-there", value);
        await using ours = await sides.openHere(storage, config);
        expect(await ours.load("data/stored-there")).toEqual(value);
        await ours.store("data/stored-here", value);
        expect(await theirs.load("data/stored-here")).toEqual(value);
        await theirs.run("close");
        await ours.close();
        await expect(closed.create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });

        await closed.destroy();
        expect(await sides.medium.paths(storage)).toEqual([]);
        await expect(closed.destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
        // In a bucket it takes every prefix for a directory.
        expect(await outcomeOf(theirs.run("destroy"))).toMatch(isBucket ? "done" : "BackendDoesNotExist");
      });
    },
  );
}

/** `done`, or what went wrong: a code of ours, or the message of the reference. */
async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    return StoreError.is(error) ? error.code : (error as Error).message;
  }
}

/** Both stores list the same, and something. */
async function expectSameNames(one: Store, other: Store, namespace: string): Promise<void> {
  for (const isDeleted of [false, true]) {
    const names = await listedNames(one, namespace, isDeleted);
    expect(names.length).toBeGreaterThan(0);
    expect(await listedNames(other, namespace, isDeleted)).toEqual(names);
  }
}

describe.skipIf(full.isLeftOut || !rclonePeer.available)(
  `the reference's stores through rclone ${rclonePeer.tag}${full.tag}`,
  () => {
    const golden = path.join(root, "golden");
    let sides: RcloneSides;
    beforeAll(() => {
      mkdirSync(golden);
      unpackGoldenStores(golden);
      sides = new RcloneSides(localMedium(golden), golden);
    });

    test.each(["level1", "mixed-up", "mixed-down", "stray"])(
      "%s is read item by item, and left as it was",
      async (name) => {
        const expected = goldenStores[name] as (typeof goldenStores)[string];
        const before = lastingFiles(path.join(golden, name));
        await using store = await sides.openHere(name, expected.config);
        expect(await checkGoldenItems(store, expected)).toBeGreaterThan(0);
        expect(await checkGoldenListing(store, expected)).toBe(expected.items.length);
        expect(lastingFiles(path.join(golden, name))).toEqual(before);
      },
    );
  },
);
