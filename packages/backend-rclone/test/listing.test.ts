import { setTimeout as delay } from "node:timers/promises";
import type { Backend, ItemInfo, ListOptions } from "@borgstore/core";
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { callsOf } from "./calls.ts";
import { distributionRclone, local, s3, sftp } from "./remotes.ts";
import { describeAt, describeAtBoth, type Site } from "./sites.ts";

const value = new Uint8Array(10).fill(7);
const empty = new Uint8Array(0);

async function pagesOf(backend: Backend, name: string, options: ListOptions = {}): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const page of backend.list(name, options)) {
    pages.push(page.map((item) => (item.isDirectory ? `${item.name}/` : item.name)));
  }
  return pages;
}

async function listed(backend: Backend, name = "", options: ListOptions = {}): Promise<string[]> {
  return (await pagesOf(backend, name, options)).flat();
}

/** Objects whose names and whose directories' names begin alike. */
const mixed = ["a", "a-/x", "a.b", "a0", "ab-c/x", "ab/c/d", "ab/c-", "ab/c0", "ab0/x", "b!/x", "b/x"];

function registerOrder(site: Site): void {
  test("is in the order of the bytes of names, a directory with its slash", async () => {
    const { backend, path } = await site.open();
    for (const name of mixed) await site.place.plant(path, name, value);
    expect(await listed(backend)).toEqual(["a", "a-/", "a.b", "a0", "ab-c/", "ab/", "ab0/", "b!/", "b/"]);
    expect(await listed(backend, "ab")).toEqual(["c-", "c/", "c0"]);
    // Below a directory everything comes together.
    expect(await listed(backend, "", { recursive: true })).toEqual([
      "a",
      "a-/x",
      "a.b",
      "a0",
      "ab-c/x",
      "ab/c-",
      "ab/c/d",
      "ab/c0",
      "ab0/x",
      "b!/x",
      "b/x",
    ]);
    expect(await listed(backend, "ab", { recursive: true })).toEqual(["c-", "c/d", "c0"]);
    expect(await listed(backend, "missing")).toEqual([]);
    expect(await listed(backend, "missing", { recursive: true })).toEqual([]);
  });

  test("leaves out what is no object, also temporary ones", async () => {
    const { backend, path } = await site.open();
    for (const name of ["a", "b.tmp", "c.hid", "UPPER", "d.del", "with blank", "dir/e.hid", "dir/f"]) {
      await site.place.plant(path, name, value);
    }
    expect(await listed(backend)).toEqual(["a", "d.del", "dir/"]);
    expect(await listed(backend, "", { recursive: true })).toEqual(["a", "d.del", "dir/f"]);
  });
}

const dayMs = 24 * 60 * 60 * 1000;
const names = {
  left: "tmp0123456789abcdef_1.tmp",
  ofReference: "tmpab_cdefg.tmp",
  ofItsSftp: "abcdefgh.tmp",
};

/** Makes a file look as if it had been changed then. */
function age(site: Site, path: string, name: string, ms: number): void {
  const { remote } = site.place.options(`${path}/${name}`);
  const time = new Date(Date.now() - ms);
  fs.utimesSync(remote.slice(remote.indexOf(":") + 1), time, time);
}

function registerSweep(site: Site): void {
  test("removes temporary files that a crash has left, and leaves fresh ones and others", async () => {
    const { backend, path } = await site.open();
    const old = Object.values(names).flatMap((name) => [name, `dir/${name}`]);
    const kept = [
      "tmp0123456789abcdef_2.tmp",
      "dir/tmp0123456789abcdef_2.tmp",
      "other.tmp",
      "a.hid",
      "dir/a",
    ];
    for (const name of [...old, ...kept]) await site.place.plant(path, name, value);
    for (const name of [...old, "other.tmp", "a.hid", "dir/a"]) age(site, path, name, dayMs + 60_000);
    for (const name of ["tmp0123456789abcdef_2.tmp", "dir/tmp0123456789abcdef_2.tmp"]) {
      age(site, path, name, dayMs - 60 * 60_000);
    }
    // A few at a time.
    for (let turn = 0; turn < 4; turn++) {
      expect(await listed(backend, "", { recursive: true })).toEqual(["dir/a"]);
      await backend.close();
      await backend.open();
    }
    expect(await site.namesAt(path)).toEqual(kept.toSorted());
  });

  test("removes them from the age that the option says", async () => {
    const { backend, path } = await site.open({ staleTempAgeMs: 60_000 });
    await site.place.plant(path, names.left, value);
    await site.place.plant(path, "tmp0123456789abcdef_2.tmp", value);
    age(site, path, names.left, 61_000);
    await listed(backend);
    await backend.close();
    expect(await site.namesAt(path)).toEqual(["tmp0123456789abcdef_2.tmp"]);
  });

  test("without times removes nothing", async () => {
    const { backend, path } = await site.open();
    await site.place.plant(path, names.left, value);
    age(site, path, names.left, 2 * dayMs);
    await listed(backend, "", { sizes: false });
    await backend.close();
    expect(await site.namesAt(path)).toEqual([names.left]);
  });
}

describeAtBoth(local, (site) => {
  describe("a listing", () => {
    registerOrder(site);
    registerSweep(site);

    test("has sizes and times, and without them neither", async () => {
      const { backend } = await site.open();
      await backend.store("dir/a", value);
      await backend.store("b", empty);
      const before = Date.now();
      const [[file, directory] = []] = await allPages(backend, {});
      expect(file).toMatchObject({ name: "b", size: 0, isDirectory: false });
      expect(Math.abs((file?.modifiedAtMs ?? 0) - before)).toBeLessThan(100_000);
      expect(directory).toMatchObject({ name: "dir", size: 0, isDirectory: true });
      const [withoutSizes] = await allPages(backend, { sizes: false });
      expect(withoutSizes?.[0]).toEqual({ name: "b", exists: true, size: -1, isDirectory: false });
    });
  });
});

async function allPages(backend: Backend, options: ListOptions): Promise<(readonly ItemInfo[])[]> {
  const pages: (readonly ItemInfo[])[] = [];
  for await (const page of backend.list("", options)) pages.push(page);
  return pages;
}

describeAt(sftp, distributionRclone, (site) => {
  describe("a listing", () => {
    registerOrder(site);
    registerSweep(site);
  });
});

describeAt(s3, distributionRclone, (site) => {
  describe("a listing", () => {
    registerOrder(site);

    test("removes temporary objects that others have left", async () => {
      const { backend, path } = await site.open({ staleTempAgeMs: 0 });
      await site.place.plant(path, names.left, value);
      await site.place.plant(path, "dir/abcdefgh.tmp", value);
      await site.place.plant(path, "dir/a", value);
      expect(await listed(backend, "", { recursive: true })).toEqual(["dir/a"]);
      await backend.close();
      expect(await site.namesAt(path)).toEqual(["borgstore.hid", "dir/a"]);
    });

    test("leaves fresh ones", async () => {
      const { backend, path } = await site.open();
      await site.place.plant(path, names.left, value);
      expect(await listed(backend)).toEqual([]);
      await backend.close();
      expect(await site.namesAt(path)).toEqual(["borgstore.hid", names.left]);
    });
  });
});

function plantMany(site: Site, path: string, count: number, directories: number): string[] {
  const { remote } = site.place.options(path);
  const all = Array.from({ length: count }, (_each, at) => {
    const number = String(at).padStart(5, "0");
    return directories === 0 ? number : `${String(at % directories).padStart(2, "0")}/${number}`;
  });
  for (let at = 0; at < directories; at++) {
    fs.mkdirSync(`${remote}/many/${String(at).padStart(2, "0")}`, { recursive: true });
  }
  fs.mkdirSync(`${remote}/many`, { recursive: true });
  for (const name of all) fs.writeFileSync(`${remote}/many/${name}`, "");
  return all.toSorted();
}

describeAt(local, distributionRclone, (site) => {
  describe("a large listing", () => {
    test("of 2,500 names is in order, in pages of a thousand, by one call", async () => {
      const { backend, path } = await site.open();
      const all = plantMany(site, path, 2500, 0);
      let pages: string[][] = [];
      const calls = await callsOf(async () => {
        pages = await pagesOf(backend, "many");
      });
      expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 500]);
      expect(pages.flat()).toEqual(all);
      expect(calls).toEqual({ list: 1 });
    });

    test("of a tree is in order, by one call for each directory below", async () => {
      const { backend, path } = await site.open();
      const all = plantMany(site, path, 2500, 10);
      let pages: string[][] = [];
      const calls = await callsOf(async () => {
        pages = await pagesOf(backend, "many", { recursive: true });
      });
      expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 500]);
      expect(pages.flat()).toEqual(all);
      expect(calls).toEqual({ list: 11 });
    });

    test("that is stopped early leaves no calls running, and close need not wait for any", async () => {
      const { backend, path } = await site.open();
      plantMany(site, path, 3000, 30);
      const calls = await callsOf(async () => {
        for await (const page of backend.list("many", { recursive: true })) {
          expect(page).toHaveLength(1000);
          break;
        }
        // That nothing is asked has no event.
        await delay(100);
      });
      // Ten for the page, four ahead, and the directory itself.
      expect(calls["list"]).toBeLessThanOrEqual(16);
      expect(await backend.load("many/00/00000")).toHaveLength(0);
    });

    test("several of them at a time do not disturb each other", async () => {
      const { backend, path } = await site.open({ concurrency: 2 });
      const all = plantMany(site, path, 1200, 6);
      const lists = await Promise.all(
        Array.from({ length: 4 }, () => listed(backend, "many", { recursive: true })),
      );
      for (const list of lists) expect(list).toEqual(all);
    });
  });
});
