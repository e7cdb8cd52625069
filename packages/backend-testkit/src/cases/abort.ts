import assert from "node:assert/strict";
import {
  bytesOf,
  drain,
  equalBytes,
  holds,
  isAbsent,
  listNames,
  outcomeOf,
  rejectsWithValue,
  turn,
} from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

/** A signal that is never aborted, and how many listeners are on it. */
function watchedSignal(): { readonly signal: AbortSignal; readonly listeners: () => number } {
  const { signal } = new AbortController();
  const added = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  // Put before the signal's own methods: no runtime but Node tells what listeners there are.
  Object.assign(signal, {
    addEventListener: (...args: Parameters<typeof add>): void => {
      added.add(args[1]);
      add(...args);
    },
    removeEventListener: (...args: Parameters<typeof remove>): void => {
      added.delete(args[1]);
      remove(...args);
    },
  });
  return { signal, listeners: () => added.size + (signal.onabort === null ? 0 : 1) };
}

/** Aborts while operations are under way; those before the start are in the traits. */
export const abortCases: readonly ConformanceCase[] = [
  {
    id: "abort/during-load",
    title: "a load that is aborted under way rejects with the reason, or was done already",
    run: async ({ backend, random }) => {
      const whole = random.bytes(500_000);
      await backend.store("data/a", whole);
      for (let i = 0; i < 4; i++) {
        const controller = new AbortController();
        const reason = new Error(`stop ${i}`);
        const loading = outcomeOf(() => backend.load("data/a", { signal: controller.signal }));
        for (let turns = 0; turns < i; turns++) await turn();
        controller.abort(reason);
        const outcome = await loading;
        if ("value" in outcome) equalBytes(outcome.value, whole);
        else assert.equal(outcome.error, reason);
      }
      await holds(backend, "data/a", whole);
    },
  },
  {
    id: "abort/during-store",
    title:
      "a store that is aborted under way rejects with the reason or was done, and what is there is whole",
    run: async ({ backend, random }) => {
      const whole = random.bytes(500_000);
      for (let i = 0; i < 4; i++) {
        const controller = new AbortController();
        const reason = new Error(`stop ${i}`);
        const storing = outcomeOf(() => backend.store(`data/${i}`, whole, { signal: controller.signal }));
        for (let turns = 0; turns < i; turns++) await turn();
        controller.abort(reason);
        const outcome = await storing;
        if ("error" in outcome) assert.equal(outcome.error, reason);
        // Closing waits for what goes on in the background.
        await backend.close();
        await backend.open();
        if ("value" in outcome || (await backend.info(`data/${i}`)).exists) {
          await holds(backend, `data/${i}`, whole);
        }
      }
      for (const name of await listNames(backend, "data")) assert.match(name, /^[0-3]$/);
    },
  },
  {
    id: "abort/during-load-stream",
    title: "a stream that is aborted between two pieces rejects with the reason",
    run: async ({ backend, random }) => {
      await backend.store("data/a", random.bytes(1_300_000));
      const controller = new AbortController();
      const reason = new Error("stop");
      const reading = async (): Promise<void> => {
        for await (const piece of backend.loadStream("data/a", { signal: controller.signal })) {
          assert.ok(piece.byteLength < 1_300_000, "the value came in one piece");
          controller.abort(reason);
        }
      };
      await rejectsWithValue(reading, reason);
      await backend.delete("data/a");
    },
  },
  {
    id: "abort/during-store-stream",
    title: "a stream that is aborted before its end rejects with the reason, and nothing is stored",
    run: async ({ backend, random }) => {
      const controller = new AbortController();
      const reason = new Error("stop");
      const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        yield random.bytes(300_000);
        await turn();
        controller.abort(reason);
        await turn();
        yield random.bytes(300_000);
      };
      await rejectsWithValue(
        () => backend.storeStream("data/a", source(), { signal: controller.signal }),
        reason,
      );
      await backend.close();
      await backend.open();
      await isAbsent(backend, "data/a");
      assert.deepEqual(await listNames(backend, "", { recursive: true }), []);
    },
  },
  {
    id: "abort/during-list",
    title: "a listing that is aborted between two pages rejects with the reason",
    isLong: true,
    run: async ({ backend }) => {
      await Promise.all(Array.from({ length: 1_500 }, (_unused, i) => backend.store(`data/${i}`, value)));
      const controller = new AbortController();
      const reason = new Error("stop");
      const listing = async (): Promise<void> => {
        for await (const page of backend.list("data", { signal: controller.signal })) {
          assert.ok(page.length < 1_500, "everything came in one page");
          controller.abort(reason);
        }
      };
      await rejectsWithValue(listing, reason);
    },
  },
  {
    id: "abort/no-listener-left",
    title: "no operation leaves a listener on its signal",
    run: async ({ backend }) => {
      const { signal, listeners } = watchedSignal();
      for (let i = 0; i < 3; i++) {
        await backend.store(`data/${i}`, value, { signal });
        await backend.load(`data/${i}`, { signal });
        await outcomeOf(() => backend.load("none", { signal }));
        await backend.info(`data/${i}`, { signal });
        await drain(backend.loadStream(`data/${i}`, { signal }));
        await listNames(backend, "data", { signal });
        for await (const page of backend.list("data", { signal })) if (page.length > 0) break;
        await backend.storeStream(`data/${i}-stream`, [value], { signal });
        await backend.hash(`data/${i}`, "sha256", { signal });
        await backend.sync({ signal });
        await backend.delete(`data/${i}`, { signal });
      }
      await turn();
      assert.equal(listeners(), 0);
    },
  },
];
