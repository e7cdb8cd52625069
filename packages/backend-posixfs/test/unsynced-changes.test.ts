import { expect, test } from "vitest";
import { UnsyncedChanges, type Syncer } from "../src/unsynced-changes.ts";

/** A medium that knows what is where and writes down what is synced. */
class RecordingSyncer implements Syncer {
  readonly files = new Set<string>();
  readonly synced: string[] = [];
  before: (path: string) => void | Promise<void> = () => undefined;

  async syncFile(path: string): Promise<boolean> {
    await this.before(path);
    if (!this.files.has(path)) return false;
    this.synced.push(path);
    return true;
  }

  async syncDirectory(path: string): Promise<boolean> {
    await this.before(path);
    this.synced.push(`${path}/`);
    return true;
  }

  ancestorsOf(path: string): readonly string[] {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
  }

  store(changes: UnsyncedChanges, path: string): void {
    this.files.add(path);
    changes.stored(path, path.slice(0, path.lastIndexOf("/")));
  }
}

function setUp(limit?: number): { syncer: RecordingSyncer; changes: UnsyncedChanges } {
  const syncer = new RecordingSyncer();
  return { syncer, changes: new UnsyncedChanges(syncer, limit) };
}

test("files are synced before directories, and these with all above them, each once", async () => {
  const { syncer, changes } = setUp();
  syncer.store(changes, "base/data/01/x");
  syncer.store(changes, "base/data/02/y");
  syncer.store(changes, "base/data/01/x");
  await changes.flush();
  expect(syncer.synced.slice(0, 2).sort()).toEqual(["base/data/01/x", "base/data/02/y"]);
  expect(syncer.synced.slice(2).sort()).toEqual(["base/", "base/data/", "base/data/01/", "base/data/02/"]);
  await changes.flush();
  expect(syncer.synced).toHaveLength(6);
});

test("a moved file is synced under its new name, a deleted one not at all", async () => {
  const { syncer, changes } = setUp();
  syncer.store(changes, "base/a");
  syncer.store(changes, "base/b");
  changes.beginMove("base/a", "base/c");
  syncer.files.delete("base/a");
  syncer.files.add("base/c");
  changes.endMove("base/a", "base/c", true);
  syncer.files.delete("base/b");
  changes.deleted("base/b", "base");
  await changes.flush();
  expect(syncer.synced).toEqual(["base/c", "base/"]);
});

test("a file that is moved while a flush looks for it is synced by that flush, with its new directory", async () => {
  const { syncer, changes } = setUp();
  syncer.store(changes, "base/a");
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

test("what could not be synced is an error and is tried again", async () => {
  const { syncer, changes } = setUp();
  syncer.store(changes, "base/a");
  syncer.store(changes, "base/b");
  const broken = Object.assign(new Error("i/o"), { code: "EIO" });
  syncer.before = (path) => {
    if (path === "base/a") throw broken;
  };
  await expect(changes.flush()).rejects.toBe(broken);
  expect(syncer.synced).toEqual(["base/b", "base/"]);
  expect(changes.size).toBe(1);
  syncer.before = () => undefined;
  await changes.flush();
  expect(syncer.synced).toContain("base/a");
  expect(changes.size).toBe(0);
});

test("what is stored while a flush is under way waits for the next, which late callers share", async () => {
  const { syncer, changes } = setUp();
  syncer.store(changes, "base/a");
  const held: (() => void)[] = [];
  syncer.before = async (path) => {
    if (path === "base/a") await new Promise<void>((resolve) => held.push(resolve));
  };
  const first = changes.flush();
  syncer.store(changes, "base/b");
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
    syncer.store(changes, `base/${i}`);
    expect(changes.size).toBeLessThanOrEqual(11);
  }
  expect(new Set(syncer.synced).size).toBeGreaterThan(80);
});
