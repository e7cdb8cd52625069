import { memoryBackend, StoreError, type Capabilities } from "@borgstore/core";
import { expect, test } from "vitest";
import { overrideBackend, registerConformance, runConformance, type RegisterOptions } from "../src/index.ts";

const { capabilities } = memoryBackend();

interface Registered {
  readonly group: string[];
  readonly tests: Map<string, () => Promise<void>>;
  readonly skipped: string[];
}

/** Registers with a runner that only takes notes. */
function register(options: Partial<RegisterOptions> = {}): Registered {
  const registered: Registered = { group: [], tests: new Map(), skipped: [] };
  const it = Object.assign(
    (name: string, body: () => Promise<void>) => void registered.tests.set(name, body),
    { skip: (name: string) => void registered.skipped.push(name) },
  );
  const describe = (name: string, body: () => void): void => {
    registered.group.push(name);
    body();
  };
  registerConformance({
    name: "mine",
    runner: { describe, it },
    capabilities,
    setup: () => ({ backend: memoryBackend() }),
    ...options,
  });
  return registered;
}

function testOf({ tests }: Registered, id: string): () => Promise<void> {
  const found = [...tests].find(([name]) => name.startsWith(`${id}: `));
  if (found === undefined) throw new Error(`no test for ${id}`);
  return found[1];
}

/** The beginnings of the values that a case stores, with a seed. */
async function valuesOf(seed: number): Promise<string[]> {
  const values: string[] = [];
  const setup = (): { backend: ReturnType<typeof memoryBackend> } => {
    const inner = memoryBackend();
    const store: typeof inner.store = async (name, value, options) => {
      values.push(
        Buffer.from(value.buffer, value.byteOffset, Math.min(20, value.byteLength)).toString("hex"),
      );
      await inner.store(name, value, options);
    };
    return { backend: overrideBackend(inner, { store }) };
  };
  await runConformance({ name: "seeded", seed, capabilities, setup, only: ["load/clamp-random"] });
  return values;
}

test("cases are registered in one group, and what the capabilities rule out is skipped with the reason", () => {
  const { group, tests, skipped } = register();
  expect(group).toEqual(["mine: conformance"]);
  expect(tests.size).toBeGreaterThan(150);
  expect(skipped).toContainEqual(
    expect.stringMatching(
      /^info\/prefix: .*\[skipped: is for backends without the capability directories\]$/,
    ),
  );
  expect(skipped).toContainEqual(
    expect.stringMatching(/^list\/hidden: .*\[skipped: needs a way to put foreign/),
  );
});

test("a skipped case is shown with the reason given", () => {
  const { tests, skipped } = register({ skip: { "load/missing": "too slow here" } });
  expect(skipped).toContainEqual(expect.stringMatching(/^load\/missing: .*\[skipped: too slow here\]$/));
  expect([...tests.keys()].some((name) => name.startsWith("load/missing"))).toBe(false);
});

test.each([0, 1.5, Number.NaN, Infinity, "16"])("%s operations at a time are refused", (concurrency) => {
  const wrong = { ...capabilities, concurrency } as Capabilities;
  expect(() => register({ capabilities: wrong })).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("capabilities.concurrency"),
    }),
  );
});

test("how many operations at a time suit the medium must be what the backend declares", async () => {
  expect(await outcomeOf({ concurrency: 32 }, { concurrency: 32 })).toBe("passed");
  expect(await outcomeOf({ concurrency: 32 }, { concurrency: 16 })).toBe("failed");
  expect(await outcomeOf({ concurrency: 32 }, {})).toBe("failed");
  expect(await outcomeOf({}, { concurrency: 32 })).toBe("failed");
});

async function outcomeOf(declared: object, registered: object): Promise<string | undefined> {
  const inner = memoryBackend();
  const [result] = await runConformance({
    name: "small",
    capabilities: { ...capabilities, ...registered },
    setup: () => ({
      backend: overrideBackend(inner, {
        capabilities: Object.freeze({ ...inner.capabilities, ...declared }),
      }),
    }),
    only: ["capabilities/declared"],
  });
  return result?.outcome;
}

test("a missing capability, and ids that no case has, are refused at registration", () => {
  const { remote: _left, ...rest } = capabilities;
  const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error;
  expect(() => register({ capabilities: rest as Capabilities })).toThrow(refused);
  expect(() => register({ knownFailures: { "load/nonsense": "why" } })).toThrow(refused);
  expect(() => register({ skip: { "load/nonsense": "why" } })).toThrow(refused);
  const both = { "load/missing": "why" };
  expect(() => register({ skip: both, knownFailures: both })).toThrow(refused);
});

test("a known failure that passes fails, one that fails passes", async () => {
  const knownFailures = { "load/missing": "the medium invents objects" };
  await expect(testOf(register({ knownFailures }), "load/missing")()).rejects.toThrow(
    "load/missing passed, but is listed as a known failure (the medium invents objects)",
  );
  const inventing = register({
    knownFailures,
    setup: () => ({ backend: overrideBackend(memoryBackend(), { load: async () => new Uint8Array(1) }) }),
  });
  await expect(testOf(inventing, "load/missing")()).resolves.toBeUndefined();
});

test("a failure begins with the id and the seed, and keeps what the assertion compared", async () => {
  const results = await runConformance({
    name: "small",
    seed: 42,
    capabilities: { ...capabilities, remote: true },
    setup: () => ({ backend: memoryBackend() }),
    only: ["capabilities/declared", "capabilities/frozen", "list/hidden"],
  });
  expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
    ["capabilities/declared", "failed"],
    ["capabilities/frozen", "passed"],
    ["list/hidden", "skipped"],
  ]);
  expect(results[0]?.error).toMatchObject({
    name: "AssertionError",
    message: expect.stringMatching(/^capabilities\/declared \[seed 42\]: /),
    actual: { ...capabilities },
  });
});

test("a hanging case fails with its id at the time limit, and teardown is called all the same", async () => {
  let tornDown = 0;
  const [result] = await runConformance({
    name: "hanging",
    capabilities,
    setup: () => ({
      backend: overrideBackend(memoryBackend(), { load: () => new Promise<never>(() => undefined) }),
    }),
    teardown: () => void tornDown++,
    caseTimeoutMs: 20,
    only: ["load/missing"],
  });
  expect(result?.outcome).toBe("failed");
  expect(String(result?.error)).toMatch(
    /load\/missing \[seed \d+\]: Error: the case did not end within 20 ms/,
  );
  expect(tornDown).toBe(1);
});

test("a failing teardown fails the case", async () => {
  const [result] = await runConformance({
    name: "untidy",
    capabilities,
    setup: () => ({ backend: memoryBackend() }),
    teardown: () => {
      throw new StoreError("NOT_EMPTY");
    },
    only: ["load/missing"],
  });
  expect(result).toMatchObject({ outcome: "failed", error: { cause: { code: "NOT_EMPTY" } } });
});

test("the same seed gives the same random data, another one other data", async () => {
  const first = await valuesOf(7);
  expect(first).toHaveLength(3);
  expect(await valuesOf(7)).toEqual(first);
  expect(await valuesOf(8)).not.toEqual(first);
});
