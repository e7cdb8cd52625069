import { expect, test } from "vitest";
import { makeKeys, makeNeighbourKeys, nestKey } from "../../src/measure/keys.ts";
import { nestName } from "@borgstore/core";

test("keys are 64 hex characters, all different, and the same at each run", () => {
  const keys = makeKeys(100);
  expect(keys.every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true);
  expect(new Set(keys).size).toBe(100);
  expect(makeKeys(100)).toEqual(keys);
  expect(makeKeys(1, "other")).not.toEqual(keys.slice(0, 1));
});

test("a neighbour is another key in the same directories", () => {
  const keys = makeKeys(50);
  const neighbours = makeNeighbourKeys(keys);
  expect(neighbours.map((key) => key.slice(0, 4))).toEqual(keys.map((key) => key.slice(0, 4)));
  expect(new Set([...keys, ...neighbours]).size).toBe(100);
});

test("the bound nests as the Store does", () => {
  for (const key of makeKeys(10)) expect(`data/${nestKey(key)}`).toBe(nestName(`data/${key}`, 2));
});
