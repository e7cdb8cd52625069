import assert from "node:assert/strict";
import { StoreError, type Backend } from "@borgstore/core";
import { bytesOf, equalBytes, holds, listNames, outcomeOf } from "../assertions.ts";
import type { CaseContext, ConformanceCase } from "../conformance-case.ts";
import { Random } from "../random.ts";

const value = bytesOf("value");

/**
 * A value that tells by itself whether it is whole and whose it is: a header of length and seed, then bytes that
 * follow from the seed.
 */
function selfDescribing(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const whole = new Random(seed).bytes(length + 8);
  const header = new DataView(whole.buffer);
  header.setUint32(0, length);
  header.setUint32(4, seed);
  return whole;
}

function mustBeWhole(seen: Uint8Array, name: string): void {
  assert.ok(seen.byteLength >= 8, `${name} has ${seen.byteLength} bytes only`);
  const header = new DataView(seen.buffer, seen.byteOffset);
  equalBytes(seen, selfDescribing(header.getUint32(4), header.getUint32(0)), name);
}

async function mixedWorker(
  client: Backend,
  random: Random,
  canReplace: boolean,
  steps: number,
): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const name = `data/${random.integer(0, 5)}/${random.integer(0, 3)}`;
    const action = random.integer(0, 9);
    const outcome = await outcomeOf(async () => {
      if (action <= 3) {
        const length = random.happens(0.1) ? 100_000 : random.integer(0, 5_000);
        await client.store(name, selfDescribing(random.next(), length));
      } else if (action <= 7) {
        mustBeWhole(await client.load(name), name);
      } else if (action === 8) {
        await client.delete(name);
      } else {
        for await (const page of client.list("data", { recursive: true })) {
          for (const item of page) assert.match(item.name, /^[0-5]\/[0-3]$/);
        }
      }
    });
    if ("value" in outcome || StoreError.is(outcome.error, "NOT_FOUND")) continue;
    if (!canReplace && StoreError.is(outcome.error, "UNSUPPORTED")) continue;
    throw outcome.error;
  }
}

async function clientsOf({ backend, observer }: CaseContext, count: number): Promise<Backend[]> {
  const clients = [backend];
  while (clients.length < count) clients.push(await observer());
  return clients;
}

/** Several callers and clients at a time. */
export const concurrencyCases: readonly ConformanceCase[] = [
  {
    id: "concurrency/many-names",
    title: "64 callers that store, load and delete names of their own do not disturb each other",
    run: async ({ backend, random }) => {
      const jobs = Array.from({ length: 64 }, (_unused, i) => ({
        name: `data/${i % 7}/${i}`,
        whole: random.bytes(random.integer(0, 30_000)),
      }));
      await Promise.all(
        jobs.map(async ({ name, whole }, i) => {
          await backend.store(name, whole);
          await holds(backend, name, whole);
          assert.equal((await backend.info(name)).size, whole.length);
          if (i % 2 === 0) await backend.delete(name);
        }),
      );
      assert.equal((await listNames(backend, "data", { recursive: true })).length, 32);
    },
  },
  {
    id: "concurrency/one-directory",
    title: "16 callers that need the same missing directories all succeed",
    run: async (context) => {
      const clients = await clientsOf(context, 2);
      for (let round = 0; round < 5; round++) {
        await Promise.all(
          Array.from({ length: 16 }, (_unused, i) =>
            (clients[i % 2] as Backend).store(`data/${round}/x/y/${i}`, value),
          ),
        );
        assert.equal((await listNames(context.backend, `data/${round}/x/y`)).length, 16);
      }
    },
  },
  {
    id: "concurrency/one-name",
    title: "after 16 callers stored one name at once it holds one of their values, whole",
    requires: ["atomicReplace"],
    run: async (context) => {
      const { backend, random } = context;
      const clients = await clientsOf(context, 2);
      for (let round = 0; round < 5; round++) {
        const seeds = Array.from({ length: 16 }, () => random.next());
        await Promise.all(
          seeds.map((seed, i) =>
            (clients[i % 2] as Backend).store("data/a", selfDescribing(seed, (seed % 50_000) + i)),
          ),
        );
        const seen = await backend.load("data/a");
        mustBeWhole(seen, "data/a");
        assert.ok(seeds.includes(new DataView(seen.buffer).getUint32(4)), "it holds nobody's value");
      }
      assert.deepEqual(await listNames(backend, "data"), ["a"]);
    },
  },
  {
    id: "concurrency/deletes",
    title: "of 8 callers that delete one object at once at least one succeeds, the others get NOT_FOUND",
    run: async ({ backend }) => {
      for (let round = 0; round < 5; round++) {
        await backend.store("data/a", value);
        const outcomes = await Promise.all(
          Array.from({ length: 8 }, () => outcomeOf(() => backend.delete("data/a"))),
        );
        const failures = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
        assert.ok(failures.length < 8, "none succeeded");
        for (const error of failures) assert.ok(StoreError.is(error, "NOT_FOUND"), String(error));
        assert.equal((await backend.info("data/a")).exists, false);
      }
    },
  },
  {
    id: "concurrency/mixed",
    title:
      "five clients that store, load, delete and list at random see nothing but NOT_FOUND and whole values",
    run: async (context) => {
      const { capabilities, random } = context;
      const clients = await clientsOf(context, 5);
      const workers = clients.flatMap((client) =>
        Array.from({ length: 3 }, () =>
          mixedWorker(client, new Random(random.next()), capabilities.atomicReplace, 30),
        ),
      );
      await Promise.all(workers);
      for (const name of await listNames(context.backend, "data", { recursive: true })) {
        mustBeWhole(await context.backend.load(`data/${name}`), name);
      }
    },
  },
];
