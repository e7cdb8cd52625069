import type { Backend, ItemInfo } from "@borgstore/core";
import { fullScope } from "@borgstore/tools-peers";
import { describe, expect, test } from "vitest";
import { describeAtEachServer, describeAtGateway } from "./behind-interceptor.ts";

async function itemsAt(backend: Backend, name = "", recursive = true): Promise<ItemInfo[]> {
  const items: ItemInfo[] = [];
  for await (const page of backend.list(name, { recursive })) items.push(...page);
  return items;
}

async function namesAt(backend: Backend, name = "", recursive = true): Promise<string[]> {
  return (await itemsAt(backend, name, recursive)).map((item) =>
    item.isDirectory ? `${item.name}/` : item.name,
  );
}

function numbered(prefix: string, count: number, suffix = ""): string[] {
  return Array.from({ length: count }, (_each, at) => `${prefix}${String(at).padStart(4, "0")}${suffix}`);
}

/** In the order of their bytes, which are ASCII. */
function sorted(names: readonly string[]): string[] {
  return names.toSorted((one, other) => (one < other ? -1 : 1));
}

const full = fullScope("what is asked for and shown does not depend on Node");

describeAtEachServer((site) => {
  describe("what others have put there", () => {
    test("directories are seen by what is in them, with markers and without", async () => {
      const { backend, base } = await site.open();
      await site.plant(
        ["dir/", "dir/sub/", "dir/sub/deep/a", "empty/", "unmarked/b", "c"].map((key) => base + key),
      );
      expect(sorted(await namesAt(backend, "", false))).toEqual(["c", "dir/", "empty/", "unmarked/"]);
      expect(await namesAt(backend, "dir", false)).toEqual(["sub/"]);
      expect(await namesAt(backend, "dir/sub", false)).toEqual(["deep/"]);
      expect(await namesAt(backend, "dir/sub/deep", false)).toEqual(["a"]);
      expect(await namesAt(backend, "empty", false)).toEqual([]);
      expect(await namesAt(backend, "unmarked", false)).toEqual(["b"]);
      expect(sorted(await namesAt(backend))).toEqual(["c", "dir/sub/deep/a", "unmarked/b"]);
    });

    test("a directory is no object, with a marker and without", async () => {
      const { backend, base } = await site.open();
      await site.plant([`${base}dir/`, `${base}unmarked/b`]);
      for (const name of ["dir", "unmarked"]) {
        expect(await backend.info(name)).toMatchObject({ exists: false });
        await expect(backend.load(name)).rejects.toMatchObject({ code: "NOT_FOUND" });
        await expect(backend.delete(name)).rejects.toMatchObject({ code: "NOT_FOUND" });
      }
    });

    test.each([
      "A",
      "a b",
      "ä",
      "名",
      "🗄",
      "a\\b",
      "x.tmp",
      "x.hid",
      "a&<>\"'B",
      "a//b",
      "/lead",
      "//",
      ".",
      "..",
      "x/../y",
      "./y",
      "a\tb",
      "a\nb",
      "a\u007fb",
      "n".repeat(101),
    ])("a key %j, which is no name, is not shown and stops nothing", async (key) => {
      const { backend, base } = await site.open();
      await site.plant([`${base}${key}`, `${base}0`, `${base}zz`]);
      const directory = /^(?:a|x)\//.exec(key);
      const above = directory === null ? [] : [directory[0]];
      expect(await namesAt(backend)).toEqual(["0", "zz"]);
      expect(sorted(await namesAt(backend, "", false))).toEqual(["0", ...above, "zz"]);
      expect(await namesAt(backend, (directory?.[0] ?? "missing/").slice(0, -1), false)).toEqual([]);
      expect(await site.keysAt(base)).toContain(base + key);
    });

    test("sizes are those of the values, and times those of the service", async () => {
      const { backend, base } = await site.open();
      const beforeMs = Date.now();
      await site.outsider.put(`${base}data/a`, new Uint8Array(12_345));
      const [item] = await itemsAt(backend);
      expect(item).toMatchObject({ name: "data/a", exists: true, size: 12_345, isDirectory: false });
      // In whole seconds at some services.
      expect(Math.abs((item?.modifiedAtMs ?? 0) - beforeMs)).toBeLessThan(60_000);
    });
  });

  test("nothing and a name without anything below it yield nothing", async () => {
    const { backend, base } = await site.open();
    await site.plant([`${base}object`, `${base}object2/a`]);
    for (const name of ["missing", "missing/deep", "object", "obj"]) {
      for (const recursive of [true, false]) expect(await itemsAt(backend, name, recursive)).toEqual([]);
    }
    await backend.delete("object");
    await backend.delete("object2/a");
    for (const recursive of [true, false]) expect(await itemsAt(backend, "", recursive)).toEqual([]);
  });
});

describeAtGateway((site) => {
  test("entries come in the order of their bytes, a directory with its slash", async () => {
    const { backend, base } = await site.open();
    const names = [
      "a!b",
      "a+b",
      "a-b",
      "a.b",
      "a/z",
      "a/0/x",
      "a0",
      "a=b",
      "a_b",
      "ab",
      "a~",
      "0",
      "b/!",
      "b/~",
    ];
    await site.plant(names.map((name) => base + name));
    expect(await namesAt(backend)).toEqual(sorted(names));
    expect(await namesAt(backend, "", false)).toEqual(
      sorted(["a!b", "a+b", "a-b", "a.b", "a/", "a0", "a=b", "a_b", "ab", "a~", "0", "b/"]),
    );
  });

  test("a key with a control character is not shown and stops nothing", async () => {
    const { backend, base } = await site.open();
    await site.plant([`${base}0`, `${base}a\u0001b`, `${base}a\rb`, `${base}zz`]);
    expect(await namesAt(backend)).toEqual(["0", "zz"]);
    expect(await namesAt(backend, "", false)).toEqual(["0", "zz"]);
  });

  describe.skipIf(full.isLeftOut)(`pages${full.tag}`, () => {
    test("of objects, and of directories without objects, end anywhere and lose nothing", async () => {
      const { backend, base } = await site.open();
      const all = numbered("d", 1001, "/x");
      await site.plant(all.map((name) => base + name));
      for (const count of [1001, 1000, 999, 1, 0]) {
        const some = all.slice(0, count);
        await backend.deleteMany((await namesAt(backend)).filter((name) => !some.includes(name)));
        expect(await namesAt(backend)).toEqual(some);
        expect(await namesAt(backend, "", false)).toEqual(some.map((name) => name.slice(0, -1)));
      }
    });

    test("end within a directory, before one and after one, and show it once", async () => {
      const { backend, base } = await site.open();
      // With the marker at the base the 1,000th key is one of each directory.
      const names = [
        ...numbered("a", 990),
        ...numbered("b/", 20),
        ...numbered("c", 970),
        ...numbered("d/e/", 20),
        ...numbered("d/f/", 20),
        ...numbered("g", 30),
      ];
      await site.plant(names.map((name) => base + name));
      expect(await namesAt(backend)).toEqual(names);
      const flat = await namesAt(backend, "", false);
      expect(flat).toEqual([...numbered("a", 990), "b/", ...numbered("c", 970), "d/", ...numbered("g", 30)]);
      // Recursively it is the union of the directories.
      const below = async (name: string): Promise<string[]> => {
        const found: string[] = [];
        for (const entry of await namesAt(backend, name, false)) {
          const path = name === "" ? entry : `${name}/${entry}`;
          found.push(...(path.endsWith("/") ? await below(path.slice(0, -1)) : [path]));
        }
        return found;
      };
      expect(await below("")).toEqual(names);
      expect(await namesAt(backend, "d")).toEqual(
        names.filter((name) => name.startsWith("d/")).map((name) => name.slice(2)),
      );
    });
  });
});
