import { StoreError } from "@borgstore/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Connections, type Connect } from "../src/connections.ts";
import { Session } from "../src/session.ts";
import { answers, ScriptedLink } from "./protocol/scripted-link.ts";

/** One attempt to connect, which the test decides. */
interface Attempt {
  readonly signal: AbortSignal;
  readonly accept: () => Promise<ScriptedLink>;
  readonly refuse: (error: unknown) => Promise<void>;
}

/** Connections to a server that the test plays. */
class Fixture {
  readonly attempts: Attempt[] = [];
  readonly connections: Connections;

  constructor(most = 1) {
    const connect: Connect = (signal) =>
      new Promise<Session>((resolve, reject) => {
        this.attempts.push({
          signal,
          accept: async () => {
            const link = new ScriptedLink();
            const starting = Session.start(link, { stallMs: 1e6, requestMs: 1e6, longRequestMs: 1e6 });
            link.receive(answers.version(3));
            resolve(await starting);
            await settle();
            return link;
          },
          refuse: async (error) => {
            reject(error instanceof Error ? error : new Error("refused"));
            await settle();
          },
        });
      });
    this.connections = new Connections(connect, most);
  }

  get last(): Attempt {
    const last = this.attempts.at(-1);
    if (last === undefined) throw new Error("nobody has tried to connect");
    return last;
  }

  /** Takes a connection and keeps it, as an operation that goes on and on. */
  async occupy(): Promise<Session> {
    return await this.connections.acquire(undefined);
  }
}

/** Lets run everything that is ready. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "it resolved",
    (error: unknown) => error,
  );
}

const passing = (): StoreError => new StoreError("CONNECTION", { detail: "refused", cause: "the cause" });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("connecting", () => {
  test("begins when somebody needs it, once for all who wait", async () => {
    const { connections, attempts } = new Fixture();
    expect(attempts).toHaveLength(0);
    const using = [1, 2, 3].map((one) =>
      connections.use(undefined, (session) => Promise.resolve([one, session])),
    );
    await settle();
    expect(attempts).toHaveLength(1);
    await attempts[0]?.accept();
    const used = await Promise.all(using);
    expect(used.map(([one]) => one)).toEqual([1, 2, 3]);
    expect(new Set(used.map(([, session]) => session)).size).toBe(1);
    expect(connections.count).toBe(1);
  });

  test("is tried three times, with pauses that are not always the same", async () => {
    const { connections, attempts } = new Fixture();
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const using = errorOf(connections.use(undefined, () => Promise.resolve()));
    await settle();
    await attempts[0]?.refuse(passing());
    await vi.advanceTimersByTimeAsync(249);
    expect(attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(attempts).toHaveLength(2);
    random.mockReturnValue(0.999_999);
    await attempts[1]?.refuse(passing());
    await vi.advanceTimersByTimeAsync(1490);
    expect(attempts).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(20);
    expect(attempts).toHaveLength(3);
    await attempts[2]?.refuse(passing());
    expect(await using).toMatchObject({ code: "CONNECTION" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempts).toHaveLength(3);
    random.mockRestore();
  });

  test("that succeeds at the last attempt is no failure", async () => {
    const fixture = new Fixture();
    const using = fixture.connections.use(undefined, () => Promise.resolve("done"));
    for (let failed = 0; failed < 2; failed++) {
      await vi.advanceTimersByTimeAsync(1500);
      await fixture.last.refuse(passing());
    }
    await vi.advanceTimersByTimeAsync(1500);
    await fixture.last.accept();
    expect(await using).toBe("done");
  });

  test("that fails is told to each who waits by an error of their own, marked as unsent", async () => {
    const fixture = new Fixture();
    const using = [1, 2, 3].map(() => errorOf(fixture.connections.use(undefined, () => Promise.resolve())));
    await settle();
    await fixture.last.refuse(new StoreError("UNAUTHENTICATED", { detail: "no key", cause: "the cause" }));
    const errors = await Promise.all(using);
    expect(new Set(errors).size).toBe(3);
    for (const error of errors) {
      expect(error).toMatchObject({
        code: "UNAUTHENTICATED",
        retryable: false,
        unsent: true,
        cause: "the cause",
        message: new StoreError("UNAUTHENTICATED", { detail: "no key" }).message,
      });
    }
  });

  test.each([
    ["a host key that is not known", new StoreError("HOST_KEY")],
    ["a login that is refused", new StoreError("UNAUTHENTICATED")],
    ["a host that does not exist", new StoreError("CONNECTION", { retryable: false })],
    ["a server that has had its time", new StoreError("TIMEOUT")],
  ])("is not tried again for %s", async (_what, error) => {
    const fixture = new Fixture();
    const using = errorOf(fixture.connections.use(undefined, () => Promise.resolve()));
    await settle();
    await fixture.last.refuse(error);
    expect(await using).toMatchObject({ code: error.code, retryable: error.retryable });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fixture.attempts).toHaveLength(1);
  });

  test("that failed is tried anew by the next who needs it", async () => {
    const fixture = new Fixture();
    const first = errorOf(fixture.connections.use(undefined, () => Promise.resolve()));
    await settle();
    await fixture.last.refuse(new StoreError("UNAUTHENTICATED"));
    await first;
    const second = fixture.connections.use(undefined, () => Promise.resolve("done"));
    await settle();
    await fixture.last.accept();
    expect([await second, fixture.attempts.length]).toEqual(["done", 2]);
  });

  test("passes on what is no error of a store as it is", async () => {
    const fixture = new Fixture();
    const using = errorOf(fixture.connections.use(undefined, () => Promise.resolve()));
    await settle();
    const fault = new TypeError("a bug");
    await fixture.last.refuse(fault);
    expect(await using).toBe(fault);
  });
});

describe("an abort", () => {
  test("ends the waiting of its own operation only", async () => {
    const fixture = new Fixture();
    const controller = new AbortController();
    const reason = new Error("enough");
    const aborted = errorOf(fixture.connections.use(controller.signal, () => Promise.resolve()));
    const other = fixture.connections.use(undefined, () => Promise.resolve("done"));
    await settle();
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    expect(fixture.last.signal.aborted).toBe(false);
    await fixture.last.accept();
    expect(await other).toBe("done");
  });

  test("before it begins connects to nothing", async () => {
    const fixture = new Fixture();
    const reason = new Error("enough");
    const using = errorOf(fixture.connections.use(AbortSignal.abort(reason), () => Promise.resolve()));
    expect(await using).toBe(reason);
    expect(fixture.attempts).toHaveLength(0);
  });
});

describe("more connections", () => {
  test("are made one after the other while those that there are have something to do", async () => {
    const fixture = new Fixture(3);
    const first = fixture.occupy();
    await settle();
    await fixture.last.accept();
    const sessions = [await first];
    expect(fixture.attempts).toHaveLength(1);
    // Nobody waits for the next one.
    sessions.push(await fixture.occupy(), await fixture.occupy());
    expect(new Set(sessions).size).toBe(1);
    await settle();
    expect(fixture.attempts).toHaveLength(2);
    await fixture.last.accept();
    expect(fixture.connections.count).toBe(2);
    const second = await fixture.occupy();
    expect(sessions).not.toContain(second);
    // Idle until now; the next operation finds none that is.
    await settle();
    expect(fixture.attempts).toHaveLength(2);
    await fixture.occupy();
    await settle();
    expect(fixture.attempts).toHaveLength(3);
    await fixture.last.accept();
    for (let more = 0; more < 10; more++) await fixture.occupy();
    await settle();
    expect([fixture.attempts.length, fixture.connections.count]).toEqual([3, 3]);
  });

  test("are not made while there is an idle one", async () => {
    const fixture = new Fixture(3);
    const first = fixture.connections.use(undefined, (session) => Promise.resolve(session));
    await settle();
    await fixture.last.accept();
    await first;
    for (let more = 0; more < 5; more++) await fixture.connections.use(undefined, () => Promise.resolve());
    await settle();
    expect(fixture.attempts).toHaveLength(1);
  });

  test("share the work: the next operation takes the one with the least", async () => {
    const fixture = new Fixture(2);
    const starting = fixture.occupy();
    await settle();
    await fixture.last.accept();
    const first = await starting;
    await fixture.occupy();
    await settle();
    await fixture.last.accept();
    const taken = [
      await fixture.occupy(),
      await fixture.occupy(),
      await fixture.occupy(),
      await fixture.occupy(),
    ];
    expect(taken.filter((session) => session === first)).toHaveLength(1);
    expect(first.operations).toBe(3);
    fixture.connections.release(first);
    expect(first.operations).toBe(2);
    expect(await fixture.occupy()).toBe(first);
  });

  test("that are refused are no failure, and are not tried again for a while", async () => {
    const fixture = new Fixture(2);
    const starting = fixture.occupy();
    await settle();
    await fixture.last.accept();
    const first = await starting;
    expect(await fixture.occupy()).toBe(first);
    await settle();
    await fixture.last.refuse(passing());
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await fixture.occupy()).toBe(first);
    await settle();
    expect(fixture.attempts).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await fixture.occupy()).toBe(first);
    await settle();
    expect(fixture.attempts).toHaveLength(3);
    await fixture.last.accept();
    expect(fixture.connections.count).toBe(2);
  });

  test("that were given up by closing are tried again at once afterwards", async () => {
    const fixture = new Fixture(2);
    const starting = fixture.occupy();
    await settle();
    await fixture.last.accept();
    await starting;
    await fixture.occupy();
    await settle();
    const closing = fixture.connections.close(false);
    await fixture.last.refuse(new StoreError("CONNECTION"));
    await closing;
    fixture.connections.open();
    const again = fixture.occupy();
    await settle();
    await fixture.last.accept();
    await again;
    await fixture.occupy();
    await settle();
    expect(fixture.attempts).toHaveLength(4);
  });
});

describe("a lost connection", () => {
  test("is replaced when the next operation needs one", async () => {
    const fixture = new Fixture();
    const first = fixture.occupy();
    await settle();
    const link = await fixture.last.accept();
    const lost = await first;
    link.lose(() => new StoreError("CONNECTION"));
    expect(fixture.connections.count).toBe(0);
    await settle();
    expect(fixture.attempts).toHaveLength(1);
    const next = fixture.occupy();
    await settle();
    await fixture.last.accept();
    expect(await next).not.toBe(lost);
    expect(fixture.connections.count).toBe(1);
  });

  test("does not take the others along", async () => {
    const fixture = new Fixture(2);
    const first = fixture.occupy();
    await settle();
    const link = await fixture.last.accept();
    await first;
    await fixture.occupy();
    await settle();
    await fixture.last.accept();
    link.lose(() => new StoreError("CONNECTION"));
    expect(await fixture.occupy()).not.toBe(await first);
    expect(fixture.connections.count).toBe(1);
  });
});

test("an attempt for one more is followed by others when the last one is lost meanwhile", async () => {
  const fixture = new Fixture(2);
  const first = fixture.occupy();
  await settle();
  const link = await fixture.last.accept();
  await first;
  await fixture.occupy();
  await settle();
  expect(fixture.attempts).toHaveLength(2);
  link.lose(() => new StoreError("CONNECTION"));
  const waiting = fixture.connections.use(undefined, () => Promise.resolve("done"));
  await fixture.last.refuse(passing());
  await vi.advanceTimersByTimeAsync(500);
  expect(fixture.attempts).toHaveLength(3);
  await fixture.last.accept();
  expect(await waiting).toBe("done");
});

describe("an operation", () => {
  test("that fails gives its connection back", async () => {
    const fixture = new Fixture();
    const failing = errorOf(
      fixture.connections.use(undefined, () => Promise.reject(new StoreError("NOT_FOUND"))),
    );
    await settle();
    await fixture.last.accept();
    expect(await failing).toMatchObject({ code: "NOT_FOUND", unsent: false });
    expect((await fixture.occupy()).operations).toBe(1);
  });
});

describe("closing", () => {
  test("ends all connections in good order, or at once", async () => {
    const fixture = new Fixture(2);
    const first = fixture.occupy();
    await settle();
    const links = [await fixture.last.accept()];
    await first;
    await fixture.occupy();
    await settle();
    links.push(await fixture.last.accept());
    await fixture.connections.close(false);
    expect(links.map(({ endedWithin }) => endedWithin)).toEqual([2000, 2000]);
    expect(fixture.connections.count).toBe(0);

    fixture.connections.open();
    const next = fixture.occupy();
    await settle();
    const link = await fixture.last.accept();
    await next;
    await fixture.connections.close(true);
    expect(link.endedWithin).toBe(0);
  });

  test("stops connecting, and those who wait are told", async () => {
    const fixture = new Fixture();
    const using = errorOf(fixture.connections.use(undefined, () => Promise.resolve()));
    await settle();
    const closing = fixture.connections.close(false);
    expect(fixture.last.signal.aborted).toBe(true);
    await fixture.last.refuse(fixture.last.signal.reason);
    await closing;
    expect(await using).toMatchObject({
      code: "CONNECTION",
      unsent: true,
      message: expect.stringMatching(/closed/) as unknown,
    });
  });

  test("ends the pause between two attempts", async () => {
    const fixture = new Fixture();
    const using = errorOf(fixture.connections.use(undefined, () => Promise.resolve()));
    await settle();
    await fixture.last.refuse(passing());
    await fixture.connections.close(false);
    expect(await using).toMatchObject({ code: "CONNECTION" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([fixture.attempts.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  test("also ends a connection that comes about all the same", async () => {
    const fixture = new Fixture();
    const using = fixture.connections.use(undefined, () => Promise.resolve("used"));
    await settle();
    const closing = fixture.connections.close(false);
    const link = await fixture.last.accept();
    await closing;
    expect(link.endedWithin).toBe(2000);
    expect(fixture.connections.count).toBe(0);
    await using;
  });

  test("is until it is opened again: work that was given up makes no connection", async () => {
    const fixture = new Fixture();
    await fixture.connections.close(false);
    const refused = errorOf(fixture.connections.use(undefined, () => Promise.resolve()));
    expect(await refused).toMatchObject({ code: "CONNECTION", retryable: false, unsent: true });
    expect(fixture.attempts).toHaveLength(0);
    fixture.connections.open();
    const using = fixture.connections.use(undefined, () => Promise.resolve("done"));
    await settle();
    await fixture.last.accept();
    expect(await using).toBe("done");
  });
});
