import assert from "node:assert/strict";
import { bytesOf, holds, isAbsent, listNames, outcomeOf, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { ifAbsentWorks, onlyWinner } from "./if-absent.ts";

const value = bytesOf("value");

/** store and storeStream with `ifAbsent`. */
export const storeIfAbsentCases: readonly ConformanceCase[] = [
  {
    id: "store/if-absent",
    title: "ifAbsent stores a new name, and refuses a taken one with ALREADY_EXISTS, keeping the value",
    requires: ["createIfAbsent"],
    run: async (context) => {
      if (!(await ifAbsentWorks(context))) return;
      const { backend } = context;
      await backend.store("data/a", value, { ifAbsent: true });
      await holds(backend, "data/a", value);
      await rejectsWith(
        () => backend.store("data/a", bytesOf("other"), { ifAbsent: true }),
        "ALREADY_EXISTS",
      );
      await rejectsWith(() => backend.store("data/a", value, { ifAbsent: true }), "ALREADY_EXISTS");
      await holds(backend, "data/a", value);
      await backend.delete("data/a");
      await backend.store("data/a", bytesOf("again"), { ifAbsent: true });
      await holds(backend, "data/a", bytesOf("again"));
    },
  },
  {
    id: "store/if-absent-race",
    title: "of 16 callers that create the same name at once exactly one succeeds, with its value",
    requires: ["createIfAbsent"],
    run: async (context) => {
      if (!(await ifAbsentWorks(context))) return;
      const { backend, observer, random } = context;
      const client = await observer();
      for (let round = 0; round < 5; round++) {
        const name = `data/${round}/a`;
        const values = Array.from({ length: 16 }, () => random.bytes(random.integer(1, 100_000)));
        const outcomes = await Promise.all(
          values.map((one, i) =>
            outcomeOf(() => (i % 2 === 0 ? backend : client).store(name, one, { ifAbsent: true })),
          ),
        );
        await holds(client, name, values[onlyWinner(outcomes)] as Uint8Array);
      }
    },
  },
  {
    id: "store/if-absent-refused",
    title: "where the medium cannot decide it, ifAbsent is refused with UNSUPPORTED and nothing is stored",
    requires: ["!createIfAbsent"],
    run: async ({ backend }) => {
      await rejectsWith(() => backend.store("data/a", value, { ifAbsent: true }), "UNSUPPORTED");
      await isAbsent(backend, "data/a");
    },
  },
  {
    id: "store-stream/if-absent",
    title: "ifAbsent holds for streams: a taken name is refused with ALREADY_EXISTS, keeping the value",
    requires: ["createIfAbsent"],
    run: async (context) => {
      if (!(await ifAbsentWorks(context))) return;
      const { backend } = context;
      await backend.storeStream("data/a", [value], { ifAbsent: true });
      await rejectsWith(
        () => backend.storeStream("data/a", [bytesOf("other")], { ifAbsent: true }),
        "ALREADY_EXISTS",
      );
      await holds(backend, "data/a", value);
    },
  },
  {
    id: "store-stream/if-absent-refused",
    title: "where the medium cannot decide it, ifAbsent is refused with UNSUPPORTED for streams too",
    requires: ["!createIfAbsent"],
    run: async ({ backend }) => {
      await rejectsWith(() => backend.storeStream("data/a", [value], { ifAbsent: true }), "UNSUPPORTED");
      await isAbsent(backend, "data/a");
    },
  },
  {
    id: "store/if-absent-probe",
    title:
      "what the first ifAbsent finds out holds from then on, for stores, streams and moves, and leaves nothing",
    requires: ["createIfAbsent=probe"],
    run: async ({ backend }) => {
      await backend.store("data/old", value);
      const onto = "data/old";
      const first = await rejectsWith(
        () => backend.store(onto, bytesOf("other"), { ifAbsent: true }),
        ["ALREADY_EXISTS", "UNSUPPORTED"],
        "the first use of ifAbsent",
      );
      const calls: Readonly<Record<string, (name: string) => Promise<void>>> = {
        store: (name) => backend.store(name, bytesOf("new"), { ifAbsent: true }),
        storeStream: (name) => backend.storeStream(name, [bytesOf("new")], { ifAbsent: true }),
        move: (name) => backend.move("data/moving", name, { ifAbsent: true }),
      };
      const there = ["data/old"];
      for (const [operation, call] of Object.entries(calls)) {
        await backend.store("data/moving", bytesOf("new"));
        await rejectsWith(() => call(onto), first.code, `${operation} onto a name that is taken`);
        const name = `data/${operation.toLowerCase()}`;
        if (first.code === "UNSUPPORTED") {
          await rejectsWith(() => call(name), "UNSUPPORTED", `${operation} of a new name`);
        } else {
          await call(name);
          await holds(backend, name, bytesOf("new"));
          there.push(name);
        }
        await outcomeOf(() => backend.delete("data/moving"));
      }
      await holds(backend, "data/old", value);
      assert.deepEqual(
        await listNames(backend, "", { recursive: true }),
        there.sort(),
        "something else is there than what was stored",
      );
      assert.equal(backend.capabilities.createIfAbsent, "probe");
    },
  },
];
