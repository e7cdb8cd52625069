import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  addMeasurements,
  cutIntoSlices,
  interleave,
  perCall,
  repeatRounds,
} from "../../src/measure/interleave.ts";

describe("interleave", () => {
  test("lets every lane have every slice, in an order that rotates", async () => {
    const turns: string[] = [];
    await interleave(["a", "b", "c"], 3, (lane, slice) => {
      turns.push(`${lane}${slice}`);
      return 0;
    });
    expect(turns).toEqual(["a0", "b0", "c0", "b1", "c1", "a1", "c2", "a2", "b2"]);
  });

  test("begins with another lane where it is told to", async () => {
    const turns: string[] = [];
    await interleave(["a", "b", "c"], 1, (lane) => turns.push(lane), 5);
    expect(turns).toEqual(["c", "a", "b"]);
  });

  test("sums up what each lane took, in the order of the lanes", async () => {
    const totals = await interleave([1, 10], 4, async (lane, slice) => lane * slice);
    expect(totals.map(({ ms }) => ms)).toEqual([6, 60]);
  });

  test("lets one slice end before the next begins", async () => {
    let running = 0;
    await interleave(["a", "b"], 5, async () => {
      expect(running).toBe(0);
      running++;
      await Promise.resolve();
      running--;
      return 0;
    });
    expect.assertions(10);
  });
});

test("parts of a round are added up lane by lane", () => {
  const first = [
    { ms: 1, cpuMs: 2 },
    { ms: 3, cpuMs: 4 },
  ];
  const second = [
    { ms: 10, cpuMs: 20 },
    { ms: 30, cpuMs: 40 },
  ];
  expect(addMeasurements(first, second)).toEqual([
    { ms: 11, cpuMs: 22 },
    { ms: 33, cpuMs: 44 },
  ]);
});

test("processor time is what this process did, waiting is not in it", async () => {
  const before = process.cpuUsage();
  const busyMs = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const [busy, waiting] = await interleave(["busy", "waiting"], 1, async (lane) => {
    const start = performance.now();
    if (lane === "waiting") await sleep(60);
    // Until it had so much of a processor, which takes longer on a busy machine.
    else while (busyMs() < 60);
    return performance.now() - start;
  });
  expect(waiting?.cpuMs).toBeLessThan(waiting?.ms ?? 0);
  expect(waiting?.cpuMs).toBeLessThan(busy?.cpuMs ?? 0);
});

test("figures are µs per call", () => {
  expect(perCall({ ms: [2], cpuMs: [1] }, 4)).toEqual({ rounds: [500], cpuRounds: [250] });
});

describe("repeatRounds", () => {
  test("drops the round that warms up and keeps the others by lane", async () => {
    const rounds = await repeatRounds(2, async (round) => [
      { ms: round, cpuMs: round * 2 },
      { ms: round * 10, cpuMs: round * 20 },
    ]);
    expect(rounds).toEqual([
      { ms: [1, 2], cpuMs: [2, 4] },
      { ms: [10, 20], cpuMs: [20, 40] },
    ]);
  });
});

describe("cutIntoSlices", () => {
  test("keeps every element in order", () => {
    const slices = cutIntoSlices([1, 2, 3, 4, 5, 6, 7], 3);
    expect(slices.flat()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(slices.map((slice) => slice.length)).toEqual([2, 2, 3]);
  });

  test("makes no empty slices of few elements", () => {
    expect(cutIntoSlices(["a", "b"], 16)).toEqual([["a"], ["b"]]);
  });
});
