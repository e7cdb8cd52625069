import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  bodyPieces,
  readBody,
  Requests,
  StoreError,
  type Exchange,
  type RequestLimits,
} from "../../src/index.ts";

const patient: RequestLimits = { concurrency: 2, requestTimeoutMs: 60_000, stallTimeoutMs: 60_000 };

function requestsWith(limits: Partial<RequestLimits> = {}): Requests {
  return new Requests({ ...patient, ...limits }, (error, name) => {
    if (StoreError.is(error)) return error;
    return new StoreError("UNAVAILABLE", { key: name, cause: error });
  });
}

function never(): Promise<never> {
  return new Promise(() => {});
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return StoreError.is(error) ? error.code : String(error);
}

async function comesSlowly(exchange: Exchange): Promise<string> {
  for (let at = 0; at < 10; at++) {
    exchange.progress();
    await wait(20);
  }
  return "all";
}

describe("requests", () => {
  test("begin so many at a time, first come, first served", async () => {
    const requests = requestsWith();
    const log: string[] = [];
    const ends: (() => void)[] = [];
    const all = ["a", "b", "c"].map((name) =>
      requests.run({ signal: undefined, name }, async () => {
        log.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      }),
    );
    await wait(5);
    expect(log).toEqual(["a", "b"]);
    ends[1]?.();
    await expect.poll(() => log).toEqual(["a", "b", "c"]);
    for (const end of ends) end();
    await Promise.all(all);
  });

  test("fail with what their work fails with, classified", async () => {
    const requests = requestsWith();
    const failing = requests.run({ signal: undefined, name: "n" }, () => Promise.reject(new Error("x")));
    await expect(failing).rejects.toMatchObject({ code: "UNAVAILABLE", key: "n" });
  });

  test("have a limit until the answer comes, longer for those with a body and for long ones", async () => {
    const requests = requestsWith({ requestTimeoutMs: 20 });
    expect(await codeOf(requests.run({ signal: undefined }, never))).toBe("TIMEOUT");
    const withBody = requests.run(
      { signal: undefined, bodyBytes: 16_384 * 60 },
      async () => await wait(100, "sent"),
    );
    expect(await withBody).toBe("sent");
    expect(await requests.run({ signal: undefined, isLong: true }, async () => await wait(60, "long"))).toBe(
      "long",
    );
  });

  test("are limited only by silence once the answer comes", async () => {
    const patiently = requestsWith({ requestTimeoutMs: 30, stallTimeoutMs: 30_000 });
    expect(await patiently.run({ signal: undefined }, comesSlowly)).toBe("all");
    const requests = requestsWith({ requestTimeoutMs: 30_000, stallTimeoutMs: 50 });
    const stalling = requests.run({ signal: undefined }, async (exchange) => {
      exchange.progress();
      return await never();
    });
    expect(await codeOf(stalling)).toBe("TIMEOUT");
  });

  test("are not limited while the reader takes its time, and get the limit of an answer when all is sent", async () => {
    const requests = requestsWith({ requestTimeoutMs: 30, stallTimeoutMs: 30 });
    const paused = requests.run({ signal: undefined }, async (exchange) => {
      exchange.pause();
      return await wait(120, "later");
    });
    expect(await paused).toBe("later");
    const sent = requests.run({ signal: undefined }, async (exchange) => {
      exchange.pause();
      exchange.sent(0);
      return await never();
    });
    expect(await codeOf(sent)).toBe("TIMEOUT");
  });

  test("end with the reason of an abort, and tell those who send them", async () => {
    const requests = requestsWith();
    const controller = new AbortController();
    let isTold = false;
    const running = requests.run({ signal: controller.signal }, async (exchange) => {
      exchange.signal.addEventListener("abort", () => (isTold = true));
      return await never();
    });
    await wait(1);
    controller.abort("enough");
    expect(await codeOf(running)).toBe("enough");
    expect(isTold).toBe(true);
  });

  test("end when they are closed, and none begins afterwards", async () => {
    const requests = requestsWith();
    const running = requests.run({ signal: undefined }, never);
    await wait(1);
    requests.close();
    expect(await codeOf(running)).toBe("NOT_OPEN");
    expect(await codeOf(requests.run({ signal: undefined }, () => Promise.resolve()))).toBe("NOT_OPEN");
  });
});

function bodyOf(value: Uint8Array, chunkLength = 300): Readable {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < value.byteLength; at += chunkLength)
    chunks.push(value.subarray(at, at + chunkLength));
  return Readable.from(chunks, { objectMode: false });
}

async function read(
  body: Readable,
  part: { skip: number; take: number; length: number | undefined },
): Promise<Uint8Array> {
  return await requestsWith().run({ signal: undefined }, (exchange) => readBody(body, part, exchange));
}

describe("a body", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_none, at) => at % 251);

  test("is read whole or in part", async () => {
    expect(await read(bodyOf(bytes), { skip: 0, take: 1000, length: 1000 })).toEqual(bytes);
    expect(await read(bodyOf(bytes), { skip: 250, take: 100, length: 1000 })).toEqual(bytes.slice(250, 350));
    expect(await read(bodyOf(bytes), { skip: 0, take: 0, length: 1000 })).toEqual(new Uint8Array(0));
  });

  test("of another length than was announced is INTEGRITY", async () => {
    expect(await codeOf(read(bodyOf(bytes), { skip: 0, take: 1001, length: 1001 }))).toBe("INTEGRITY");
    expect(await codeOf(read(bodyOf(bytes), { skip: 0, take: 999, length: 999 }))).toBe("INTEGRITY");
  });

  test("that is closed in the middle is CONNECTION", async () => {
    const body = new Readable({ read() {} });
    const reading = read(body, { skip: 0, take: 10, length: 10 });
    await wait(1);
    body.push(new Uint8Array(5));
    await wait(1);
    body.destroy();
    expect(await codeOf(reading)).toBe("CONNECTION");
  });

  test.each([
    [0, Infinity],
    [0, 1000],
    [7, 500],
    [999, 1],
    [0, 0],
    [1000, Infinity],
  ])("comes in pieces of their own memory, from %i, %d bytes", async (skip, take) => {
    const requests = requestsWith({ concurrency: 1 });
    const exchange = await requests.begin({ signal: undefined });
    const pieces: Uint8Array[] = [];
    for await (const piece of bodyPieces(bodyOf(bytes), { skip, take }, exchange)) {
      expect(piece.byteLength).toBe(piece.buffer.byteLength);
      pieces.push(piece);
    }
    exchange.end();
    expect(new Uint8Array(Buffer.concat(pieces))).toEqual(bytes.slice(skip, skip + take));
  });

  test("that is read in pieces lets others begin, and is destroyed when its reader stops", async () => {
    const requests = requestsWith({ concurrency: 1 });
    const exchange = await requests.begin({ signal: undefined });
    const body = bodyOf(new Uint8Array(2_000_000), 65_536);
    for await (const piece of bodyPieces(body, { skip: 0, take: Infinity }, exchange)) {
      expect(piece.byteLength).toBe(256 * 1024);
      expect(await requests.run({ signal: undefined }, () => Promise.resolve("other"))).toBe("other");
      break;
    }
    exchange.end();
    expect(body.destroyed).toBe(true);
  });
});
