import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { posixfsBackend } from "@borgstore/backend-posixfs";
import { Store } from "@borgstore/core";
import { findPythonReference, fullScope, requirePeer } from "@borgstore/tools-peers";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenStores, unpackGoldenStores } from "./golden.ts";
import { PythonReference } from "./python-reference.ts";
import { seededRandom } from "./seeded-random.ts";
import { filesBelow, fileUrl, temporaryDirectory } from "./temp-directory.ts";

const python = findPythonReference();
const peer = requirePeer("python borgstore", python !== undefined, "no Python that can import borgstore");
const full = fullScope("that the file is the same is seen with the golden stores");
const root = temporaryDirectory();
const namespaces = { data: { levels: [1] } };
const limit = 50_000;

/** The sum that both sides count. */
function bytesBelow(directory: string): number {
  let sum = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name !== "quota.hid") {
      sum += statSync(path.join(entry.parentPath, entry.name)).size;
    }
  }
  return sum;
}

const quotaFileOf = (directory: string): string => readFileSync(path.join(directory, "quota.hid"), "latin1");

async function withStore(
  directory: string,
  quota: number,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  await using store = new Store({ backend: posixfsBackend({ path: directory, quota }), namespaces });
  await store.open();
  await work(store);
}

async function withReference(
  directory: string,
  quota: number | undefined,
  work: (there: PythonReference) => Promise<void>,
): Promise<void> {
  const setup = { url: fileUrl(directory), config: namespaces };
  await using there = new PythonReference(
    python as string,
    quota === undefined ? setup : { ...setup, quota, path: directory },
  );
  await there.run("open");
  await work(there);
  await there.run("close");
}

describe("the reference's store with a quota", () => {
  const golden = path.join(root, "golden");
  beforeAll(() => {
    mkdirSync(golden);
    unpackGoldenStores(golden);
  });
  const directory = path.join(golden, "quota");

  test("is taken over as counted, and closing leaves the same file", async () => {
    const before = quotaFileOf(directory);
    expect(before).toBe(String(bytesBelow(directory)));
    await withStore(directory, limit, async (store) => {
      expect(await store.quota()).toEqual({ limit, usage: Number(before) });
      const items = goldenStores["quota"]?.items ?? [];
      expect(items.length).toBeGreaterThan(0);
      for (const { name, deleted } of items) await store.load(name, { deleted });
    });
    expect(quotaFileOf(directory)).toBe(before);
    expect(filesBelow(directory)).toEqual(goldenStores["quota"]?.files);
  });

  test("is counted anew to the same number when the file is gone", async () => {
    const before = quotaFileOf(directory);
    rmSync(path.join(directory, "quota.hid"));
    await withStore(directory, limit, async () => undefined);
    expect(quotaFileOf(directory)).toBe(before);
  });
});

describe.skipIf(full.isLeftOut || !peer.available)(
  `quota, live with the Python reference ${peer.tag}${full.tag}`,
  () => {
    test("sessions by turns keep the count exact", async () => {
      const directory = path.join(root, "turns");
      const random = seededRandom(14);
      const names = Array.from({ length: 8 }, (_, i) => `data/${i.toString().repeat(6)}`);
      await using creator = new Store({ backend: posixfsBackend({ path: directory }), namespaces });
      await creator.create();
      const ours = async (): Promise<unknown> => {
        let quota: unknown;
        await withStore(directory, limit, async (store) => {
          quota = await store.quota();
          for (let i = 0; i < 20; i++) {
            const name = random.pick(names);
            await store.store(name, random.bytes(random.below(3000)));
            if (i % 4 === 0) await store.delete(name);
            else if (i % 4 === 1) await store.softDelete(name);
          }
        });
        return quota;
      };
      const theirs = async (): Promise<unknown> => {
        let quota: unknown;
        await withReference(directory, limit, async (there) => {
          quota = await there.run("quota");
          for (let i = 0; i < 20; i++) {
            const name = random.pick(names);
            await there.store(name, random.bytes(random.below(3000)));
            // Not moved onto anything: there the reference counts both (W-14).
            if (i % 4 === 0) await there.run("delete", { name });
          }
        });
        return quota;
      };
      for (const session of [ours, theirs, ours, theirs, theirs, ours]) {
        const usage = bytesBelow(directory);
        expect(await session()).toEqual({ limit, usage });
        expect(quotaFileOf(directory)).toBe(String(bytesBelow(directory)));
      }
    });

    test("both count the same files", async () => {
      const directory = path.join(root, "scan");
      mkdirSync(path.join(directory, "data/00"), { recursive: true });
      for (const [i, name] of [
        "data/00/00aa",
        "data/00/tmpabcdefgh.tmp",
        "data/x.hid",
        "foreign",
        "data/%20 ",
      ].entries()) {
        writeFileSync(path.join(directory, name), new Uint8Array(10 ** i));
      }
      await withReference(directory, limit, async () => undefined);
      expect(quotaFileOf(directory)).toBe("11111");
      rmSync(path.join(directory, "quota.hid"));
      await withStore(directory, limit, async () => undefined);
      expect(quotaFileOf(directory)).toBe("11111");
    });

    test("the reference counts anew after a session of ours that was never closed", async () => {
      const directory = path.join(root, "crashed");
      const left = new Store({ backend: posixfsBackend({ path: directory, quota: limit }), namespaces });
      await left.create();
      await left.open();
      await left.store("data/000000", new Uint8Array(1234));
      await withReference(directory, limit, async (there) => {
        expect(await there.run("quota")).toEqual({ limit, usage: 1234 });
        await there.store("data/111111", new Uint8Array(1000));
      });
      expect(quotaFileOf(directory)).toBe("2234");
      // It finds out that it is not alone, and leaves the number in doubt.
      await left.store("data/222222", new Uint8Array(2000));
      await left.close();
      await withStore(directory, limit, async (store) => {
        expect(await store.quota()).toEqual({ limit, usage: bytesBelow(directory) });
      });
      expect(quotaFileOf(directory)).toBe("4234");
    });

    test("a session without a quota, of either side, makes the other count anew", async () => {
      const directory = path.join(root, "without");
      await using plain = new Store({ backend: posixfsBackend({ path: directory }), namespaces });
      await plain.create();
      await withStore(directory, limit, (store) => store.store("data/000000", new Uint8Array(100)));
      await withReference(directory, undefined, (there) => there.store("data/111111", new Uint8Array(200)));
      await withStore(directory, limit, async (store) => {
        expect(await store.quota()).toEqual({ limit, usage: 300 });
      });
      await plain.open();
      await plain.store("data/222222", new Uint8Array(400));
      await plain.close();
      await withReference(directory, limit, async (there) => {
        expect(await there.run("quota")).toEqual({ limit, usage: 700 });
      });
    });

    test("the limit is the same: exactly reaching it is allowed, one byte more is not", async () => {
      const directory = path.join(root, "limit");
      await using creator = new Store({ backend: posixfsBackend({ path: directory }), namespaces });
      await creator.create();
      await withReference(directory, 1000, async (there) => {
        await there.store("data/000000", new Uint8Array(600));
        await expect(there.store("data/111111", new Uint8Array(401))).rejects.toThrow("QuotaExceeded");
      });
      await withStore(directory, 1000, async (store) => {
        const refused = store.store("data/111111", new Uint8Array(401));
        await expect(refused).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
        await store.store("data/111111", new Uint8Array(400));
      });
      expect(quotaFileOf(directory)).toBe("1000");
    });
  },
);
