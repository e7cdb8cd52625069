import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend.ts";
import { StoreError } from "../../src/errors.ts";
import type { ItemInfo } from "../../src/item-info.ts";
import type { DeleteResult } from "../../src/options.ts";
import { withRetry } from "../../src/layers/retry.ts";
import { bytes, collect, FakeClock, listNames, openMemory, withScript, type Fault } from "./support.ts";

function retrying(inner: Backend, clock = new FakeClock()): Backend {
  return withRetry(inner, { now: clock.now, sleep: clock.sleep, random: () => 1 });
}

/** A backend whose deleteMany gives scripted answers, and keeps the names it was asked for. */
async function answering(
  answers: ((names: readonly string[]) => readonly DeleteResult[])[],
): Promise<{ backend: Backend; asked: (readonly string[])[] }> {
  const asked: (readonly string[])[] = [];
  const inner = await openMemory({}, () => ({
    deleteMany: async (names) => {
      asked.push(names);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      return answer?.(names) ?? [];
    },
  }));
  return { backend: retrying(inner), asked };
}

function fail(code: "CONNECTION" | "UNAUTHENTICATED"): () => never {
  return () => {
    throw new StoreError(code);
  };
}

describe("deleteMany", () => {
  test("only the names that failed are repeated, and the results keep the order of the names", async () => {
    const { backend, asked } = await answering([
      (names) =>
        names.map((name) =>
          name === "b" || name === "d"
            ? { name, error: new StoreError("CONNECTION") }
            : name === "c"
              ? { name, error: new StoreError("PERMISSION_DENIED") }
              : { name },
        ),
      (names) =>
        names.map((name) => (name === "b" ? { name, error: new StoreError("NOT_FOUND") } : { name })),
    ]);
    const results = await backend.deleteMany(["a", "b", "c", "d"]);
    expect(asked).toEqual([
      ["a", "b", "c", "d"],
      ["b", "d"],
    ]);
    expect(results.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
    expect(results.map(({ error }) => (StoreError.is(error) ? error.code : "done"))).toEqual([
      "done",
      "done",
      "PERMISSION_DENIED",
      "done",
    ]);
  });

  test("not found is an error for names whose first attempt was surely not carried out", async () => {
    const { backend } = await answering([
      (names) => names.map((name) => ({ name, error: new StoreError("RATE_LIMITED") })),
      (names) => names.map((name) => ({ name, error: new StoreError("NOT_FOUND") })),
    ]);
    expect(await backend.deleteMany(["a"])).toMatchObject([{ name: "a", error: { code: "NOT_FOUND" } }]);
  });

  test("names that keep failing come back with their error, not retryable any more", async () => {
    const { backend } = await answering([
      (names) => names.map((name) => (name === "a" ? { name } : { name, error: new StoreError("TIMEOUT") })),
      (names) => names.map((name) => ({ name, error: new StoreError("TIMEOUT") })),
    ]);
    const results = await backend.deleteMany(["a", "b", "c"]);
    expect(results).toMatchObject([
      { name: "a" },
      { name: "b", error: { code: "TIMEOUT", retryable: false } },
      { name: "c", error: { code: "TIMEOUT", retryable: false } },
    ]);
  });

  test("a failure of the whole call is thrown only when nothing is known about any name", async () => {
    const never = await answering([fail("CONNECTION")]);
    await expect(never.backend.deleteMany(["a"])).rejects.toMatchObject({
      code: "CONNECTION",
      retryable: false,
    });
    const later = await answering([
      (names) => names.map((name) => (name === "a" ? { name } : { name, error: new StoreError("TIMEOUT") })),
      fail("UNAUTHENTICATED"),
    ]);
    expect(await later.backend.deleteMany(["a", "b"])).toMatchObject([
      { name: "a" },
      { name: "b", error: { code: "UNAUTHENTICATED" } },
    ]);
  });

  test("a lost answer to the whole call makes not found mean done", async () => {
    const memory = await openMemory();
    await memory.store("a", bytes("x"));
    const backend = retrying(withScript(memory, [{ operation: "deleteMany", when: "after" }]));
    const results = await backend.deleteMany(["a"]);
    expect(results).toEqual([{ name: "a" }]);
  });
});

describe("list", () => {
  const items: ItemInfo[] = ["a", "b-", "b/", "b0", "c", "d"].map((key) => ({
    name: key.replace("/", ""),
    exists: true,
    size: 0,
    isDirectory: key.endsWith("/"),
  }));

  /** A listing in pages of two. */
  async function paged(script: readonly Fault[]): Promise<ReturnType<typeof withScript>> {
    const memory = await openMemory({}, () => ({
      list: async function* () {
        for (let at = 0; at < items.length; at += 2) yield items.slice(at, at + 2);
      },
    }));
    return withScript(memory, script);
  }

  test.each([0, 1, 2])(
    "that fails after %i pages starts anew without repeating or missing a name",
    async (when) => {
      const inner = await paged([
        { operation: "list", when },
        { operation: "list", when: 0 },
      ]);
      expect(await listNames(retrying(inner).list(""))).toEqual(items.map((item) => item.name));
      expect(inner.calls).toEqual(["list", "list", "list"]);
    },
  );

  test("gets the budget anew with each page, but not with pages that were skipped", async () => {
    const clock = new FakeClock();
    const script = Array.from({ length: 40 }, (): Fault => ({ operation: "list", when: 1 }));
    const names: string[] = [];
    const listing = (async () => {
      for await (const page of retrying(await paged(script), clock).list("")) {
        names.push(...page.map((item) => item.name));
        clock.ms += 1e9;
      }
    })();
    await expect(listing).rejects.toMatchObject({ code: "CONNECTION", retryable: false });
    expect(names).toEqual(["a", "b-"]);
    expect(clock.sleeps.length).toBeGreaterThan(5);
  });

  test("that is left early is released once and not repeated, also when releasing fails", async () => {
    const inner = await openMemory({}, () => ({
      list: async function* () {
        try {
          yield items;
        } finally {
          // oxlint-disable-next-line no-unsafe-finally -- a listing whose release fails is what this is about
          throw new StoreError("CONNECTION");
        }
      },
    }));
    const script = withScript(inner, []);
    const pages = retrying(script).list("")[Symbol.asyncIterator]();
    await pages.next();
    await expect(pages.return?.()).rejects.toMatchObject({ code: "CONNECTION" });
    expect(script.calls).toEqual(["list"]);
  });
});

describe("loadStream", () => {
  const value = Array.from({ length: 10_000 }, (_, at) =>
    String.fromCharCode(97 + ((at * 7 + (at >> 8)) % 26)),
  ).join("");

  /** A stream in pieces of 1000 bytes, or other ones. */
  async function streaming(
    script: readonly Fault[],
    pieceBytes = 1000,
  ): Promise<{ memory: Backend; inner: ReturnType<typeof withScript> }> {
    const memory = await openMemory({}, (driver) => ({
      loadStream: async function* (name, options) {
        const part = await driver.load(name, options);
        for (let at = 0; at < part.byteLength; at += pieceBytes) yield part.slice(at, at + pieceBytes);
      },
    }));
    await memory.store("a", bytes(value));
    return { memory, inner: withScript(memory, script) };
  }

  test.each([
    [{}, value],
    [{ offset: 1234 }, value.slice(1234)],
    [{ offset: 1234, size: 7000 }, value.slice(1234, 8234)],
    [{ offset: -6500 }, value.slice(-6500)],
    [{ offset: -6500, size: 5555 }, value.slice(3500, 9055)],
    [{ offset: -15_000 }, value],
    [{ size: 0 }, ""],
  ])("with %j goes on where it stopped", async (options, expected) => {
    for (const [first, second] of [
      [0, 0],
      [1, 0],
      [1, 1],
      [3, 5],
    ] as const) {
      const { inner } = await streaming([
        { operation: "loadStream", when: first },
        { operation: "loadStream", when: second },
      ]);
      expect((await collect(retrying(inner).loadStream("a", options))) === expected).toBe(true);
    }
  });

  test("asks for the length only when it has to resume from a negative offset", async () => {
    const { inner } = await streaming([{ operation: "loadStream", when: 2 }]);
    await collect(retrying(inner).loadStream("a", { offset: -5000 }));
    expect(inner.calls).toEqual(["loadStream", "info", "loadStream"]);
  });

  test.each([
    ["replaced by another of the same length", value.toUpperCase()],
    ["cut off", value.slice(0, 100)],
  ])("of an object that was %s meanwhile ends with INTEGRITY, not with a mixture", async (_what, other) => {
    const { memory, inner } = await streaming([{ operation: "loadStream", when: 3 }]);
    let read = 0;
    const reading = (async () => {
      for await (const piece of retrying(inner).loadStream("a")) {
        if (read === 0) await memory.store("a", bytes(other));
        read += piece.byteLength;
        piece.fill(0);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "INTEGRITY", key: "a", operation: "loadStream" });
    expect(read).toBe(3000);
  });

  test("of an object that vanished meanwhile is not found", async () => {
    const { memory, inner } = await streaming([{ operation: "loadStream", when: 1 }]);
    const reading = (async () => {
      for await (const piece of retrying(inner).loadStream("a", { offset: -5000 })) {
        expect(piece.byteLength).toBe(1000);
        await memory.delete("a");
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test.each([
    [1000, 6],
    [5000, 1],
  ])("of pieces of %i bytes may be overwritten by its reader", async (pieceBytes, when) => {
    const { inner } = await streaming([{ operation: "loadStream", when }], pieceBytes);
    let length = 0;
    for await (const piece of retrying(inner).loadStream("a")) {
      length += piece.byteLength;
      piece.fill(0);
    }
    expect(length).toBe(10_000);
  });

  test("a permanent error is thrown at once", async () => {
    const { inner } = await streaming([{ operation: "loadStream", code: "NOT_FOUND" }]);
    await expect(collect(retrying(inner).loadStream("a"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(inner.calls).toEqual(["loadStream"]);
  });
});

test("options out of range are refused", async () => {
  const memory = await openMemory();
  for (const options of [
    { budgetMs: 0 },
    { openBudgetMs: NaN },
    { firstDelayMs: -1 },
    { maxDelayMs: "1" as never },
  ]) {
    expect(() => withRetry(memory, options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
});
