import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError, type Store } from "../../src/index.ts";
import { bytes, collect, namesOf, openBench, text, type Bench } from "./helpers.ts";

const keyCharacter = fc.constantFrom(...Array.from("0123456789abcdef_~-.+=,@"));
const key = fc
  .string({ unit: keyCharacter, minLength: 8, maxLength: 20 })
  .filter((candidate) => !candidate.includes("..") && !/\.(del|tmp|hid)$/.test(candidate));

test("whatever is stored at any level is listed under its key and found under its name", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 4 }),
      fc.constantFrom("", "data", "a/b"),
      async (keys, level, namespace) => {
        const { store, places } = await openBench({ [namespace]: { levels: [level] } });
        const prefix = namespace === "" ? "" : `${namespace}/`;
        for (const each of keys) await store.store(prefix + each, bytes(each));
        expect((await namesOf(store.list(namespace))).sort()).toEqual([...keys].sort());
        for (const each of keys) expect(text(await store.load(prefix + each))).toBe(each);
        for (const place of places()) {
          const components = place.slice(prefix.length).split("/");
          const last = components.pop() as string;
          expect(components).toEqual(Array.from({ length: level }, (_, i) => last.slice(2 * i, 2 * i + 2)));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a namespace with one level comes in the order of its keys", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ unit: fc.constantFrom("0", "1", "a", "b"), minLength: 4, maxLength: 8 }), {
        minLength: 1,
      }),
      fc.integer({ min: 0, max: 2 }),
      async (keys, level) => {
        const { store } = await openBench({ data: { levels: [level] } });
        for (const each of keys) await store.store(`data/${each}`, bytes("x"));
        expect(await namesOf(store.list("data"))).toEqual([...keys].sort());
      },
    ),
    { numRuns: 60 },
  );
});

/** What a store should be: two maps. */
class Model {
  readonly live = new Map<string, string>();
  readonly deleted = new Map<string, string>();

  of(deleted: boolean): Map<string, string> {
    return deleted ? this.deleted : this.live;
  }
}

type Step = (model: Model, bench: Bench) => Promise<void>;

/** Runs a call that must fail with the code when it is given, and succeed otherwise. */
async function must(call: Promise<unknown>, code: string | undefined): Promise<void> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => (StoreError.is(error) ? error.code : error),
  );
  expect(outcome).toBe(code);
}

async function mustHold(
  store: Store,
  each: string,
  deleted: boolean,
  expected: string | undefined,
): Promise<void> {
  if (expected === undefined) await must(store.load(each, { deleted }), "NOT_FOUND");
  else expect(text(await store.load(each, { deleted }))).toBe(expected);
  expect((await store.info(each, { deleted })).exists).toBe(expected !== undefined);
}

async function mustList(
  store: Store,
  namespace: string,
  deleted: boolean,
  all: ReadonlyMap<string, string>,
): Promise<void> {
  const items = await collect(store.list(namespace, { deleted }));
  const listed = new Map(items.map((item) => [`${namespace}/${item.name}`, item.size]));
  const expected = [...all].filter(([each]) => each.startsWith(`${namespace}/`));
  expect(items).toHaveLength(expected.length);
  expect(listed).toEqual(new Map(expected.map(([each, stored]) => [each, stored.length])));
}

const names = ["data/aaaa", "data/aabb", "data/bbbb", "other/aaaa", "other/cccc"];
const name = fc.constantFrom(...names);
const value = fc.string({ unit: keyCharacter, maxLength: 5 });

function take(from: Map<string, string>, each: string): string | undefined {
  const taken = from.get(each);
  from.delete(each);
  return taken;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(name, value, fc.boolean()).map(([n, v, ifAbsent]): Step => async ({ live }, { store }) => {
    const taken = ifAbsent && live.has(n);
    await must(store.store(n, bytes(v), { ifAbsent }), taken ? "ALREADY_EXISTS" : undefined);
    if (!taken) live.set(n, v);
  }),
  fc.tuple(name, fc.boolean()).map(([n, deleted]): Step => async (model, { store }) => {
    const map = model.of(deleted);
    await must(store.delete(n, { deleted }), map.delete(n) ? undefined : "NOT_FOUND");
  }),
  fc.tuple(name, fc.boolean()).map(([n, deleted]): Step => async (model, { store }) => {
    await mustHold(store, n, deleted, model.of(deleted).get(n));
  }),
  name.map((n): Step => async ({ live, deleted }, { store }) => {
    const taken = take(live, n);
    await must(store.softDelete(n), taken === undefined ? "NOT_FOUND" : undefined);
    if (taken !== undefined) deleted.set(n, taken);
  }),
  fc.tuple(name, fc.boolean()).map(([n, overwrite]): Step => async ({ live, deleted }, { store }) => {
    const wanted = deleted.get(n);
    let code: string | undefined;
    if (wanted === undefined) code = "NOT_FOUND";
    else if (live.has(n) && !overwrite) code = "ALREADY_EXISTS";
    await must(store.undelete(n, { overwrite }), code);
    if (code === undefined) live.set(n, take(deleted, n) as string);
  }),
  fc.tuple(name, name).map(([n, to]): Step => async ({ live }, { store }) => {
    const wanted = live.get(n);
    await must(store.move(n, to), wanted === undefined ? "NOT_FOUND" : undefined);
    if (wanted !== undefined) live.set(to, take(live, n) as string);
  }),
  fc.tuple(name, fc.boolean()).map(([n, deleted]): Step => async (model, { store }) => {
    await must(store.changeLevel(n, { deleted }), model.of(deleted).has(n) ? undefined : "NOT_FOUND");
  }),
  fc.boolean().map((deleted): Step => async (model, { store }) => {
    for (const namespace of ["data", "other"]) {
      await mustList(store, namespace, deleted, model.of(deleted));
    }
  }),
);

/** One level, and several in both directions. */
const levelChoices = [[1], [1, 2], [2, 0], [0, 1, 2]].map((levels) => ({ levels }));

describe("a store behaves like two maps, whatever is done in whatever order", () => {
  test.each(levelChoices)("with levels $levels", async ({ levels }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const bench = await openBench({ data: { levels }, other: { levels: [1] } });
        const model = new Model();
        for (const run of steps) await run(model, bench);
        expect(await namesOf(bench.store.list("other"))).toEqual(
          [...model.live.keys()]
            .filter((n) => n.startsWith("other/"))
            .map((n) => n.slice(6))
            .sort(),
        );
      }),
      { numRuns: 100 },
    );
  });
});
