import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import {
  memoryBackend,
  MemoryStorage,
  Store,
  StoreError,
  type Backend,
  type OperationOptions,
} from "@borgstore/core";
import { faultyBackend, overrideBackend, Random } from "../src/index.ts";
import { outcomes, type ModelOutcome, type ModelStep, type ModelWorld } from "./model-store.ts";

const namespaces = { one: { levels: [1] }, many: { levels: [1, 2] } };
const keys = ["aaaa00", "aaaa01", "aabb02"];
const retryable: ReadonlySet<string> = new Set(["CONNECTION", "TIMEOUT", "UNAVAILABLE"]);
const abortReason = new Error("the caller has lost interest");

async function turns(count: number, signal?: AbortSignal): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
  if (signal?.aborted === true) throw signal.reason;
}

/** Streams in pieces, so that there is something to take up again. */
function streaming(inner: Backend): Backend {
  return overrideBackend(inner, {
    async *loadStream(name, options) {
      const value = await inner.load(name, options);
      for (let at = 0; at < value.byteLength; at += 1500) yield value.slice(at, at + 1500);
    },
  });
}

/** Values of 1 to 9,000 bytes that say which they are from the first to the last byte. */
function valueFor(tag: string, random: Random): string {
  return `${tag};`.repeat(random.integer(1, 900));
}

/** One of several clients of a store. Each has names of its own, so that its model knows what must be there. */
class Client {
  worlds: readonly ModelWorld[] = [{ live: {}, deleted: {} }];
  readonly signals: AbortSignal[] = [];
  readonly #store: Store;
  readonly #random: Random;
  readonly #mayReplace: boolean;
  readonly #directory: string;
  #count = 0;

  constructor(store: Store, random: Random, mayReplace: boolean, directory: string) {
    this.#store = store;
    this.#random = random;
    this.#mayReplace = mayReplace;
    this.#directory = directory;
  }

  /** Stores something past the layers, on the first level of its namespace. */
  async plant(backend: Backend): Promise<void> {
    const [key = ""] = keys;
    await backend.store(`${this.#directory}/${key.slice(0, 2)}/${key}`, new TextEncoder().encode("planted"));
    this.worlds = [{ live: { [key]: "planted" }, deleted: {} }];
  }

  async run(steps: number, mayAbort: boolean): Promise<void> {
    for (let i = 0; i < steps; i++) await this.#take(this.#choose(), mayAbort);
  }

  /** Reads everything without any fault: then the model must know it exactly. */
  async checkAll(): Promise<void> {
    for (const name of keys) {
      for (const deleted of [false, true]) await this.#take({ kind: "load", name, deleted }, false);
    }
    await this.#take({ kind: "list" }, false);
  }

  #choose(): ModelStep {
    const random = this.#random;
    const name = random.pick(keys);
    const kind = random.pick([
      "store",
      "store",
      "load",
      "load",
      "delete",
      "move",
      "softDelete",
      "undelete",
      "changeLevel",
      "list",
    ] as const);
    const isSo = random.happens(0.4);
    switch (kind) {
      case "store":
        return { kind, name, value: valueFor(`${this.#directory}-${this.#count++}`, random), ifAbsent: isSo };
      case "load":
      case "delete":
        return { kind, name, deleted: isSo };
      case "move":
        return { kind, name, newName: random.pick(keys.filter((key) => key !== name)), ifAbsent: isSo };
      case "undelete":
        return { kind, name, overwrite: isSo };
      case "list":
        return { kind };
      case "softDelete":
      case "changeLevel":
        break;
    }
    return { kind, name };
  }

  async #take(step: ModelStep, mayAbort: boolean): Promise<void> {
    const controller = new AbortController();
    this.signals.push(controller.signal);
    const willAbort = mayAbort && this.#random.happens(0.2);
    const aborting = willAbort
      ? turns(this.#random.integer(0, 12)).then(() => controller.abort(abortReason))
      : undefined;
    const answer = await this.#answer(step, { signal: controller.signal });
    const possible = this.worlds.flatMap((world) => outcomes(world, step, this.#mayReplace));
    // Without an answer it may have happened or not.
    const before = this.worlds.map((world): ModelOutcome => ({ answer: "", world }));
    const matching =
      answer === undefined
        ? [...before, ...possible]
        : possible.filter((outcome) => outcome.answer === answer);
    if (matching.length === 0) {
      const expected = [...new Set(possible.map((outcome) => outcome.answer.slice(0, 80)))];
      throw new Error(
        `${this.#directory}: ${JSON.stringify(step).slice(0, 200)} answered ${answer?.slice(0, 80)}, not ${expected.join(" or ")}`,
      );
    }
    this.worlds = [...new Map(matching.map(({ world }) => [JSON.stringify(sorted(world)), world])).values()];
    await aborting;
  }

  /** What a call answered, or `undefined` when it was aborted or its retries were used up. */
  async #answer(step: ModelStep, options: OperationOptions): Promise<string | undefined> {
    try {
      return await this.#perform(step, options);
    } catch (error) {
      if (error === abortReason) return undefined;
      if (!StoreError.is(error)) throw error;
      if (retryable.has(error.code)) {
        if (error.retryable) throw new Error("what was given up is marked as retryable", { cause: error });
        return undefined;
      }
      return error.code;
    }
  }

  async #perform(step: ModelStep, options: OperationOptions): Promise<string> {
    const store = this.#store;
    const random = this.#random;
    const nameOf = (key: string): string => `${this.#directory}/${key}`;
    switch (step.kind) {
      case "store": {
        const bytes = new TextEncoder().encode(step.value);
        const { ifAbsent } = step;
        const pieces = async function* (): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < bytes.byteLength; at += 2000) {
            await turns(1);
            yield bytes.subarray(at, at + 2000);
          }
        };
        const how = random.integer(0, 2);
        if (how === 0) await store.store(nameOf(step.name), bytes, { ...options, ifAbsent });
        else
          await store.storeStream(nameOf(step.name), how === 1 ? pieces() : pieces, { ...options, ifAbsent });
        return "ok";
      }
      case "load": {
        const { deleted } = step;
        const name = nameOf(step.name);
        if (random.happens(0.5)) {
          return `= ${new TextDecoder().decode(await store.load(name, { ...options, deleted }))}`;
        }
        let whole = "";
        for await (const piece of store.loadStream(name, { ...options, deleted })) {
          whole += new TextDecoder().decode(piece);
        }
        return `= ${whole}`;
      }
      case "delete": {
        const request = { name: nameOf(step.name), deleted: step.deleted };
        if (random.happens(0.5)) await store.delete(request.name, { ...options, deleted: step.deleted });
        else
          for await (const { error } of store.deleteMany([request], options))
            if (error !== undefined) throw error;
        return "ok";
      }
      case "move":
        await store.move(nameOf(step.name), nameOf(step.newName), { ...options, ifAbsent: step.ifAbsent });
        return "ok";
      case "softDelete":
        await store.softDelete(nameOf(step.name), options);
        return "ok";
      case "undelete":
        await store.undelete(nameOf(step.name), { ...options, overwrite: step.overwrite });
        return "ok";
      case "changeLevel":
        await store.changeLevel(nameOf(step.name), options);
        return "ok";
      case "list":
        break;
    }
    const names: string[] = [];
    for await (const { name } of store.list(this.#directory, options)) names.push(name);
    return `= ${names.toSorted().join(" ")}`;
  }
}

function sorted({ live, deleted }: ModelWorld): unknown {
  return [live, deleted].map((values) => keys.map((key) => values[key] ?? null));
}

async function runSeed(seed: number): Promise<{ faults: number; aborts: number }> {
  const random = new Random(seed);
  const medium = streaming(memoryBackend({ storage: new MemoryStorage() }));
  // Now and then a call gets no answer at all, and only the attempt's deadline ends it.
  const mayHang = seed % 3 === 1;
  const delays = new Random(seed + 1_000_000);
  const faulty = faultyBackend(medium, {
    seed,
    errorProbability: 0.1,
    lostAnswerProbability: 0.08,
    before: async () => {
      if (mayHang && delays.happens(0.02)) await new Promise<never>(() => undefined);
      await turns(delays.integer(0, 3));
    },
  });
  const mayReplace = seed % 3 !== 0;
  const store = new Store({
    backend: faulty,
    namespaces,
    layers: {
      permissions: { "": mayReplace ? "lrwWD" : "lrwD" },
      deadline: {},
      // Now and then nothing is repeated more than once.
      retry: {
        sleep: async (_ms, signal) => await turns(1, signal),
        budgetMs: seed % 4 === 0 ? 0.001 : 60_000,
      },
      instrumentation: {},
      limit: { concurrency: random.integer(1, 4) },
      attemptDeadline: mayHang ? { metadataMs: 15, transferMs: 15, stepMs: 15 } : {},
      emulation: { latencyUs: 1, sleep: async (_ms, signal) => await turns(1, signal) },
    },
  });
  await store.create();
  await store.open();
  const clients = Object.keys(namespaces).flatMap((namespace) =>
    ["x", "y"].map(
      (part) =>
        new Client(
          store,
          new Random(seed + namespace.length + part.charCodeAt(0)),
          mayReplace,
          `${namespace}/${part}`,
        ),
    ),
  );
  for (const client of clients) await client.plant(medium);
  await Promise.all(clients.map((client) => client.run(40, true)));
  await Promise.all(clients.map((client) => client.checkAll()));
  // Calls that hang hold up a close until its own deadline; it disconnects all the same.
  await store.close().catch((error: unknown) => {
    if (!mayHang || !StoreError.is(error, "TIMEOUT")) throw error;
  });
  await turns(20);
  expect(store.isOpen).toBe(false);
  const signals = clients.flatMap((client) => client.signals);
  expect(signals.filter((signal) => getEventListeners(signal, "abort").length > 0)).toEqual([]);
  return { faults: faulty.injected.length, aborts: signals.filter((signal) => signal.aborted).length };
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}

test("all layers over a medium that fails, delays and is aborted at random lose nothing and leave nothing behind", async () => {
  const timersBefore = timers();
  const first = Number(process.env["BORGSTORE_TEST_SEED"] ?? 1);
  const count = Number(process.env["BORGSTORE_TEST_SEEDS"] ?? 12);
  let faults = 0;
  let aborts = 0;
  for (let seed = first; seed < first + count; seed++) {
    const seen = await runSeed(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    });
    faults += seen.faults;
    aborts += seen.aborts;
  }
  expect(faults).toBeGreaterThan(30 * count);
  expect(aborts).toBeGreaterThan(5 * count);
  expect(timers()).toBeLessThanOrEqual(timersBefore);
}, 60_000);
