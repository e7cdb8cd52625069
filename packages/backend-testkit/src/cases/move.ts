import assert from "node:assert/strict";
import { bytesOf, holds, isAbsent, listNames, outcomeOf, rejectsWith, whileUnderWay } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { ifAbsentWorks, onlyWinner } from "./if-absent.ts";

const value = bytesOf("value");

/** move. */
export const moveCases: readonly ConformanceCase[] = [
  {
    id: "move/renames",
    title: "move gives an object a new name, in another directory too, and the old one is gone",
    run: async ({ backend, random }) => {
      const whole = random.bytes(100_000);
      await backend.store("data/a", whole);
      await backend.move("data/a", "data/b");
      await isAbsent(backend, "data/a");
      await holds(backend, "data/b", whole);
      await backend.move("data/b", "other/aa/b");
      await isAbsent(backend, "data/b");
      await holds(backend, "other/aa/b", whole);
    },
  },
  {
    id: "move/makes-directories",
    title: "move makes the directories that are missing",
    run: async ({ backend, capabilities }) => {
      await backend.store("a", value);
      await backend.move("a", "x/y/z");
      await holds(backend, "x/y/z", value);
      if (capabilities.directories) assert.equal((await backend.info("x/y")).isDirectory, true);
    },
  },
  {
    id: "move/replaces",
    title: "move replaces what has the new name",
    requires: ["atomicReplace"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await backend.store("b", bytesOf("a longer value that was there"));
      await backend.move("a", "b");
      await holds(backend, "b", value);
      await isAbsent(backend, "a");
    },
  },
  {
    id: "move/missing",
    title: "move of what does not exist rejects with NOT_FOUND, keeps the target and leaves no directories",
    run: async ({ backend }) => {
      await backend.store("data/a", value);
      await rejectsWith(() => backend.move("none", "data/a"), "NOT_FOUND", "move onto an object");
      await rejectsWith(() => backend.move("none", "x/y/z"), "NOT_FOUND", "move into a missing directory");
      await rejectsWith(() => backend.move("data/a/b", "c"), "NOT_FOUND", "move from below an object");
      await holds(backend, "data/a", value);
      assert.deepEqual(await listNames(backend, ""), ["data/"]);
    },
  },
  {
    id: "move/itself",
    title: "moving onto itself changes nothing, and still requires the object",
    run: async ({ backend }) => {
      await backend.store("data/a", value);
      await backend.move("data/a", "data/a");
      await holds(backend, "data/a", value);
      await rejectsWith(() => backend.move("data/b", "data/b"), "NOT_FOUND");
      assert.deepEqual(await listNames(backend, "data"), ["a"]);
    },
  },
  {
    id: "move/directory",
    title: "moving a directory, or onto one, is refused with IS_DIRECTORY and changes nothing",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await backend.store("c", value);
      await backend.mkdir("empty");
      await rejectsWith(() => backend.move("a", "new"), "IS_DIRECTORY", "move of a directory");
      await rejectsWith(() => backend.move("a", "a"), "IS_DIRECTORY", "move of a directory onto itself");
      await rejectsWith(() => backend.move("c", "a"), "IS_DIRECTORY", "move onto a directory");
      await rejectsWith(() => backend.move("c", "empty"), "IS_DIRECTORY", "move onto an empty directory");
      await holds(backend, "a/b", value);
      await holds(backend, "c", value);
      assert.deepEqual(await listNames(backend, ""), ["a/", "c", "empty/"]);
    },
  },
  {
    id: "move/below-object",
    title: "a move to below an object is refused with NOT_A_DIRECTORY and changes nothing",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await backend.store("c", value);
      await rejectsWith(() => backend.move("c", "a/b"), "NOT_A_DIRECTORY");
      await rejectsWith(() => backend.move("c", "a/b/c"), "NOT_A_DIRECTORY");
      await holds(backend, "a", value);
      await holds(backend, "c", value);
      assert.deepEqual(await listNames(backend, ""), ["a", "c"]);
    },
  },
  {
    id: "move/soft-delete",
    title: "objects can be renamed to and from names with a suffix, beside their neighbours",
    run: async ({ backend }) => {
      await backend.store("data/aa", value);
      await backend.store("data/aab", bytesOf("neighbour"));
      await backend.move("data/aa", "data/aa.del");
      assert.deepEqual(await listNames(backend, "data"), ["aa.del", "aab"]);
      await isAbsent(backend, "data/aa");
      await backend.move("data/aa.del", "data/aa");
      assert.deepEqual(await listNames(backend, "data"), ["aa", "aab"]);
      await holds(backend, "data/aa", value);
    },
  },
  {
    id: "move/if-absent",
    title: "ifAbsent moves to a new name, and refuses a taken one with ALREADY_EXISTS, changing nothing",
    requires: ["createIfAbsent"],
    run: async (context) => {
      if (!(await ifAbsentWorks(context))) return;
      const { backend } = context;
      await backend.store("a", value);
      await backend.store("b", bytesOf("taken"));
      await rejectsWith(() => backend.move("a", "b", { ifAbsent: true }), "ALREADY_EXISTS");
      await holds(backend, "a", value);
      await holds(backend, "b", bytesOf("taken"));
      await rejectsWith(() => backend.move("a", "a", { ifAbsent: true }), "ALREADY_EXISTS", "onto itself");
      await rejectsWith(
        () => backend.move("none", "b", { ifAbsent: true }),
        "NOT_FOUND",
        "of what is missing",
      );
      await backend.move("a", "x/c", { ifAbsent: true });
      await holds(backend, "x/c", value);
      await isAbsent(backend, "a");
    },
  },
  {
    id: "move/if-absent-race",
    title: "of 16 objects moved to the same new name at once exactly one arrives, the others stay",
    requires: ["createIfAbsent"],
    run: async (context) => {
      if (!(await ifAbsentWorks(context))) return;
      const { backend } = context;
      const names = Array.from({ length: 16 }, (_unused, i) => `from/${i}`);
      for (const name of names) await backend.store(name, bytesOf(name));
      const outcomes = await Promise.all(
        names.map((name) => outcomeOf(() => backend.move(name, "to/a", { ifAbsent: true }))),
      );
      const winner = names[onlyWinner(outcomes)] as string;
      await holds(backend, "to/a", bytesOf(winner));
      for (const name of names) if (name !== winner) await holds(backend, name, bytesOf(name));
      await isAbsent(backend, winner);
    },
  },
  {
    id: "move/if-absent-refused",
    title: "where the medium cannot decide it, ifAbsent is refused with UNSUPPORTED and nothing moves",
    requires: ["!createIfAbsent"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => backend.move("a", "b", { ifAbsent: true }), "UNSUPPORTED");
      await holds(backend, "a", value);
      await isAbsent(backend, "b");
    },
  },
  {
    id: "move/never-none",
    title: "while an object is being moved there is no moment without it",
    run: async ({ backend, observer, random }) => {
      const client = await observer();
      const whole = random.bytes(300_000);
      for (let i = 0; i < 5; i++) {
        await backend.store(`data/${i}`, whole);
        await whileUnderWay(backend.move(`data/${i}`, `moved/${i}`), async () => {
          // In this order: once the old name is gone, the new one must be there and complete.
          if ((await client.info(`data/${i}`)).exists) return;
          await holds(client, `moved/${i}`, whole);
        });
      }
    },
  },
  {
    id: "move/atomic",
    title: "while an object is being moved there is no moment at which both names exist",
    requires: ["atomicMove"],
    run: async ({ backend, observer, random }) => {
      const client = await observer();
      const whole = random.bytes(300_000);
      for (let i = 0; i < 5; i++) {
        await backend.store(`data/${i}`, whole);
        await whileUnderWay(backend.move(`data/${i}`, `moved/${i}`), async () => {
          // In this order: once the new name is there, the old one must be gone.
          if (!(await client.info(`moved/${i}`)).exists) return;
          assert.equal((await client.info(`data/${i}`)).exists, false, "both names exist");
        });
      }
    },
  },
];
