import { expect, test } from "vitest";
import { IoMode } from "../src/io-mode.ts";

function clock(): { now: () => number; advance: (ms: number) => void } {
  let ms = 1000;
  return { now: () => ms, advance: (by) => void (ms += by) };
}

test.each([0x6969, 0x65735546, 0xfe534d42, 0xff534d42])("a network medium (%i) uses the pool", (type) => {
  const mode = new IoMode("auto");
  expect(mode.usesPool).toBe(false);
  mode.setMedium(type);
  expect(mode.usesPool).toBe(true);
});

test("options force either way, on any medium", () => {
  const sync = new IoMode("sync");
  sync.setMedium(0x6969);
  for (let i = 0; i < 5; i++) sync.noteCall(1000);
  expect(sync.usesPool).toBe(false);
  expect(sync.largestSyncStoreBytes).toBe(Infinity);
  expect(new IoMode("pool").usesPool).toBe(true);
});

test("three slow calls move to the pool for 30 s, then one does", () => {
  const { now, advance } = clock();
  const mode = new IoMode("auto", now);
  mode.noteCall(25);
  mode.noteCall(25);
  expect(mode.usesPool).toBe(false);
  mode.noteCall(25);
  expect(mode.usesPool).toBe(true);
  advance(29_999);
  expect(mode.usesPool).toBe(true);
  advance(1);
  expect(mode.usesPool).toBe(false);
  mode.noteCall(25);
  expect(mode.usesPool).toBe(true);
});

test("by synchronous calls only when asked for: then not even large values are copied in the pool", () => {
  expect(new IoMode("sync").copiesInPool).toBe(false);
  expect(new IoMode("auto").copiesInPool).toBe(true);
  expect(new IoMode("pool").copiesInPool).toBe(true);
});

test("very slow calls need more fast ones to be forgiven", () => {
  const mode = new IoMode("auto");
  for (let slow = 0; slow < 3; slow++) {
    for (let fast = 0; fast < 100; fast++) mode.noteCall(0.02);
    expect(mode.usesPool).toBe(false);
    mode.noteCall(500);
  }
  expect(mode.usesPool).toBe(true);
});

test("slow calls among many fast ones are no reason", () => {
  const mode = new IoMode("auto");
  for (let slow = 0; slow < 10; slow++) {
    mode.noteCall(25);
    for (let fast = 0; fast < 10; fast++) mode.noteCall(0.02);
  }
  expect(mode.usesPool).toBe(false);
});
