import { expect, test } from "vitest";
import {
  emulationFromEnvironment,
  withEmulation,
  type EmulationOptions,
} from "../../src/layers/emulation.ts";
import type { Backend } from "../../src/backend.ts";
import type { BackendDriver } from "../../src/driver.ts";
import { turnOfEventLoop } from "../guard/test-driver.ts";
import { bytes, collect, FakeClock, listNames, openMemory } from "./support.ts";

/** A slowed-down memory backend that holds a value of 1000 bytes under "a". */
async function slow(
  options: EmulationOptions,
  change?: (driver: BackendDriver, clock: FakeClock) => Partial<BackendDriver>,
): Promise<{ backend: Backend; clock: FakeClock }> {
  const clock = new FakeClock();
  const inner = await openMemory({}, (driver) => change?.(driver, clock) ?? {});
  await inner.store("a", new Uint8Array(1000));
  return { backend: withEmulation(inner, { ...options, now: clock.now, sleep: clock.sleep }), clock };
}

async function time(clock: FakeClock, work: () => Promise<unknown>): Promise<number> {
  const start = clock.ms;
  await work();
  return clock.ms - start;
}

test("each call takes the latency, and values their volume at the bandwidth as well", async () => {
  const { backend, clock } = await slow({ latencyUs: 20_000, bandwidthBitsPerSecond: 80_000 });
  expect(await time(clock, () => backend.info("a"))).toBe(20);
  expect(await time(clock, () => backend.load("a"))).toBe(120);
  expect(await time(clock, () => backend.load("a", { size: 500 }))).toBe(70);
  expect(await time(clock, () => backend.store("b", new Uint32Array(100)))).toBe(60);
  expect(await time(clock, () => backend.move("b", "c"))).toBe(20);
  expect(await time(clock, () => backend.delete("c"))).toBe(20);
  expect(
    await time(clock, async () => {
      await expect(backend.load("c")).rejects.toMatchObject({ code: "NOT_FOUND" });
    }),
  ).toBe(20);
});

test("the time that a call really takes counts towards it", async () => {
  const { backend, clock } = await slow({ latencyUs: 20_000 }, (driver, fake) => ({
    load: async (name, options) => {
      fake.ms += options.size ?? 0;
      return await driver.load(name, options);
    },
  }));
  expect(await time(clock, () => backend.load("a", { size: 15 }))).toBe(20);
  expect(await time(clock, () => backend.load("a", { size: 500 }))).toBe(500);
});

test("lifecycle calls, quota and sync are not slowed down", async () => {
  const { backend, clock } = await slow({ latencyUs: 20_000 });
  await backend.quota();
  await backend.sync();
  await backend.close();
  await backend.destroy();
  await backend.create();
  await backend.open();
  expect(clock.ms).toBe(0);
});

test("a listing pays the latency for each page, and once when there is nothing", async () => {
  const { backend, clock } = await slow({ latencyUs: 10_000, bandwidthBitsPerSecond: 1 }, () => ({
    list: async function* (name) {
      const page = [{ name: "a", exists: true, size: 0, isDirectory: false }];
      if (name === "") yield* [page, page, page];
    },
  }));
  expect(await time(clock, () => listNames(backend.list("")))).toBe(30);
  expect(await time(clock, () => listNames(backend.list("empty")))).toBe(10);
  const start = clock.ms;
  for await (const page of backend.list("")) clock.ms += 1000 * page.length;
  expect(clock.ms - start).toBe(3030);
});

test("streams pay the latency once and the bandwidth for each piece", async () => {
  const pieces = [new Uint8Array(100), new Uint8Array(300)];
  const { backend, clock } = await slow({ latencyUs: 10_000, bandwidthBitsPerSecond: 8000 }, () => ({
    loadStream: async function* () {
      for (const piece of pieces) yield piece.slice();
    },
  }));
  const seen: number[] = [];
  for await (const piece of backend.loadStream("a")) seen.push(piece.byteLength, clock.ms);
  expect(seen).toEqual([100, 110, 300, 410]);
  const taken: number[] = [];
  const source = function* (): Generator<Uint8Array> {
    for (const piece of pieces) {
      taken.push(clock.ms - 410);
      clock.ms += 1000;
      yield piece;
    }
  };
  expect(await time(clock, () => backend.storeStream("b", source()))).toBe(2410);
  expect(taken).toEqual([0, 1100]);
});

test("close waits for the emulated time of the calls and steps that it found, and of no others", async () => {
  const inner = await openMemory();
  await inner.store("a", bytes("value"));
  let ms = 0;
  const wakers: (() => void)[] = [];
  const sleep = (): Promise<void> => new Promise((resolve) => void wakers.push(resolve));
  const backend = withEmulation(inner, { latencyUs: 1000, now: () => ms, sleep });
  const events: string[] = [];
  const asking = backend.info("a").then(() => events.push("info"));
  const pages = backend.list("")[Symbol.asyncIterator]();
  const listing = pages.next().then(() => events.push("page"));
  while (wakers.length < 2) await turnOfEventLoop();
  const closing = backend.close().then(() => events.push("close"));
  await turnOfEventLoop();
  expect(inner.isOpen).toBe(false);
  // Refused below; that takes its time too, but close does not wait for it.
  const late = backend.info("a").catch((error: unknown) => error);
  while (wakers.length < 3) await turnOfEventLoop();
  expect(events).toEqual([]);
  ms = 1;
  for (const [at, soFar] of [["info"], ["info", "page", "close"]].entries()) {
    wakers[at]?.();
    await turnOfEventLoop();
    expect(events).toEqual(soFar);
  }
  wakers[2]?.();
  expect(await late).toMatchObject({ code: "NOT_OPEN" });
  await expect(pages.next()).rejects.toMatchObject({ code: "NOT_OPEN" });
  await Promise.all([asking, listing, closing]);
});

test("an aborted close does not wait for emulated time", async () => {
  const inner = await openMemory();
  const backend = withEmulation(inner, { latencyUs: 1e12 });
  const stop = new AbortController();
  const asking = backend.info("a", { signal: stop.signal }).catch((error: unknown) => error);
  await turnOfEventLoop();
  const controller = new AbortController();
  const closing = backend.close({ signal: controller.signal });
  await turnOfEventLoop();
  expect(inner.isOpen).toBe(false);
  controller.abort("enough");
  await expect(closing).rejects.toBe("enough");
  stop.abort("and you");
  expect(await asking).toBe("and you");
});

test("an abort ends the wait at once", async () => {
  const controller = new AbortController();
  const backend = withEmulation(await openMemory(), { latencyUs: 1e12 });
  const asking = backend.info("a", { signal: controller.signal });
  setTimeout(() => controller.abort("enough"), 0);
  await expect(asking).rejects.toBe("enough");
});

test("without latency and bandwidth there is no layer, and negative ones are refused", async () => {
  const inner = await openMemory();
  expect(withEmulation(inner, {})).toBe(inner);
  expect(withEmulation(inner, { latencyUs: 0, bandwidthBitsPerSecond: 0 })).toBe(inner);
  for (const options of [{ latencyUs: -1 }, { bandwidthBitsPerSecond: NaN }]) {
    expect(() => withEmulation(inner, options)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  }
});

test("what is no value is refused below, and streams still deliver", async () => {
  const { backend } = await slow({ latencyUs: 1000, bandwidthBitsPerSecond: 1e6 });
  await expect(backend.store("b", "text" as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await backend.storeStream("b", [bytes("one"), bytes("two")]);
  expect(await collect(backend.loadStream("b"))).toBe("onetwo");
});

test("the environment's variables are numbers, or refused by name", () => {
  expect(emulationFromEnvironment({})).toBeUndefined();
  expect(emulationFromEnvironment({ BORGSTORE_LATENCY: "", BORGSTORE_BANDWIDTH: " " })).toBeUndefined();
  expect(emulationFromEnvironment({ BORGSTORE_LATENCY: "1500" })).toEqual({
    latencyUs: 1500,
    bandwidthBitsPerSecond: undefined,
  });
  expect(emulationFromEnvironment({ BORGSTORE_LATENCY: "2.5", BORGSTORE_BANDWIDTH: "1e6" })).toEqual({
    latencyUs: 2.5,
    bandwidthBitsPerSecond: 1e6,
  });
  for (const bad of ["fast", "-1", "0x10", "1 2", "NaN", "Infinity"]) {
    for (const variable of ["BORGSTORE_LATENCY", "BORGSTORE_BANDWIDTH"]) {
      expect(() => emulationFromEnvironment({ [variable]: bad })).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining(variable) as string,
        }),
      );
    }
  }
});

test("the process's environment is read where there is one", () => {
  const before = process.env["BORGSTORE_LATENCY"];
  process.env["BORGSTORE_LATENCY"] = "77";
  try {
    expect(emulationFromEnvironment()).toMatchObject({ latencyUs: 77 });
  } finally {
    if (before === undefined) delete process.env["BORGSTORE_LATENCY"];
    else process.env["BORGSTORE_LATENCY"] = before;
  }
});
