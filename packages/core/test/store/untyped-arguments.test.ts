import { expect, test } from "vitest";
import { bytes, failure, openBench } from "./helpers.ts";

/** What a caller without types may pass. */
function untyped(value: unknown): never {
  return value as never;
}

test("arguments that are no text cannot fake a line of the log", async () => {
  const lines: string[] = [];
  const { store } = await openBench(
    { "": { levels: [0] } },
    { logger: { debug: (line) => lines.push(line) } },
  );
  await store.store("a", bytes("x"));
  lines.length = 0;
  const evil = ["a\nborgstore: delete('all')"];
  const calls = [
    store.load(untyped(evil)),
    store.load("a", { offset: untyped("0\nx") }),
    store.hash("a", untyped(evil)),
    store.move("a", untyped(evil)),
    store.defrag([], { namespace: "", target: untyped(evil) }),
    store.defrag(untyped({ length: "\n" }), { namespace: "", target: "b" }),
  ];
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(calls.map(() => "rejected"));
  expect(lines).toHaveLength(calls.length);
  expect(lines.filter((line) => line.includes("\n"))).toEqual([]);
});

test("sources of a defrag that are none are refused before any I/O", async () => {
  const { store, calls } = await openBench({ "": { levels: [0] } }, { logger: { debug: () => undefined } });
  for (const sources of [undefined, null, "a", [null], ["a"], [{ offset: 0, size: 1 }]]) {
    await failure(store.defrag(untyped(sources), { namespace: "", target: "x" }), "INVALID_ARGUMENT");
  }
  expect(calls).toEqual([]);
});
