import assert from "node:assert/strict";
import {
  bytesOf,
  hasCode,
  holds,
  isAbsent,
  listNames,
  outcomeOf,
  rejectsWith,
  rejectsWithValue,
  turn,
} from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { withTimeLimit } from "../time-limit.ts";

const value = bytesOf("value");

/** "At once" is for the backend to disconnect; a close that goes on waiting for the operation never ends. */
const abortedCloseLimitMs = 5_000;

/** Something that happens once, when it is given, and can be waited for. */
function makeEvent(): { readonly given: Promise<void>; readonly give: () => void } {
  const listeners: (() => void)[] = [];
  const given = new Promise<void>((resolve) => void listeners.push(resolve));
  return { given, give: () => listeners[0]?.() };
}

/** create, destroy, open, close. */
export const lifecycleCases: readonly ConformanceCase[] = [
  {
    id: "lifecycle/open",
    title: "a new storage is created empty and opened, and isOpen follows",
    state: "new",
    run: async ({ backend }) => {
      assert.equal(backend.isOpen, false);
      await backend.create();
      assert.equal(backend.isOpen, false);
      await backend.open();
      assert.equal(backend.isOpen, true);
      assert.deepEqual(await listNames(backend, ""), []);
      await backend.close();
      assert.equal(backend.isOpen, false);
    },
  },
  {
    id: "lifecycle/create-while-open",
    title: "create on an open backend is refused with ALREADY_OPEN",
    run: async ({ backend }) => {
      await rejectsWith(() => backend.create(), "ALREADY_OPEN");
      assert.equal(backend.isOpen, true);
    },
  },
  {
    id: "lifecycle/create-twice",
    title: "create where something is stored is refused with BACKEND_EXISTS and changes nothing",
    run: async ({ backend }) => {
      await backend.store("data/a", value);
      await backend.close();
      await rejectsWith(() => backend.create(), "BACKEND_EXISTS");
      await backend.open();
      await holds(backend, "data/a", value);
    },
  },
  {
    id: "lifecycle/create-empty",
    title: "create takes over a storage that is empty",
    state: "created",
    run: async ({ backend }) => {
      await backend.create();
      await backend.open();
      assert.deepEqual(await listNames(backend, ""), []);
    },
  },
  {
    id: "lifecycle/destroy-while-open",
    title: "destroy on an open backend is refused with ALREADY_OPEN and destroys nothing",
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => backend.destroy(), "ALREADY_OPEN");
      await holds(backend, "a", value);
    },
  },
  {
    id: "lifecycle/destroy-missing",
    title: "destroy of a storage that does not exist rejects with BACKEND_NOT_FOUND",
    state: "new",
    run: async ({ backend }) => {
      await rejectsWith(() => backend.destroy(), "BACKEND_NOT_FOUND");
    },
  },
  {
    id: "lifecycle/destroy-everything",
    title: "destroy removes the storage with all that is in it",
    run: async ({ backend }) => {
      await backend.mkdir("empty/inner");
      await backend.store("data/aa/aabb", value);
      await backend.store("top", value);
      await backend.close();
      await backend.destroy();
      await rejectsWith(() => backend.open(), "BACKEND_NOT_FOUND");
      await backend.create();
      await backend.open();
      assert.deepEqual(await listNames(backend, ""), []);
      await isAbsent(backend, "data/aa/aabb");
    },
  },
  {
    id: "lifecycle/destroy-foreign",
    title: "destroy removes foreign objects too",
    requires: ["plant"],
    run: async ({ backend, plant }) => {
      await backend.store("data/a", value);
      await plant("data/left-over.tmp", value);
      await plant("UPPER", value);
      await backend.close();
      await backend.destroy();
      await rejectsWith(() => backend.open(), "BACKEND_NOT_FOUND");
      await backend.create();
    },
  },
  {
    id: "lifecycle/open-missing",
    title: "open without a storage rejects with BACKEND_NOT_FOUND, and works once there is one",
    state: "new",
    run: async ({ backend }) => {
      await rejectsWith(() => backend.open(), "BACKEND_NOT_FOUND");
      assert.equal(backend.isOpen, false);
      await backend.create();
      await backend.open();
      await backend.store("a", value);
    },
  },
  {
    id: "lifecycle/open-twice",
    title: "open on an open backend is refused with ALREADY_OPEN and leaves it open",
    run: async ({ backend }) => {
      await rejectsWith(() => backend.open(), "ALREADY_OPEN");
      await backend.store("a", value);
    },
  },
  {
    id: "lifecycle/close-twice",
    title: "closing what is closed, or was never open, does nothing",
    state: "created",
    run: async ({ backend }) => {
      await backend.close();
      await backend.open();
      await backend.close();
      await backend.close();
      assert.equal(backend.isOpen, false);
    },
  },
  {
    id: "lifecycle/close-waits",
    title: "close waits for the operations under way, and none of them is cut short",
    run: async ({ backend, random }) => {
      const large = random.bytes(300_000);
      let settled = 0;
      const running = Array.from({ length: 12 }, async (_unused, i) => {
        const outcome = await outcomeOf(() => backend.store(`data/${i}`, large));
        settled++;
        return outcome;
      });
      await backend.close();
      assert.equal(settled, 12, "close resolved before all operations that it found had settled");
      for (const outcome of await Promise.all(running)) {
        if ("error" in outcome) assert.fail(`an operation was cut short: ${String(outcome.error)}`);
      }
      await backend.open();
      for (let i = 0; i < 12; i++) await holds(backend, `data/${i}`, large);
    },
  },
  {
    id: "lifecycle/close-refuses",
    title: "an operation that meets a closing backend is done whole or refused with NOT_OPEN, never lost",
    run: async ({ backend }) => {
      const before = outcomeOf(() => backend.store("before", value));
      const closing = outcomeOf(() => backend.close());
      const during = await outcomeOf(() => backend.store("during", value));
      for (const outcome of [await before, await closing]) {
        if ("error" in outcome) assert.fail(`it was cut short: ${String(outcome.error)}`);
      }
      await rejectsWith(() => backend.store("after", value), "NOT_OPEN");
      await backend.open();
      if ("value" in during) await holds(backend, "during", value);
      else hasCode(during.error, "NOT_OPEN");
      await holds(backend, "before", value);
      await isAbsent(backend, "after");
    },
  },
  {
    id: "lifecycle/close-iterating",
    title: "closing does not wait for readers of listings and streams; they get NOT_OPEN when they come back",
    isLong: true,
    run: async ({ backend, random }) => {
      await Promise.all(Array.from({ length: 1_300 }, (_unused, i) => backend.store(`data/${i}`, value)));
      await backend.store("large", random.bytes(1_300_000));
      const pages = backend.list("data")[Symbol.asyncIterator]();
      const pieces = backend.loadStream("large")[Symbol.asyncIterator]();
      assert.equal((await pages.next()).done, false);
      assert.equal((await pieces.next()).done, false);
      await backend.close();
      await rejectsWith(async () => await pages.next(), "NOT_OPEN", "the next page");
      await rejectsWith(async () => await pieces.next(), "NOT_OPEN", "the next piece");
    },
  },
  {
    id: "lifecycle/close-aborted",
    title: "an aborted close rejects with the reason, though an operation hangs, and the backend is closed",
    run: async ({ backend }) => {
      await backend.store("before", value);
      // An aborted close need not make anything durable.
      await backend.sync();
      const released = makeEvent();
      const started = makeEvent();
      // The one thing that every medium waits for as long as it takes.
      const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        started.give();
        await released.given;
        yield value;
      };
      const hanging = outcomeOf(() => backend.storeStream("hanging", source()));
      try {
        await started.given;
        const controller = new AbortController();
        const reason = new Error("stop waiting");
        const closing = outcomeOf(() => backend.close({ signal: controller.signal }));
        await turn();
        controller.abort(reason);
        const outcome = await withTimeLimit(closing, abortedCloseLimitMs, "the aborted close");
        if ("value" in outcome) assert.fail("close resolved although an operation was under way");
        assert.equal(outcome.error, reason);
        await backend.open();
        await holds(backend, "before", value);
      } finally {
        released.give();
        await hanging;
      }
    },
  },
  {
    id: "lifecycle/dispose",
    title: "leaving the scope of `await using` closes the backend, once more does nothing",
    run: async ({ backend }) => {
      await backend.store("a", value);
      await backend[Symbol.asyncDispose]();
      assert.equal(backend.isOpen, false);
      await rejectsWith(() => backend.load("a"), "NOT_OPEN");
      await backend[Symbol.asyncDispose]();
    },
  },
  {
    id: "lifecycle/reopen",
    title: "what was stored is there after closing and opening again",
    run: async ({ backend, random }) => {
      const large = random.bytes(100_000);
      await backend.store("data/aa/aabb", large);
      await backend.store("config/empty", new Uint8Array(0));
      await backend.close();
      await backend.open();
      await holds(backend, "data/aa/aabb", large);
      await holds(backend, "config/empty", new Uint8Array(0));
      assert.deepEqual(await listNames(backend, "", { recursive: true }), ["config/empty", "data/aa/aabb"]);
    },
  },
  {
    id: "lifecycle/aborted",
    title: "create, open and destroy with an aborted signal reject with its reason and do nothing",
    state: "new",
    run: async ({ backend }) => {
      const reason = new Error("stop");
      const signal = AbortSignal.abort(reason);
      await rejectsWithValue(() => backend.create({ signal }), reason, "create");
      await rejectsWith(() => backend.open(), "BACKEND_NOT_FOUND", "open of what was not created");
      await backend.create();
      await rejectsWithValue(() => backend.open({ signal }), reason, "open");
      assert.equal(backend.isOpen, false);
      await rejectsWithValue(() => backend.destroy({ signal }), reason, "destroy");
      await backend.open();
    },
  },
];
