import type { Backend } from "@borgstore/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeAtEachServer, describeAtGateway } from "./behind-interceptor.ts";
import { failing } from "./server/faults.ts";

const value = new Uint8Array(10).fill(7);

async function namesAt(backend: Backend): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list("", { recursive: true })) names.push(...page.map(({ name }) => name));
  return names;
}

describeAtEachServer((site) => {
  test("making a storage leaves the empty object that marks it, as the reference does", async () => {
    const prefix = site.newPrefix();
    await site.backend({}, prefix).create();
    expect(await site.keysAt(prefix)).toEqual([`${prefix}/`]);
    expect(await site.outsider.get(`${prefix}/`)).toHaveLength(0);
  });

  test("an empty storage is taken over, by whomever it was made", async () => {
    const prefix = site.newPrefix();
    await site.outsider.put(`${prefix}/`, new Uint8Array(0));
    const backend = site.backend({}, prefix);
    await backend.create();
    await backend.create();
    expect(await site.keysAt(prefix)).toEqual([`${prefix}/`]);
    await backend.open();
  });

  test.each(["data/a", "a", " ", "/", "UPPER", "dir/"])(
    "a place with %j in it, with a marker or without, is not taken over, and stays as it is",
    async (key) => {
      for (const marker of [[], [""]]) {
        const prefix = site.newPrefix();
        const keys = [...marker, key].map((each) => `${prefix}/${each}`);
        for (const each of keys) await site.outsider.put(each, value);
        await expect(site.backend({}, prefix).create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
        expect(await site.keysAt(`${prefix}/`)).toEqual(keys);
      }
    },
  );

  test("a storage without a marker is there when anything is in it", async () => {
    const prefix = site.newPrefix();
    const backend = site.backend({}, prefix);
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND", retryable: false });
    expect(backend.isOpen).toBe(false);
    await site.outsider.put(`${prefix}/data/a`, value);
    await backend.open();
    expect(await namesAt(backend)).toEqual(["data/a"]);
    await backend.delete("data/a");
    await backend.close();
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  });

  test("one with a marker is still there when it is empty again", async () => {
    const { backend } = await site.open();
    await backend.store("a", value);
    await backend.deleteMany(["a"]);
    await backend.close();
    await backend.open();
    expect(await namesAt(backend)).toEqual([]);
  });

  test("storages whose prefixes begin alike have nothing to do with each other", async () => {
    const prefix = site.newPrefix();
    const others = [`${prefix}2`, `${prefix}-2`, `${prefix}.`, prefix.slice(0, -1)];
    const { backend } = await site.open({}, prefix);
    for (const other of others) {
      await expect(site.backend({}, other).open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
      const { backend: second } = await site.open({}, other);
      await second.store("theirs", value);
    }
    await backend.store("mine", value);
    expect(await namesAt(backend)).toEqual(["mine"]);
    await backend.close();
    await backend.destroy();
    for (const other of others) {
      expect(await site.keysAt(`${other}/`)).toEqual([`${other}/`, `${other}/theirs`]);
    }
    await backend.create();
  });

  test("an object of the name of the storage, without the slash, is another one", async () => {
    const prefix = site.newPrefix();
    await site.outsider.put(prefix, value);
    const backend = site.backend({}, prefix);
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    await backend.create();
    await backend.destroy();
    expect(await site.keysAt(prefix)).toEqual([prefix]);
  });

  test("removing a storage removes what others have put there, too", async () => {
    const prefix = site.newPrefix();
    const keys = ["", "a", "A", "a b", "ä", "//x", "dir/", "x.tmp", "&<>\"'"].map(
      (key) => `${prefix}/${key}`,
    );
    for (const key of keys) await site.outsider.put(key, value);
    expect(await site.keysAt(`${prefix}/`)).toHaveLength(keys.length);
    const backend = site.backend({}, prefix);
    await backend.destroy();
    expect(await site.keysAt(prefix)).toEqual([]);
    await expect(backend.destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  });

  test("removing a storage that has failed can be repeated", async () => {
    const { backend, base } = await site.open();
    for (const name of ["a", "b", "c"]) await backend.store(name, value);
    await backend.close();
    onTestFinished(site.interceptor.onRequest(failing("DeleteObjects", 1, 503, "SlowDown")));
    await expect(backend.destroy()).rejects.toMatchObject({ code: "RATE_LIMITED", retryable: true });
    await backend.destroy();
    expect(await site.keysAt(base)).toEqual([]);
  });
});

describeAtGateway((site) => {
  const prefixes = [
    "with blanks",
    "ä/ö/名🗄",
    "a//b",
    "/leading",
    "//two",
    "a/./b",
    "a/../b",
    "..",
    "query?x=1&y=2#hash",
    "plus+percent%25%zz",
    "quotes\"'<&>",
    "a\\b",
    "all:of@these;too,$=*()!~",
    "p".repeat(800),
  ];

  test.each(prefixes)("a storage at the prefix %j is like any other", async (prefix) => {
    const backend = site.backend({}, prefix);
    await backend.create();
    await backend.open();
    await backend.store("data/a+b", value);
    await backend.move("data/a+b", "data/c%20d");
    expect(await namesAt(backend)).toEqual(["data/c%20d"]);
    expect(await backend.load("data/c%20d")).toEqual(value);
    expect(await backend.info("data/c%20d")).toMatchObject({ exists: true, size: 10 });
    expect(await site.keysAt(`${prefix}/`)).toEqual([`${prefix}/`, `${prefix}/data/c%20d`]);
    expect(await backend.deleteMany(["data/c%20d", "missing"])).toMatchObject([
      { name: "data/c%20d" },
      { name: "missing", error: { code: "NOT_FOUND" } },
    ]);
    await backend.close();
    await backend.destroy();
    expect(await site.keysAt(prefix)).toEqual([]);
  });

  test("keys with control characters, which XML has no word for, are removed with the storage", async () => {
    const prefix = site.newPrefix();
    for (const key of ["a\u0001b", "a\rb", "a\nb", "\uFFFE", "c"]) {
      await site.outsider.put(`${prefix}/${key}`, value);
    }
    await site.backend({}, prefix).destroy();
    expect(await site.keysAt(prefix)).toEqual([]);
  });

  describe("a bucket that is not there", () => {
    test("is told as such, with what to do, and not made", async () => {
      const place = { ...site.place, bucket: "missing" };
      const backend = site.backend({}, "store", place);
      const missing = {
        code: "BACKEND_NOT_FOUND",
        retryable: false,
        message: expect.stringContaining("no such bucket") as unknown,
      };
      await expect(backend.open()).rejects.toMatchObject(missing);
      await expect(backend.create()).rejects.toMatchObject(missing);
      await expect(backend.destroy()).rejects.toMatchObject(missing);
    });
  });
});
