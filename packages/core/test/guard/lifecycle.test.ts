import { describe, expect, test } from "vitest";
import { defineBackend, StoreError, type ItemInfo } from "../../src/index.ts";
import {
  makeGate,
  makeHangingDriver,
  makeTestDriver,
  never,
  operations,
  turnOfEventLoop,
} from "./test-driver.ts";

const bytes = new Uint8Array([1]);

describe("a backend that is not open", () => {
  test.each(operations)("refuses %s with NOT_OPEN and leaves the driver alone", async (operation, call) => {
    const driver = makeTestDriver();
    const backend = defineBackend(driver);
    await expect(call(backend)).rejects.toMatchObject({ code: "NOT_OPEN", backend: "test", operation });
    await backend.open();
    await backend.close();
    driver.calls.length = 0;
    await expect(call(backend)).rejects.toMatchObject({ code: "NOT_OPEN", backend: "test", operation });
    expect(driver.calls).toEqual([]);
  });

  test("can be closed without effect", async () => {
    const driver = makeTestDriver();
    await defineBackend(driver).close();
    expect(driver.calls).toEqual([]);
  });
});

describe("a backend that is open", () => {
  test.each(["create", "destroy", "open"] as const)("refuses %s with ALREADY_OPEN", async (operation) => {
    const driver = makeTestDriver();
    const backend = defineBackend(driver);
    await backend.open();
    driver.calls.length = 0;
    await expect(backend[operation]()).rejects.toMatchObject({ code: "ALREADY_OPEN", operation });
    expect(driver.calls).toEqual([]);
    expect(backend.isOpen).toBe(true);
  });

  test("is opened once when two callers open it at the same time", async () => {
    const driver = makeTestDriver();
    const backend = defineBackend(driver);
    const results = await Promise.allSettled([backend.open(), backend.open()]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
    expect(driver.calls).toEqual(["open"]);
  });

  test("shows the capabilities that its driver found out while opening, frozen", async () => {
    const driver = makeTestDriver();
    let atomicMove = false;
    Object.defineProperty(driver, "capabilities", {
      get: () => ({ ...makeTestDriver().capabilities, atomicMove }),
    });
    const backend = defineBackend(driver);
    expect(backend.capabilities.atomicMove).toBe(false);
    atomicMove = true;
    await backend.open();
    expect(backend.capabilities.atomicMove).toBe(true);
    expect(Object.isFrozen(backend.capabilities)).toBe(true);
  });
});

describe("open", () => {
  test("that failed leaves the backend closed, to be opened again", async () => {
    let attempts = 0;
    const backend = defineBackend(
      makeTestDriver({
        open: async () => {
          attempts++;
          if (attempts === 1) throw new StoreError("CONNECTION");
        },
      }),
    );
    await expect(backend.open()).rejects.toMatchObject({ code: "CONNECTION", operation: "open" });
    expect(backend.isOpen).toBe(false);
    await backend.open();
    expect(backend.isOpen).toBe(true);
  });

  test("that is aborted rejects at once, and closes the driver when it has opened after all", async () => {
    const opened = makeGate();
    const driver = makeTestDriver({ open: () => opened.promise });
    const backend = defineBackend(driver);
    const controller = new AbortController();
    const opening = backend.open({ signal: controller.signal });
    await turnOfEventLoop();
    controller.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    opened.resolve();
    await turnOfEventLoop();
    expect(driver.calls).toEqual(["open", "close"]);
    expect(backend.isOpen).toBe(false);
    await backend.open();
    expect(backend.isOpen).toBe(true);
  });

  test("tells the truth when the abort comes just as the driver has opened", async () => {
    for (let steps = 0; steps < 25; steps++) {
      const opened = makeGate();
      const driver = makeTestDriver({ open: () => opened.promise });
      const backend = defineBackend(driver);
      const controller = new AbortController();
      const opening = backend.open({ signal: controller.signal }).then(
        () => true,
        () => false,
      );
      await turnOfEventLoop();
      opened.resolve();
      for (let i = 0; i < steps; i++) await Promise.resolve();
      controller.abort();
      const resolved = await opening;
      await turnOfEventLoop();
      expect({ steps, isOpen: backend.isOpen }).toEqual({ steps, isOpen: resolved });
      expect(driver.calls.includes("close")).toBe(!resolved);
    }
  });

  test("after an aborted open waits for the driver to be done with that one", async () => {
    const opened = makeGate();
    const driver = makeTestDriver({ open: () => opened.promise });
    const backend = defineBackend(driver);
    const controller = new AbortController();
    const first = backend.open({ signal: controller.signal });
    const second = backend.open();
    await turnOfEventLoop();
    controller.abort();
    await expect(first).rejects.toBe(controller.signal.reason);
    opened.resolve();
    await second;
    expect(driver.calls).toEqual(["open", "close", "open"]);
  });
});

describe("close", () => {
  test("refuses new operations, and waits for those under way before it syncs and disconnects", async () => {
    const stored = makeGate();
    const driver = makeTestDriver({ store: () => stored.promise, sync: async () => undefined });
    const backend = defineBackend(driver);
    await backend.open();
    const storing = backend.store("a", bytes);
    const closing = backend.close();
    await turnOfEventLoop();
    expect(driver.calls).toEqual(["open", "store a"]);
    expect(backend.isOpen).toBe(false);
    await expect(backend.load("a")).rejects.toMatchObject({ code: "NOT_OPEN" });
    stored.resolve();
    await Promise.all([storing, closing]);
    expect(driver.calls).toEqual(["open", "store a", "sync", "close"]);
  });

  test("waits for an operation whose caller gave up", async () => {
    const stored = makeGate();
    const driver = makeTestDriver({ store: () => stored.promise });
    const backend = defineBackend(driver);
    await backend.open();
    const controller = new AbortController();
    const storing = backend.store("a", bytes, { signal: controller.signal });
    controller.abort();
    await expect(storing).rejects.toBe(controller.signal.reason);
    const closing = backend.close();
    await turnOfEventLoop();
    expect(driver.calls).not.toContain("close");
    stored.resolve();
    await closing;
    expect(driver.calls).toContain("close");
  });

  test("ends when another close is under way, and the backend can be opened again", async () => {
    const driver = makeTestDriver();
    const backend = defineBackend(driver);
    await backend.open();
    await Promise.all([backend.close(), backend.close(), backend.open()]);
    expect(driver.calls).toEqual(["open", "close", "open"]);
    await backend[Symbol.asyncDispose]();
    expect(backend.isOpen).toBe(false);
  });

  test("throws the failure to make durable after disconnecting, rather than one of disconnecting", async () => {
    const driver = makeTestDriver({
      sync: async () => {
        throw new StoreError("NO_SPACE");
      },
      close: async () => {
        throw new StoreError("CONNECTION");
      },
    });
    const backend = defineBackend(driver);
    await backend.open();
    await expect(backend.close()).rejects.toMatchObject({ code: "NO_SPACE", operation: "close" });
    expect(driver.calls).toEqual(["open", "sync", "close"]);
    expect(backend.isOpen).toBe(false);
    await backend.close();
    expect(driver.calls).toEqual(["open", "sync", "close"]);
  });

  test("that is aborted waits no longer for operations that hang, and disconnects", async () => {
    const driver = makeHangingDriver();
    const backend = defineBackend(driver);
    await backend.open();
    const hanging = backend.load("a", { signal: AbortSignal.abort() });
    await expect(hanging).rejects.toThrow();
    void backend.load("a");
    const controller = new AbortController();
    const closing = backend.close({ signal: controller.signal });
    await turnOfEventLoop();
    expect(driver.calls).toEqual(["open", "load a"]);
    controller.abort();
    await expect(closing).rejects.toBe(controller.signal.reason);
    await turnOfEventLoop();
    expect(driver.calls).toEqual(["open", "load a", "close"]);
    await backend.open();
    expect(backend.isOpen).toBe(true);
    // What was given up does not hold up the next one.
    driver.sync = async () => undefined;
    await backend.close();
    expect(backend.isOpen).toBe(false);
  });

  test("tells that a listing could not be released", async () => {
    const backend = defineBackend(
      makeTestDriver({
        async *list() {
          try {
            yield [{ name: "a", exists: true, size: 1, isDirectory: false }];
          } finally {
            // eslint-disable-next-line no-unsafe-finally -- this is the failure
            throw new StoreError("CONNECTION");
          }
        },
      }),
    );
    await backend.open();
    await backend.list("")[Symbol.asyncIterator]().next();
    await expect(backend.close()).rejects.toMatchObject({ code: "CONNECTION", operation: "close" });
    expect(backend.isOpen).toBe(false);
  });

  test("ends listings for good: they do not go on when the backend is opened again", async () => {
    const driver = makeTestDriver();
    const backend = defineBackend(driver);
    await backend.open();
    await backend.store("a", bytes);
    const listing = backend.list("")[Symbol.asyncIterator]();
    expect((await listing.next()).done).toBe(false);
    await backend.close();
    await backend.open();
    await expect(listing.next()).rejects.toMatchObject({ code: "NOT_OPEN" });
  });

  test("releases listings that wait for their reader before it disconnects; they end with NOT_OPEN", async () => {
    const events: string[] = [];
    const page: readonly ItemInfo[] = [{ name: "a", exists: true, size: 1, isDirectory: false }];
    const driver = makeTestDriver({
      async *list() {
        try {
          yield page;
          yield page;
        } finally {
          await turnOfEventLoop();
          events.push("released");
        }
      },
      close: async () => void events.push("closed"),
    });
    const backend = defineBackend(driver);
    await backend.open();
    const listing = backend.list("")[Symbol.asyncIterator]();
    expect((await listing.next()).value).toEqual(page);
    await backend.close();
    expect(events).toEqual(["released", "closed"]);
    await expect(listing.next()).rejects.toMatchObject({ code: "NOT_OPEN", operation: "list" });
    expect((await listing.next()).done).toBe(true);
    expect(events).toEqual(["released", "closed"]);
  });

  test("waits for the page that a listing is at, and for its release after an abort", async () => {
    const pageCame = makeGate();
    const events: string[] = [];
    const driver = makeTestDriver({
      async *list() {
        try {
          await pageCame.promise;
          yield [];
        } finally {
          await turnOfEventLoop();
          events.push("released");
        }
      },
      close: async () => void events.push("closed"),
    });
    const backend = defineBackend(driver);
    await backend.open();
    const controller = new AbortController();
    const step = backend.list("", { signal: controller.signal })[Symbol.asyncIterator]().next();
    await turnOfEventLoop();
    controller.abort();
    await expect(step).rejects.toBe(controller.signal.reason);
    const closing = backend.close();
    await turnOfEventLoop();
    expect(events).toEqual([]);
    pageCame.resolve();
    await closing;
    expect(events).toEqual(["released", "closed"]);
  });

  test("a listing that was never begun holds nothing up", async () => {
    const backend = defineBackend(makeTestDriver());
    await backend.open();
    const listing = backend.list("")[Symbol.asyncIterator]();
    await backend.close();
    await expect(listing.next()).rejects.toMatchObject({ code: "NOT_OPEN" });
  });

  test("does not wait for an open that hangs when it has a signal of its own", async () => {
    const backend = defineBackend(makeTestDriver({ open: () => never() }));
    void backend.open();
    const controller = new AbortController();
    const closing = backend.close({ signal: controller.signal });
    controller.abort();
    await expect(closing).rejects.toBe(controller.signal.reason);
  });
});
