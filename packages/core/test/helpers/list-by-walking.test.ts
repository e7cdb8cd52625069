import * as fc from "fast-check";
import { expect, test } from "vitest";
import { StoreError, type ItemInfo } from "../../src/index.ts";
import { listByWalking } from "../../src/helpers/list-by-walking.ts";
import { drain, makeTestDriver } from "../guard/test-driver.ts";

const options = { sizes: true };

function item(name: string, isDirectory = false): ItemInfo {
  return { name, exists: true, size: 0, isDirectory };
}

async function walk(driver: Parameters<typeof listByWalking>[0], directory = ""): Promise<string[]> {
  const pages = await drain(listByWalking(driver, directory, options));
  return pages.flatMap((page) => page.map(({ name }) => name));
}

test("finds all objects at any depth, in the order of the bytes of their paths", async () => {
  const component = fc.constantFrom("a-b", "a.b", "a0", "b", "c~");
  const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          path,
          path.map((one) => `a/${one}`),
        ),
        { maxLength: 30 },
      ),
      async (paths) => {
        const driver = makeTestDriver();
        const stored = new Set<string>();
        for (const one of paths) {
          // Not where an object has the name of one of its directories, or the other way round.
          const clashes = [...stored].some(
            (other) => other.startsWith(`${one}/`) || one.startsWith(`${other}/`),
          );
          if (clashes) continue;
          await driver.store(one, new Uint8Array(1), {});
          stored.add(one);
        }
        expect(await walk(driver)).toEqual([...stored].toSorted());
        const below = [...stored].filter((one) => one.startsWith("a/")).map((one) => one.slice(2));
        await driver.store("a/z", new Uint8Array(1), {});
        expect(await walk(driver, "a")).toEqual([...below, "z"].toSorted());
      },
    ),
  );
});

test("gives pages of a thousand, whatever the directories' own pages", async () => {
  const driver = makeTestDriver({
    async *list(directory) {
      if (directory === "") {
        for (let i = 0; i < 30; i++) yield [item(`d${i + 10}`, true)];
      } else {
        yield Array.from({ length: 50 }, (_, i) => item(`a${i + 10}`));
        yield [];
        yield Array.from({ length: 50 }, (_, i) => item(`b${i + 10}`));
      }
    },
  });
  const pages = await drain(listByWalking(driver, "", options));
  expect(pages.map((page) => page.length)).toEqual([1000, 1000, 1000]);
  expect(pages[2]?.at(-1)?.name).toBe("d39/b59");
});

test("leaves out subdirectories that vanish, and passes other errors on", async () => {
  const failures = new Map([
    ["b", "NOT_FOUND"],
    ["c", "NOT_A_DIRECTORY"],
  ] as const);
  const list = async function* (directory: string): AsyncGenerator<readonly ItemInfo[]> {
    if (directory === "") yield [item("a"), item("b", true), item("c", true), item("d", true), item("e")];
    const code = failures.get(directory as "b");
    if (code !== undefined) throw new StoreError(code);
    if (directory === "d") yield [item("x")];
  };
  expect(await walk(makeTestDriver({ list }))).toEqual(["a", "d/x", "e"]);
  failures.set("d" as "b", "CONNECTION" as "NOT_FOUND");
  await expect(walk(makeTestDriver({ list }))).rejects.toMatchObject({ code: "CONNECTION" });
});

test("passes on that the directory itself is missing", async () => {
  const missing = makeTestDriver({
    list: () => {
      throw new StoreError("NOT_FOUND");
    },
  });
  await expect(walk(missing, "data")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("does not enter directories whose names are not valid", async () => {
  const entered: string[] = [];
  const driver = makeTestDriver({
    async *list(directory) {
      entered.push(directory);
      if (directory === "") yield [item("x.tmp", true), item("UP", true), item("..", true), item("ok", true)];
    },
  });
  await walk(driver);
  expect(entered).toEqual(["", "ok"]);
});

test("releases the listings of all directories that it is in when it is stopped", async () => {
  const released: string[] = [];
  const driver = makeTestDriver({
    async *list(directory) {
      try {
        if (directory.length < 3) yield [item("d", true)];
        else yield Array.from({ length: 1500 }, (_, i) => item(`a${i}`));
      } finally {
        released.push(directory);
      }
    },
  });
  const walking = listByWalking(driver, "", options);
  await walking.next();
  expect(released).toEqual([]);
  await walking.return();
  expect(released).toEqual(["d/d", "d", ""]);
});
