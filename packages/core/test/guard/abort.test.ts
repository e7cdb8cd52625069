import { afterEach, beforeEach, expect, test } from "vitest";
import { defineBackend, StoreError, type BackendDriver } from "../../src/index.ts";
import {
  drain,
  makeGate,
  makeHangingDriver,
  makeTestDriver,
  operations,
  turnOfEventLoop,
} from "./test-driver.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});

afterEach(async () => {
  await turnOfEventLoop();
  process.off("unhandledRejection", note);
  if (unhandled.length > 0) throw new Error("unhandled rejections", { cause: unhandled });
});

test.each(operations)("%s with an aborted signal rejects with its reason, without I/O", async (_, call) => {
  const driver = makeTestDriver();
  const backend = defineBackend(driver);
  await backend.open();
  driver.calls.length = 0;
  const reason = { why: "any value will do" };
  await expect(call(backend, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(driver.calls).toEqual([]);
});

test.each(operations)("%s rejects as soon as it is aborted, though the driver hangs", async (_, call) => {
  const driver = makeHangingDriver();
  const backend = defineBackend(driver);
  await backend.open();
  const controller = new AbortController();
  const calling = call(backend, { signal: controller.signal });
  const settled = calling.catch(() => undefined);
  await turnOfEventLoop();
  expect(driver.calls.length).toBeGreaterThan(1);
  controller.abort();
  await expect(calling).rejects.toBe(controller.signal.reason);
  await settled;
});

test.each(["create", "destroy", "open", "close"] as const)(
  "%s with an aborted signal rejects with its reason and changes nothing",
  async (operation) => {
    const driver = makeTestDriver();
    const backend = defineBackend(driver);
    if (operation === "close") await backend.open();
    const isOpen = backend.isOpen;
    driver.calls.length = 0;
    const signal = AbortSignal.abort();
    await expect(backend[operation]({ signal })).rejects.toBe(signal.reason);
    await turnOfEventLoop();
    expect(driver.calls).toEqual([]);
    expect(backend.isOpen).toBe(isOpen);
  },
);

test.each(operations)("%s drops a failure of the driver that comes after the abort", async (_, call) => {
  const failed = makeGate<never>();
  const fail = (): Promise<never> => failed.promise;
  const overrides: Partial<BackendDriver> = {
    // eslint-disable-next-line require-yield -- it fails before it could
    async *list() {
      await failed.promise;
    },
  };
  const driver = makeHangingDriver({
    ...overrides,
    mkdir: fail,
    rmdir: fail,
    info: fail,
    load: fail,
    store: fail,
    delete: fail,
    move: fail,
    quota: fail,
    sync: fail,
  });
  const backend = defineBackend(driver);
  await backend.open();
  const controller = new AbortController();
  const calling = call(backend, { signal: controller.signal });
  const outcome = calling.then(
    () => "no error",
    (error: unknown) => error,
  );
  await turnOfEventLoop();
  controller.abort();
  failed.reject(new Error("too late"));
  expect(await outcome).toBe(controller.signal.reason);
});

test("an error of the driver that the abort caused comes out as the reason", async () => {
  const backend = defineBackend(
    makeTestDriver({
      load: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new StoreError("CONNECTION")), { once: true });
        }),
    }),
  );
  await backend.open();
  const controller = new AbortController();
  const loading = backend.load("a", { signal: controller.signal });
  controller.abort();
  await expect(loading).rejects.toBe(controller.signal.reason);
});

test("an operation leaves no listener on its signal", async () => {
  const listeners = new Set<unknown>();
  const { signal } = new AbortController();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (type: "abort", listener: () => void, options?: { once?: boolean }) => {
      listeners.add(listener);
      add(type, listener, options);
    },
    removeEventListener: (type: "abort", listener: () => void) => {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  const backend = defineBackend(makeTestDriver());
  await backend.open({ signal });
  await backend.store("data/a", new Uint8Array(3), { signal });
  await Promise.allSettled(operations.map(async ([, call]) => await call(backend, { signal })));
  await backend.close({ signal });
  expect(listeners.size).toBe(0);
});

test("an aborted deleteMany begins no further deletes", async () => {
  const deleted: string[] = [];
  const gate = makeGate();
  const backend = defineBackend(
    makeTestDriver({
      delete: async (name) => {
        deleted.push(name);
        await gate.promise;
      },
    }),
  );
  await backend.open();
  const controller = new AbortController();
  const names = Array.from({ length: 100 }, (_, i) => `a${i}`);
  const deleting = backend.deleteMany(names, { signal: controller.signal });
  await turnOfEventLoop();
  const begun = deleted.length;
  expect(begun).toBe(16);
  controller.abort();
  await expect(deleting).rejects.toBe(controller.signal.reason);
  gate.resolve();
  await backend.close();
  expect(deleted.length).toBe(begun);
});

test("an aborted defrag, hash or listing stops between its steps", async () => {
  const loaded = makeGate<Uint8Array<ArrayBuffer>>();
  const driver = makeTestDriver({
    load: () => loaded.promise,
    async *list(directory) {
      if (directory === "") {
        yield [
          { name: "a", exists: true, size: 0, isDirectory: true },
          { name: "b", exists: true, size: 0, isDirectory: true },
        ];
        return;
      }
      await loaded.promise;
      yield [{ name: "x", exists: true, size: 0, isDirectory: false }];
    },
  });
  const backend = defineBackend(driver);
  await backend.open();
  const controller = new AbortController();
  const { signal } = controller;
  const parts = [
    { name: "a", offset: 0, size: 1 },
    { name: "b", offset: 0, size: 1 },
  ];
  const running = Promise.allSettled([
    backend.defrag(parts, { name: "c" }, { signal }),
    backend.hash("a", "sha256", { signal }),
    drain(backend.list("", { recursive: true, signal })),
  ]);
  await turnOfEventLoop();
  controller.abort();
  expect(await running).toEqual(
    [1, 2, 3].map(() => ({ status: "rejected", reason: signal.reason as unknown })),
  );
  driver.calls.length = 0;
  loaded.resolve(new Uint8Array(1));
  await backend.close();
  expect(driver.calls).toEqual(["close"]);
});
