import assert from "node:assert/strict";
import { bytesOf, holds, isAbsent, listNames } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

/** All characters that a name may have, each between two letters. */
const characters = "!\"#$%&'()*+,-.0123456789:;<=>?@[]^_`abcdefghijklmnopqrstuvwxyz{|}~";

/** Names that have meant something else to one medium or another. */
const oddNames: readonly string[] = [
  ".a",
  "-a",
  "a.",
  "~",
  "con",
  "nul",
  "a.del",
  ".del",
  "a.tmp.del",
  "a.hid.del",
  "a.tmpx",
  "atmp",
  "%41",
  "%2f",
  "%25",
  "a%00b",
  "a+b",
  "a&b=c",
  "a?b",
  "a#b",
  "0",
  "null",
  "__proto__",
  "constructor",
];

/** Names as such. */
export const nameCases: readonly ConformanceCase[] = [
  {
    id: "names/characters",
    title: "every character that a name may have is stored, loaded, listed and deleted as it is",
    run: async ({ backend }) => {
      const names = Array.from(characters, (character) => `x${character}y`);
      for (const name of names) await backend.store(`data/${name}`, bytesOf(name));
      for (const name of names) await holds(backend, `data/${name}`, bytesOf(name));
      assert.deepEqual(await listNames(backend, "data"), [...names].sort());
      for (const name of names) await backend.delete(`data/${name}`);
      assert.deepEqual(await listNames(backend, "data"), []);
    },
  },
  {
    id: "names/odd",
    title: "names that mean something elsewhere mean nothing here",
    run: async ({ backend }) => {
      for (const name of oddNames) await backend.store(`data/${name}`, bytesOf(name));
      for (const name of oddNames) await holds(backend, `data/${name}`, bytesOf(name));
      assert.deepEqual(await listNames(backend, "data"), [...oddNames].sort());
      for (const name of oddNames) assert.equal((await backend.info(`data/${name}`)).size, name.length, name);
    },
  },
  {
    id: "names/directories",
    title: "odd names work for directories too",
    run: async ({ backend }) => {
      for (const name of oddNames) await backend.store(`${name}/a`, bytesOf(name));
      for (const name of oddNames) await holds(backend, `${name}/a`, bytesOf(name));
      assert.deepEqual(
        await listNames(backend, "", { recursive: true }),
        oddNames.map((name) => `${name}/a`).sort(),
      );
    },
  },
  {
    id: "names/longest",
    title: "names of 100 characters are stored, moved, listed and deleted, deep ones too",
    run: async ({ backend }) => {
      const wide = "n".repeat(100);
      const deep = `${"d/".repeat(49)}dd`;
      const value = bytesOf("value");
      await backend.store(wide, value);
      await backend.store(deep, value);
      await holds(backend, wide, value);
      await holds(backend, deep, value);
      assert.deepEqual(await listNames(backend, "", { recursive: true }), [deep, wide]);
      await backend.move(wide, `m${wide.slice(1)}`);
      await isAbsent(backend, wide);
      await backend.delete(deep);
      assert.deepEqual(await listNames(backend, "", { recursive: true }), [`m${wide.slice(1)}`]);
    },
  },
];
