import type { Backend } from "@borgstore/core";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { posixfsBackend, type PosixfsBackendOptions } from "../src/index.ts";
import { freshDirectory } from "./fresh-directory.ts";

async function opened(
  options: Partial<PosixfsBackendOptions> = {},
): Promise<{ backend: Backend; path: string }> {
  // One of the modes on a disk, which the temp directory mostly is.
  const path = join(freshDirectory(options.io === "auto" ? tmpdir() : undefined), "store");
  const backend = posixfsBackend({ path, ...options });
  await backend.create();
  await backend.open();
  return { backend, path };
}

function bytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255);
}

async function namesIn(backend: Backend, name: string, recursive = false): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list(name, { recursive })) names.push(...page.map((item) => item.name));
  return names;
}

function filesBelow(path: string): string[] {
  return fs.readdirSync(path, { recursive: true }).map(String).sort();
}

describe.each(["auto", "sync", "pool"] as const)("with io %s", (io) => {
  test("a name is a path, files are 0600 and directories follow the umask", async () => {
    const { backend, path } = await opened({ io });
    await backend.store("data/01/23/0123ab", bytes(10));
    const file = fs.statSync(join(path, "data/01/23/0123ab"));
    expect(file.mode & 0o777).toBe(0o600);
    expect(fs.statSync(join(path, "data/01")).mode & 0o777).toBe(0o777 & ~process.umask());
    expect(filesBelow(path)).toEqual(["data", "data/01", "data/01/23", "data/01/23/0123ab"]);
    await backend.close();
  });

  test.each([0, 1, 65_535, 65_536, 65_537, 65_538, 131_072, 131_073, 262_145, 3_000_000])(
    "a value of %i bytes comes back, whole and in parts",
    async (length) => {
      const { backend } = await opened({ io });
      const value = bytes(length);
      await backend.store("a", value);
      expect(Buffer.compare(await backend.load("a"), value)).toBe(0);
      for (const [offset, size] of [
        [0, 10],
        [5, undefined],
        [-5, undefined],
        [-length - 9, 7],
        [length - 3, 100],
        [length + 3, 5],
        [1, 65_537],
        [2, 0],
      ] as const) {
        const start = offset < 0 ? Math.max(0, length + offset) : offset;
        const wanted = value.subarray(start, size === undefined ? length : start + size);
        expect(Buffer.compare(await backend.load("a", { offset, size }), wanted)).toBe(0);
        const pieces: Uint8Array[] = [];
        for await (const piece of backend.loadStream("a", { offset, size })) pieces.push(piece);
        expect(Buffer.compare(Buffer.concat(pieces), wanted)).toBe(0);
      }
      await backend.close();
    },
  );

  test("a directory is not loaded, whatever the range", async () => {
    const { backend } = await opened({ io });
    await backend.mkdir("d");
    for (const range of [{}, { size: 0 }, { size: 5 }, { offset: -5 }, { size: 1_000_000 }]) {
      await expect(backend.load("d", range)).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    }
    await backend.close();
  });

  test("a failed store leaves no temporary file and no half value", async () => {
    const { backend, path } = await opened({ io });
    await backend.mkdir("data/taken");
    for (const length of [10, 1_000_000]) {
      await expect(backend.store("data/taken", bytes(length))).rejects.toMatchObject({
        code: "IS_DIRECTORY",
      });
    }
    const failing = function* (): Generator<Uint8Array> {
      yield bytes(3_000_000);
      throw new Error("source broke");
    };
    await expect(backend.storeStream("data/stream", failing())).rejects.toThrow("source broke");
    await backend.store("data/a", bytes(5));
    for (const length of [10, 1_000_000]) {
      await expect(backend.store("data/a", bytes(length), { ifAbsent: true })).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
      });
    }
    expect(filesBelow(path)).toEqual(["data", "data/a", "data/taken"]);
    await backend.close();
  });

  test("of many who create one name one wins, and its value is there", async () => {
    const { backend, path } = await opened({ io });
    const attempts = Array.from({ length: 50 }, (_, i) =>
      backend.store("data/lock", bytes(100, i), { ifAbsent: true }).then(
        () => i,
        (error: { code: string }) => error.code,
      ),
    );
    const outcomes = await Promise.all(attempts);
    const winners = outcomes.filter((outcome) => typeof outcome === "number");
    expect(winners).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set([...winners, "ALREADY_EXISTS"]));
    expect(await backend.load("data/lock")).toEqual(bytes(100, winners[0]));
    expect(fs.readdirSync(join(path, "data"))).toEqual(["lock"]);
    await backend.close();
  });

  test("of many who move one object away one wins", async () => {
    const { backend } = await opened({ io });
    await backend.store("a", bytes(3));
    for (const ifAbsent of [false, true]) {
      const moves = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => backend.move("a", `to/${i}`, { ifAbsent })),
      );
      expect(moves.filter((move) => move.status === "fulfilled")).toHaveLength(1);
      const [left, ...others] = await namesIn(backend, "to");
      expect(others).toEqual([]);
      await backend.move(`to/${left}`, "a");
    }
    await backend.close();
  });

  test("a failed move of what is missing makes no directories", async () => {
    const { backend, path } = await opened({ io });
    await expect(backend.move("a", "b/c/d")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(filesBelow(path)).toEqual([]);
    await backend.close();
  });

  test("stores and a racing rmdir of the emptied directory get along", async () => {
    const { backend, path } = await opened({ io, durability: "none" });
    const other = posixfsBackend({ path, io });
    await other.open();
    const stop = new AbortController();
    const remover = (async () => {
      for (let removed = 0; ;) {
        if (stop.signal.aborted) return removed;
        await other.rmdir("data").then(
          () => removed++,
          (error: { code: string }) => expect(error.code).toMatch(/^NOT_(EMPTY|FOUND)$/),
        );
      }
    })();
    for (let i = 0; i < 300; i++) {
      await backend.store("data/x", bytes(4));
      await backend.delete("data/x");
    }
    stop.abort();
    // Else there was no race.
    expect(await remover).toBeGreaterThan(0);
    await other.close();
    await backend.close();
  });

  test("a storage whose directory is gone is not made anew", async () => {
    const { backend, path } = await opened({ io, durability: "none" });
    fs.rmdirSync(path);
    const gone = { code: "BACKEND_NOT_FOUND" };
    await expect(backend.store("data/a", bytes(1))).rejects.toMatchObject(gone);
    await expect(backend.store("a", bytes(1))).rejects.toMatchObject(gone);
    await expect(backend.load("data/a")).rejects.toMatchObject(gone);
    await expect(backend.delete("data/a")).rejects.toMatchObject(gone);
    await expect(backend.mkdir("data")).rejects.toMatchObject(gone);
    await expect(namesIn(backend, "data")).rejects.toMatchObject(gone);
    expect(fs.existsSync(path)).toBe(false);
    await backend.close();
  });

  test("an aborted store comes to pass with the value that it was given, or not at all", async () => {
    const { backend, path } = await opened({ io });
    const controller = new AbortController();
    const value = bytes(5_000_000);
    const storing = backend.store("a", value, { signal: controller.signal });
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    value.fill(0);
    await expect(storing).rejects.toBe(reason);
    await backend.close();
    const files = filesBelow(path);
    // A synchronous store is done before anybody can abort it, unless it had to wait for its turn.
    expect(io === "sync" ? [["a"], []] : [[]]).toContainEqual(files);
    for (const file of files)
      expect(Buffer.compare(fs.readFileSync(join(path, file)), bytes(5_000_000))).toBe(0);
  });

  test("a rename that a crash of an exclusive move left half done is finished by the next", async () => {
    const { backend, path } = await opened({ io });
    await backend.store("a", bytes(3));
    fs.linkSync(join(path, "a"), join(path, "b"));
    await backend.move("a", "b");
    expect(filesBelow(path)).toEqual(["b"]);
    await backend.close();
  });

  test("sorted is by the bytes of the path, directories as if with a slash", async () => {
    const { backend } = await opened({ io });
    for (const name of ["a-b/x", "a/x", "a.c", "a0", "b/c/d", "b-"]) await backend.store(name, bytes(1));
    expect(await namesIn(backend, "", true)).toEqual(["a-b/x", "a.c", "a/x", "a0", "b-", "b/c/d"]);
    expect(await namesIn(backend, "")).toEqual(["a-b", "a.c", "a", "a0", "b-", "b"]);
    await backend.close();
  });

  test("a large directory comes in pages, whole and in order, beginning early", async () => {
    const { backend, path } = await opened({ io });
    fs.mkdirSync(join(path, "data"));
    const names = Array.from({ length: 5000 }, (_, i) => `${i}`.padStart(4, "0"));
    for (const name of names) fs.writeFileSync(join(path, "data", name), name);
    const pages: number[] = [];
    const found: string[] = [];
    for await (const page of backend.list("data")) {
      pages.push(page.length);
      found.push(...page.map((item) => item.name));
      expect(page.every((item) => item.size === 4)).toBe(true);
    }
    expect(found).toEqual(names);
    expect(Math.max(...pages)).toBeLessThanOrEqual(1000);
    await backend.close();
  });
});

test("an error names what it is about, and keeps the system's", async () => {
  const { backend } = await opened();
  await backend.store("f", bytes(1));
  await expect(backend.store("f/x", bytes(1))).rejects.toMatchObject({
    code: "NOT_A_DIRECTORY",
    backend: "posixfs",
    operation: "store",
    key: "f/x",
    cause: { code: "ENOTDIR" },
  });
  await backend.close();
});

test("everything stays there when the process ends without closing", async () => {
  const { backend, path } = await opened();
  await backend.store("data/a", bytes(9));
  const other = posixfsBackend({ path });
  await other.open();
  expect(await other.load("data/a")).toEqual(bytes(9));
  await other.close();
  await backend.close();
});

test("sync() passes on what the disk refuses, and tries it again the next time", async () => {
  const { backend, path } = await opened();
  await backend.store("data/a", bytes(9));
  // A link cannot be opened without following: the nearest thing to a file that cannot be synced.
  fs.rmSync(join(path, "data/a"));
  fs.symlinkSync("nowhere", join(path, "data/a"));
  await expect(backend.sync()).rejects.toThrow();
  await expect(backend.sync()).rejects.toThrow();
  fs.rmSync(join(path, "data/a"));
  await backend.sync();
  await backend.close();
});
