import { expect, test } from "vitest";
import { ContentInDoubt } from "../../src/index.ts";
import { UnsyncedChanges } from "../../src/durability/unsynced-changes.ts";
import { RecordingSyncer } from "./recording-syncer.ts";

function setUp(limit?: number): { syncer: RecordingSyncer; changes: UnsyncedChanges } {
  const syncer = new RecordingSyncer();
  return { syncer, changes: new UnsyncedChanges(syncer, limit) };
}

function store(syncer: RecordingSyncer, changes: UnsyncedChanges, path: string): void {
  syncer.files.add(path);
  changes.stored(path);
}

test("files are synced before directories, and these with all above them, each once", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/data/01/x");
  store(syncer, changes, "base/data/02/y");
  store(syncer, changes, "base/data/01/x");
  await changes.flush();
  expect(syncer.synced.slice(0, 2).sort()).toEqual(["base/data/01/x", "base/data/02/y"]);
  expect(syncer.synced.slice(2).sort()).toEqual(["base/", "base/data/", "base/data/01/", "base/data/02/"]);
  await changes.flush();
  expect(syncer.synced).toHaveLength(6);
});

test("a moved file is synced under its new name, a deleted one not at all", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  store(syncer, changes, "base/b");
  changes.beginMove("base/a", "base/c");
  syncer.files.delete("base/a");
  syncer.files.add("base/c");
  changes.endMove("base/a", "base/c", true);
  syncer.files.delete("base/b");
  changes.deleted("base/b");
  await changes.flush();
  expect(syncer.synced).toEqual(["base/c", "base/"]);
});

test("a file that is moved while a flush looks for it is synced by that flush, with its new directory", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  syncer.before = (path) => {
    if (path !== "base/a") return;
    changes.beginMove("base/a", "base/new/a");
    syncer.files.delete("base/a");
    syncer.files.add("base/new/a");
    changes.endMove("base/a", "base/new/a", true);
  };
  await changes.flush();
  expect(syncer.synced).toContain("base/new/a");
  expect(syncer.synced).toContain("base/new/");
});

test("a file that could not be opened for syncing is an error and is tried again", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  store(syncer, changes, "base/b");
  const exhausted = Object.assign(new Error("too many open files"), { code: "EMFILE" });
  syncer.before = (path) => {
    if (path === "base/a") throw exhausted;
  };
  await expect(changes.flush()).rejects.toBe(exhausted);
  expect(syncer.synced).toEqual(["base/b", "base/"]);
  expect(changes.size).toBe(1);
  syncer.before = () => undefined;
  await changes.flush();
  expect(syncer.synced).toContain("base/a");
  expect(changes.size).toBe(0);
});

const broken = Object.assign(new Error("i/o error"), { code: "EIO" });
const inDoubt = { code: "UNAVAILABLE", retryable: false, cause: broken };

/** Lets the syncing of one path fail once, as the kernel does: the next attempt would succeed. */
function failOnce(syncer: RecordingSyncer, failing: string, meanwhile: () => void = () => undefined): void {
  syncer.before = (path) => {
    if (path !== failing) return;
    syncer.before = () => undefined;
    meanwhile();
    throw new ContentInDoubt(broken);
  };
}

test("after a failed sync of a file, flushes reject until it is stored again", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  failOnce(syncer, "base/a");
  await expect(changes.flush()).rejects.toMatchObject(inDoubt);
  await expect(changes.flush()).rejects.toMatchObject(inDoubt);
  store(syncer, changes, "base/b");
  await expect(changes.flush()).rejects.toThrow("base/a");
  store(syncer, changes, "base/a");
  await changes.flush();
  expect(syncer.synced.filter((path) => path === "base/a")).toHaveLength(1);
});

test("after a failed sync of a file, flushes reject until it is deleted", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  failOnce(syncer, "base/a");
  await expect(changes.flush()).rejects.toMatchObject(inDoubt);
  syncer.files.delete("base/a");
  changes.deleted("base/a");
  await changes.flush();
});

test("a file in doubt stays so under a new name, and is forgotten when another is moved over it", async () => {
  const { syncer, changes } = setUp();
  const move = (path: string, newPath: string): void => {
    changes.beginMove(path, newPath);
    syncer.files.delete(path);
    syncer.files.add(newPath);
    changes.endMove(path, newPath, true);
  };
  store(syncer, changes, "base/a");
  store(syncer, changes, "base/b");
  failOnce(syncer, "base/a");
  await expect(changes.flush()).rejects.toMatchObject(inDoubt);
  move("base/a", "base/c");
  await expect(changes.flush()).rejects.toThrow("base/c");
  move("base/b", "base/c");
  await changes.flush();
});

test("a file that is moved while its sync fails is in doubt under its new name", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  failOnce(syncer, "base/a", () => {
    changes.beginMove("base/a", "base/c");
    syncer.files.delete("base/a");
    syncer.files.add("base/c");
    changes.endMove("base/a", "base/c", true);
  });
  await expect(changes.flush()).rejects.toThrow("base/c");
  await expect(changes.flush()).rejects.toThrow("base/c");
  store(syncer, changes, "base/c");
  await changes.flush();
});

test("a file that is deleted while its sync fails makes that flush fail, and no other", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  failOnce(syncer, "base/a", () => {
    syncer.files.delete("base/a");
    changes.deleted("base/a");
  });
  await expect(changes.flush()).rejects.toBe(broken);
  await changes.flush();
});

test("files in doubt take neither room from others nor memory without end", async () => {
  const { syncer, changes } = setUp(10);
  syncer.before = (path) => {
    if (path !== "base") throw new ContentInDoubt(broken);
  };
  syncer.ancestorsOf = () => [];
  syncer.syncDirectory = async () => true;
  for (let i = 0; i < 100; i++) {
    if (changes.isFull) await changes.makeRoom();
    store(syncer, changes, `base/${i}`);
  }
  await expect(changes.flush()).rejects.toThrow("more than 10 files");
  syncer.before = () => undefined;
  for (let i = 0; i < 100; i++) changes.deleted(`base/${i}`);
  await expect(changes.flush()).rejects.toMatchObject(inDoubt);
  changes.forget();
  await changes.flush();
});

test("what is stored while a flush is under way waits for the next, which late callers share", async () => {
  const { syncer, changes } = setUp();
  store(syncer, changes, "base/a");
  const held: (() => void)[] = [];
  syncer.before = async (path) => {
    if (path === "base/a") await new Promise<void>((resolve) => held.push(resolve));
  };
  const first = changes.flush();
  store(syncer, changes, "base/b");
  const second = changes.flush();
  expect(changes.flush()).toBe(second);
  for (const letGo of held) letGo();
  await first;
  expect(syncer.synced).not.toContain("base/b");
  await second;
  expect(syncer.synced).toContain("base/b");
});

test("no more is remembered than the limit says", async () => {
  const { syncer, changes } = setUp(10);
  for (let i = 0; i < 100; i++) {
    if (changes.isFull) await changes.makeRoom();
    store(syncer, changes, `base/${i}`);
    expect(changes.size).toBeLessThanOrEqual(11);
  }
  expect(new Set(syncer.synced).size).toBeGreaterThan(80);
});

test("stores and deletes by the ten thousand come to the same as a few, and let the event loop turn", async () => {
  const { syncer, changes } = setUp();
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  for (let i = 0; i < 10_000; i++) {
    store(syncer, changes, `base/a/${i % 100}`);
    store(syncer, changes, `base/b/${i}`);
    syncer.files.delete(`base/b/${i}`);
    changes.deleted(`base/b/${i}`);
  }
  const seen: string[] = [];
  syncer.before = (path) => {
    seen.push(path);
  };
  await changes.flush();
  clearImmediate(timer);
  const files = Array.from({ length: 100 }, (_, i) => `base/a/${i}`);
  expect(seen.sort()).toEqual([...files, "base", "base/a", "base/b"].sort());
  expect(turns).toBeGreaterThan(5);
});

test("the turns are those of the backend where it has its own", async () => {
  const { syncer, changes } = setUp();
  let turns = 0;
  Object.assign(syncer, { nextTurn: async () => void turns++ });
  for (let i = 0; i < 10_000; i++) store(syncer, changes, `base/${i % 100}`);
  await changes.flush();
  expect(turns).toBe(4);
});

test("making room comes to nothing more than sorting when it was all about one file", async () => {
  const { syncer, changes } = setUp(10);
  for (let i = 0; i < 100; i++) {
    if (changes.isFull) await changes.makeRoom();
    store(syncer, changes, "base/a");
  }
  expect(syncer.synced).toEqual([]);
  await changes.flush();
  expect(syncer.synced).toEqual(["base/a", "base/"]);
});
