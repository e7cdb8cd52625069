import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileAccess } from "../src/file-access.ts";
import { posixfsBackend } from "../src/index.ts";
import { IoMode } from "../src/io-mode.ts";
import { TempSweep } from "../src/sweep.ts";
import { freshDirectory } from "./fresh-directory.ts";

const day = 24 * 60 * 60;

function plant(path: string, ageSeconds: number): void {
  fs.writeFileSync(path, "left behind");
  const then = Date.now() / 1000 - ageSeconds;
  fs.utimesSync(path, then, then);
}

test("open removes old temporary files at any depth, by pattern and age, and nothing else", async () => {
  const path = freshDirectory();
  fs.mkdirSync(join(path, "data/01/23"), { recursive: true });
  for (const directory of ["", "data", "data/01", "data/01/23"])
    plant(join(path, directory, "tmpold45678.tmp"), 2 * day);
  // As the reference's sftp leaves them.
  plant(join(path, "data/01/23", "abcdefgh.tmp"), 2 * day);
  const kept = ["tmpyoung123.tmp", "other.tmp", "TMPUPPER123.tmp", "tmpshor.tmp", "0123"];
  plant(join(path, "data", "tmpyoung123.tmp"), day - 600);
  for (const name of kept.slice(1)) plant(join(path, "data", name), 2 * day);
  fs.symlinkSync("0123", join(path, "data/tmplinked123.tmp"));
  const backend = posixfsBackend({ path });
  await backend.open();
  expect(fs.readdirSync(join(path, "data")).sort()).toEqual([...kept, "01", "tmplinked123.tmp"].sort());
  expect(fs.readdirSync(join(path, "data/01/23"))).toEqual([]);
  expect(fs.readdirSync(path)).toEqual(["data"]);
  await backend.close();
});

test("the age is an option", async () => {
  const path = freshDirectory();
  plant(join(path, "tmpyoung123.tmp"), 60);
  const backend = posixfsBackend({ path, staleTempAgeMs: 50_000 });
  await backend.open();
  expect(fs.readdirSync(path)).toEqual([]);
  await backend.close();
});

test("of many directories open visits some, the background the rest, until it is stopped", async () => {
  const path = freshDirectory();
  for (let i = 0; i < 600; i++) {
    fs.mkdirSync(join(path, "data", String(i)), { recursive: true });
    plant(join(path, "data", String(i), "tmpold45678.tmp"), 2 * day);
  }
  const access = new FileAccess(new IoMode("auto"), 16, 10_000);
  const stopped = new TempSweep((work) => access.runInPool(work), day * 1000);
  await stopped.start(path);
  expect(stopped.removed).toBeLessThan(256);
  await stopped.stop();
  const removed = stopped.removed;
  expect(removed).toBeLessThan(600);
  const complete = new TempSweep((work) => access.runInPool(work), day * 1000);
  await complete.start(path);
  await complete.finished();
  expect(complete.removed).toBe(600 - removed);
});
