import type { Backend } from "@borgstore/core";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { posixfsBackend, type PosixfsBackendOptions } from "../../src/index.ts";
import { freshDirectory } from "../fresh-directory.ts";
import { bytesBelow, leftovers, quotaFileOf } from "./storage-files.ts";

const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(7);

function backendAt(path: string, options: Partial<PosixfsBackendOptions> = {}): Backend {
  return posixfsBackend({ path, ...options });
}

async function opened(
  quota: number | undefined,
  options: Partial<PosixfsBackendOptions> & { path?: string } = {},
): Promise<{ backend: Backend; path: string }> {
  const path = options.path ?? join(freshDirectory(), "store");
  const backend = backendAt(path, { ...options, path, quota });
  if (!fs.existsSync(path)) await backend.create();
  await backend.open();
  onTestFinished(() => backend.close());
  return { backend, path };
}

async function mustBeExact(backend: Backend, path: string): Promise<void> {
  const usage = bytesBelow(path);
  expect(await backend.quota()).toMatchObject({ usage });
  await backend.close();
  expect(quotaFileOf(path)).toBe(String(usage));
  expect(leftovers(path)).toEqual([]);
}

const exceeded = expect.objectContaining({ code: "QUOTA_EXCEEDED" });

describe.each(["sync", "pool"] as const)("with io %s", (io) => {
  test("stores up to the limit, and tells the would-be usage and the limit of what exceeds it", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("data/a", bytes(600));
    await backend.store("data/b", bytes(400));
    expect(await backend.quota()).toEqual({ limit: 1000, usage: 1000 });
    const refused = backend.store("data/c", bytes(1));
    await expect(refused).rejects.toThrow(/1001 .* 1000/);
    await expect(refused).rejects.toMatchObject({
      code: "QUOTA_EXCEEDED",
      key: "data/c",
      operation: "store",
    });
    expect(await backend.info("data/c")).toMatchObject({ exists: false });
    await backend.store("data/empty", bytes(0));
    await mustBeExact(backend, path);
  });

  test("a limit of 0 takes empty values only", async () => {
    const { backend, path } = await opened(0, { io });
    await backend.store("a", bytes(0));
    await expect(backend.store("a", bytes(1))).rejects.toEqual(exceeded);
    await mustBeExact(backend, path);
  });

  test("replacing counts the difference, and what is deleted is free again at once", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("a", bytes(1000));
    await backend.store("a", bytes(900));
    await backend.store("b", bytes(100));
    await expect(backend.store("a", bytes(901))).rejects.toEqual(exceeded);
    expect((await backend.load("a")).byteLength).toBe(900);
    await backend.delete("a");
    await backend.store("c", bytes(900));
    await mustBeExact(backend, path);
  });

  test("deleteMany frees what it deletes", async () => {
    const { backend, path } = await opened(1000, { io });
    for (const name of ["a", "b", "c"]) await backend.store(name, bytes(300));
    const results = await backend.deleteMany(["a", "missing", "b"]);
    expect(results.map(({ error }) => error === undefined)).toEqual([true, false, true]);
    await backend.store("d", bytes(700));
    await mustBeExact(backend, path);
  });

  test("defrag counts its result and stays within the limit", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("a", bytes(300));
    await backend.store("b", bytes(300));
    const sources = ["a", "b"].map((name) => ({ name, offset: 0, size: 200 }));
    await backend.defrag(sources, { name: "c" });
    expect(await backend.quota()).toMatchObject({ usage: 1000 });
    await expect(backend.defrag(sources, { name: "d" })).rejects.toEqual(exceeded);
    await mustBeExact(backend, path);
  });

  test("a move changes nothing, and onto an object frees what that had", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("a", bytes(600));
    await backend.store("b", bytes(400));
    await backend.move("a", "new/c");
    expect(await backend.quota()).toMatchObject({ usage: 1000 });
    await expect(backend.move("b", "new/c", { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await expect(backend.move("missing", "b")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await backend.move("b", "b");
    expect(await backend.quota()).toMatchObject({ usage: 1000 });
    await backend.move("b", "new/c");
    expect(await backend.quota()).toMatchObject({ usage: 400 });
    await mustBeExact(backend, path);
  });

  test("a soft-deleted object still counts", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("a", bytes(600));
    await backend.move("a", "a.del");
    await expect(backend.store("a", bytes(401))).rejects.toEqual(exceeded);
    await backend.store("a", bytes(400));
    await backend.move("a", "a.del");
    expect(await backend.quota()).toMatchObject({ usage: 400 });
    await mustBeExact(backend, path);
  });

  test("what was refused or failed is not counted", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("a", bytes(500));
    await backend.mkdir("directory");
    const refusals: readonly (readonly [() => Promise<void>, string])[] = [
      [() => backend.store("a", bytes(400), { ifAbsent: true }), "ALREADY_EXISTS"],
      [() => backend.store("a/below", bytes(400)), "NOT_A_DIRECTORY"],
      [() => backend.store("directory", bytes(400)), "IS_DIRECTORY"],
      [() => backend.delete("directory"), "IS_DIRECTORY"],
      [() => backend.delete("missing"), "NOT_FOUND"],
      [() => backend.storeStream("a", [bytes(400)], { ifAbsent: true }), "ALREADY_EXISTS"],
    ];
    for (const [attempt, code] of refusals) await expect(attempt()).rejects.toMatchObject({ code });
    expect(await backend.quota()).toMatchObject({ usage: 500 });
    await backend.store("b", bytes(500));
    // There is no room for it, but it needs none either.
    await expect(backend.store("a", bytes(400), { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await mustBeExact(backend, path);
  });

  test("a store that makes the sum smaller is allowed while it is over the limit", async () => {
    const { backend, path } = await opened(10_000, { io });
    await backend.store("a", bytes(5000));
    await backend.store("b", bytes(5000));
    await backend.close();
    const tighter = (await opened(6000, { io, path })).backend;
    expect(await tighter.quota()).toEqual({ limit: 6000, usage: 10_000 });
    await expect(tighter.store("a", bytes(5001))).rejects.toEqual(exceeded);
    await expect(tighter.store("c", bytes(1))).rejects.toEqual(exceeded);
    await tighter.store("a", bytes(4999));
    await tighter.store("a", bytes(1000));
    expect(await tighter.quota()).toMatchObject({ usage: 6000 });
    await expect(tighter.store("c", bytes(1))).rejects.toEqual(exceeded);
    await mustBeExact(tighter, path);
  });

  test("a stream is refused as soon as it exceeds what is left, and nothing is stored", async () => {
    const { backend, path } = await opened(3_000_000, { io });
    await backend.store("a", bytes(1_000_000));
    let asked = 0;
    let wasStopped = false;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (; ; asked++) yield bytes(100_000);
      } finally {
        wasStopped = true;
      }
    };
    await expect(backend.storeStream("b", endless)).rejects.toMatchObject({
      code: "QUOTA_EXCEEDED",
      key: "b",
    });
    expect(asked).toBe(20);
    expect(wasStopped).toBe(true);
    expect(await backend.info("b")).toMatchObject({ exists: false });
    expect(await backend.quota()).toMatchObject({ usage: 1_000_000 });
    await backend.storeStream("b", [bytes(1_500_000), bytes(500_000)]);
    await mustBeExact(backend, path);
  });

  test("a stream that replaces an object counts the difference", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("a", bytes(900));
    await backend.storeStream("a", [bytes(500), bytes(500)]);
    await expect(backend.storeStream("a", [bytes(500), bytes(501)])).rejects.toEqual(exceeded);
    await backend.storeStream("a", [bytes(10)]);
    expect(await backend.quota()).toMatchObject({ usage: 10 });
    await mustBeExact(backend, path);
  });

  test("a stream counts what it really replaces, whatever happened while it came", async () => {
    const { backend, path } = await opened(1000, { io });
    await backend.store("a", bytes(900));
    const deletes = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes(500);
      await backend.delete("a");
      yield bytes(400);
    };
    await backend.storeStream("a", deletes);
    expect(await backend.quota()).toMatchObject({ usage: 900 });
    const fills = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes(900);
      await backend.delete("a");
      await backend.store("b", bytes(1000));
    };
    await expect(backend.storeStream("a", fills)).rejects.toEqual(exceeded);
    await mustBeExact(backend, path);
  });

  test("streams that fail or are aborted give back what they had reserved", async () => {
    const { backend, path } = await opened(1000, { io });
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes(800);
      throw new Error("the source is broken");
    };
    await expect(backend.storeStream("a", failing)).rejects.toThrow("the source is broken");
    const controller = new AbortController();
    const aborting = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes(800);
      controller.abort(new Error("enough"));
      yield bytes(1);
    };
    await expect(backend.storeStream("a", aborting, { signal: controller.signal })).rejects.toThrow("enough");
    await expect.poll(() => backend.quota()).toMatchObject({ usage: 0 });
    await backend.store("a", bytes(1000));
    await mustBeExact(backend, path);
  });

  test("many changes of the same names at a time keep the count exact", async () => {
    const { backend, path } = await opened(100_000, { io });
    const names = ["a", "b", "c.del", "d"];
    const pick = (i: number): string => names[i % names.length] as string;
    const work = Array.from({ length: 400 }, async (_, i) => {
      if (i % 5 === 0) await backend.delete(pick(i));
      else if (i % 7 === 0) await backend.move(pick(i), pick(i + 1));
      else if (i % 11 === 0) await backend.storeStream(pick(i), [bytes(i), bytes(i)]);
      else await backend.store(pick(i), bytes(i * 3), { ifAbsent: i % 13 === 0 });
    });
    const results = await Promise.allSettled(work);
    const codes = results.map((result) =>
      result.status === "fulfilled" ? "done" : (result.reason as { code: string }).code,
    );
    expect(new Set(codes)).toEqual(new Set(["done", "NOT_FOUND", "ALREADY_EXISTS"]));
    await mustBeExact(backend, path);
  });
});

test.each(["sync", "each", "none"] as const)("counts with durability %s", async (durability) => {
  const { backend, path } = await opened(1000, { durability });
  await backend.store("a", bytes(600));
  await backend.storeStream("b", [bytes(300)]);
  await backend.delete("a");
  expect(await backend.quota()).toEqual({ limit: 1000, usage: 300 });
  await mustBeExact(backend, path);
});

test("the count of the last session is taken over, not counted anew", async () => {
  const { backend, path } = await opened(1000);
  await backend.store("a", bytes(100));
  await backend.close();
  fs.writeFileSync(join(path, "foreign"), bytes(50));
  const again = (await opened(1000, { path })).backend;
  expect(await again.quota()).toMatchObject({ usage: 100 });
});

test.each([
  ["missing", undefined],
  ["empty", ""],
  ["no number", "many"],
  ["negative", "-5"],
  ["a fraction", "1.5"],
  ["too large", "9".repeat(30)],
  ["binary", "\0\u0001\u00ff"],
  ["doubtful", "17 !"],
  ["of a session that nobody can know", "17 somebody"],
])("everything is counted when the file is %s", async (_, content) => {
  const path = join(freshDirectory(), "store");
  fs.mkdirSync(join(path, "data/01"), { recursive: true });
  fs.writeFileSync(join(path, "data/01/0123"), bytes(100));
  fs.writeFileSync(join(path, "tmpabcdefgh.tmp"), bytes(20));
  fs.writeFileSync(join(path, "data/other.hid"), bytes(3));
  fs.writeFileSync(join(path, "data/not a name\n"), bytes(4000));
  fs.symlinkSync(join(path, "data/01/0123"), join(path, "data/link"));
  if (content !== undefined) fs.writeFileSync(join(path, "quota.hid"), content, "latin1");
  const { backend } = await opened(10_000, { path });
  expect(await backend.quota()).toMatchObject({ usage: 4123 });
  await mustBeExact(backend, path);
});

test.each(["1_000", " 1000\n", "+1000"])(
  "a number that the reference takes is taken: %j",
  async (content) => {
    const path = freshDirectory();
    fs.writeFileSync(join(path, "quota.hid"), content);
    const { backend } = await opened(10_000, { path });
    expect(await backend.quota()).toMatchObject({ usage: 1000 });
  },
);

test("while a session is open, the file is none that the reference could read as a number", async () => {
  const { backend, path } = await opened(1_000_000);
  expect(quotaFileOf(path)).toMatch(/^0 \S+$/);
  await backend.store("a", bytes(10));
  expect(quotaFileOf(path)).toMatch(/^\d+ \S+$/);
  const counted = Number.parseInt(quotaFileOf(path) ?? "", 10);
  expect(counted).toBeGreaterThanOrEqual(10);
  // No name of the machine, no path.
  expect(quotaFileOf(path)).toMatch(/^\d+ [0-9a-z-]+$/);
});

test("without a quota there is none, and open removes the count of others", async () => {
  const { backend, path } = await opened(1000);
  await backend.store("a", bytes(100));
  await backend.close();
  expect(quotaFileOf(path)).toBe("100");
  const plain = (await opened(undefined, { path })).backend;
  expect(quotaFileOf(path)).toBeUndefined();
  expect(await plain.quota()).toEqual({ limit: -1, usage: -1 });
  await plain.store("b", bytes(2000));
  await plain.close();
  const again = (await opened(1000, { path })).backend;
  expect(await again.quota()).toMatchObject({ usage: 2100 });
});

test("destroy removes the count with everything else", async () => {
  const { backend, path } = await opened(1000);
  await backend.close();
  await backend.destroy();
  expect(fs.existsSync(path)).toBe(false);
});

test("two sessions of one storage share the limit", async () => {
  const { backend, path } = await opened(1000);
  const other = (await opened(1000, { path })).backend;
  await backend.store("a", bytes(900));
  await expect(other.store("b", bytes(200))).rejects.toEqual(exceeded);
  await other.delete("a");
  await other.store("b", bytes(600));
  await backend.store("c", bytes(300));
  await other.close();
  expect(quotaFileOf(path)).toMatch(/^\d+ \S+$/);
  await mustBeExact(backend, path);
});

test("a session whose count was taken away counts anew, and leaves the file in doubt", async () => {
  const { backend, path } = await opened(1000);
  await backend.store("a", bytes(100));
  const plain = (await opened(undefined, { path })).backend;
  await plain.store("b", bytes(800));
  await plain.close();
  await expect(backend.store("c", bytes(200))).rejects.toEqual(exceeded);
  await backend.store("c", bytes(50));
  await backend.close();
  expect(quotaFileOf(path)).toMatch(/^\d+ !$/);
  const again = (await opened(1000, { path })).backend;
  expect(await again.quota()).toMatchObject({ usage: 950 });
  await mustBeExact(again, path);
});

test("temporary files that are swept leave the file in doubt, and are not counted by the next session", async () => {
  const { backend, path } = await opened(1000);
  await backend.store("a", bytes(100));
  await backend.close();
  fs.writeFileSync(join(path, "tmpabcdefgh.tmp"), bytes(50));
  fs.utimesSync(join(path, "tmpabcdefgh.tmp"), 0, 0);
  fs.rmSync(join(path, "quota.hid"));
  const sweeping = (await opened(1000, { path })).backend;
  expect(await sweeping.quota()).toMatchObject({ usage: 150 });
  await sweeping.close();
  expect(quotaFileOf(path)).toBe("150 !");
  const again = (await opened(1000, { path })).backend;
  await mustBeExact(again, path);
  expect(quotaFileOf(path)).toBe("100");
});

test("in linked namespaces that are allowed, what is stored counts, and is counted", async () => {
  const directory = freshDirectory();
  const path = join(directory, "store");
  fs.mkdirSync(join(directory, "elsewhere"));
  fs.mkdirSync(path);
  fs.symlinkSync(join(directory, "elsewhere"), join(path, "data"));
  const { backend } = await opened(1000, { path, allowLinkedNamespaces: true });
  await backend.store("data/a", bytes(300));
  await backend.close();
  fs.rmSync(join(path, "quota.hid"));
  const again = (await opened(1000, { path, allowLinkedNamespaces: true })).backend;
  expect(await again.quota()).toMatchObject({ usage: 300 });
});

test("a storage that is not there is not made", async () => {
  const path = join(freshDirectory(), "store");
  await expect(backendAt(path, { quota: 10 }).open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  expect(fs.existsSync(path)).toBe(false);
});

test("a storage that vanishes is BACKEND_NOT_FOUND, and close says so too", async () => {
  const path = join(freshDirectory(), "store");
  const backend = backendAt(path, { quota: 1000 });
  await backend.create();
  await backend.open();
  fs.rmSync(path, { recursive: true });
  const missing = { code: "BACKEND_NOT_FOUND" };
  await expect(backend.store("a", bytes(1))).rejects.toMatchObject(missing);
  await expect(backend.delete("a")).rejects.toMatchObject(missing);
  await expect(backend.close()).rejects.toMatchObject(missing);
  expect(backend.isOpen).toBe(false);
});

test.each([-1, 1.5, Number.NaN, Infinity, "1000", null, 2 ** 60])("the quota %j is refused", (quota) => {
  expect(() => backendAt("/srv/store", { quota: quota as number })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});
