import type { Backend } from "@borgstore/core";
import { createHash, type Hash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { sftpBackend } from "../src/index.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import type { SftpServerOptions } from "./server/sftp-server-options.ts";

const mebibyte = 1024 * 1024;
const total = 64 * mebibyte;
/** The most that may be under way: of the connection, and of the piece that is being cut. */
const mostInFlight = 8 * mebibyte;

interface SetUp extends InProcess {
  readonly backend: Backend;
  readonly file: string;
}

async function setUp(server: Partial<SftpServerOptions> = {}): Promise<SetUp> {
  const started = await inProcess(server);
  const backend = sftpBackend(started.options("store", { durability: "none" }));
  onTestFinished(() => backend.close());
  await backend.create();
  await backend.open();
  return { ...started, backend, file: join(started.home, "store/value") };
}

/** 64 MiB in pieces of odd sizes, made when they are asked for. */
class Source {
  /** So much was asked for. */
  made = 0;
  readonly hash: Hash = createHash("sha256");

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = 0; this.made < total; at++) {
      const piece = new Uint8Array(Math.min(total - this.made, 100_000 + ((at * 37_777) % 400_000))).fill(at);
      this.made += piece.byteLength;
      this.hash.update(piece);
      yield await Promise.resolve(piece);
    }
  }
}

function hashOf(file: string): string {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

/**
 * Waits until a number stays the same for so long, in turns of the event loop and in time, that all which could go on
 * has. Files are worked on by threads, which take their time on a busy machine.
 */
async function atRest(read: () => number): Promise<number> {
  let last = -1;
  let sinceMs = 0;
  for (let turns = 0; turns < 300 || performance.now() - sinceMs < 100; turns++) {
    await setImmediate();
    const now = read();
    if (now === last) continue;
    last = now;
    turns = 0;
    sinceMs = performance.now();
  }
  return last;
}

describe("a value of 64 MiB that comes in pieces", () => {
  test("is stored while little of it is in memory, and a slow server slows its source down", async () => {
    const gate = new EventEmitter();
    const opened = once(gate, "open");
    const { backend, file } = await setUp({
      before: ({ type }) => (type === "write" ? opened.then(() => "proceed" as const) : "proceed"),
    });
    const source = new Source();
    const storing = backend.storeStream("value", source);
    // Awaited at the end; an assertion before that may fail first.
    storing.catch(() => undefined);
    await expect.poll(() => source.made).toBeGreaterThan(mebibyte);
    const ahead = await atRest(() => source.made);
    expect(ahead).toBeLessThanOrEqual(mostInFlight);
    gate.emit("open");
    await storing;
    expect(fs.statSync(file).size).toBe(total);
    expect(hashOf(file)).toBe(source.hash.digest("hex"));
  });

  test("is loaded in pieces, and a slow reader slows the server down", async () => {
    const { backend, file, server } = await setUp();
    const value = Buffer.alloc(total);
    for (let at = 0; at < total; at += 4) value.writeUInt32LE(at, at);
    fs.writeFileSync(file, value);
    const hash = createHash("sha256");
    let taken = 0;
    let most = 0;
    for await (const piece of backend.loadStream("value")) {
      taken += piece.byteLength;
      hash.update(piece);
      // A reader that is busy with something else now and then.
      const isSlow = taken < mebibyte || (taken > total / 2 && taken < total / 2 + mebibyte);
      if (isSlow) most = Math.max(most, (await atRest(() => server.deliveredBytes)) - taken);
    }
    expect(taken).toBe(total);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(mostInFlight);
    expect(hash.digest("hex")).toBe(hashOf(file));
    expect(server.openHandles).toBeLessThanOrEqual(1);
  });
});

describe("a stream that ends early", () => {
  test("closes the handle of a reader that has seen enough, and the backend goes on", async () => {
    const { backend, file, server } = await setUp();
    fs.writeFileSync(file, Buffer.alloc(8 * mebibyte));
    for await (const piece of backend.loadStream("value")) {
      expect(piece.byteLength).toBeGreaterThan(0);
      break;
    }
    expect((await backend.info("value")).size).toBe(8 * mebibyte);
    expect(server.openHandles).toBe(0);
    expect(server.deliveredBytes).toBeLessThan(4 * mebibyte);
  });

  test("leaves nothing behind of a source that fails", async () => {
    const { backend, file, server } = await setUp();
    const reason = new Error("the disk of the source");
    const failing = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(new Uint8Array(mebibyte));
      throw reason;
    };
    await expect(backend.storeStream("value", failing())).rejects.toBe(reason);
    expect(fs.existsSync(file)).toBe(false);
    expect(fs.readdirSync(join(file, ".."))).toEqual([]);
    expect(server.openHandles).toBe(0);
  });

  test("leaves nothing behind when it is aborted in the middle, in either direction", async () => {
    const { backend, file, server } = await setUp();
    const reason = new Error("enough");
    const controller = new AbortController();
    const source = new Source();
    const aborting = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const piece of source) {
        if (source.made > 4 * mebibyte) controller.abort(reason);
        yield piece;
      }
    };
    const storing = backend.storeStream("value", aborting(), { signal: controller.signal });
    await expect(storing).rejects.toBe(reason);
    await expect.poll(() => fs.readdirSync(join(file, ".."))).toEqual([]);

    fs.writeFileSync(file, Buffer.alloc(8 * mebibyte));
    const second = new AbortController();
    const reading = (async () => {
      for await (const piece of backend.loadStream("value", { signal: second.signal })) {
        if (piece.byteLength > 0) second.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    await expect.poll(() => server.openHandles).toBe(0);
    expect((await backend.info("value")).size).toBe(8 * mebibyte);
  });
});

test("a value that is replaced while it is read is read as it was when it was opened", async () => {
  const { backend, file } = await setUp();
  fs.writeFileSync(file, Buffer.alloc(2 * mebibyte, 1));
  const pieces: Uint8Array[] = [];
  for await (const piece of backend.loadStream("value")) {
    if (pieces.length === 0) await backend.store("value", new Uint8Array(10).fill(2));
    pieces.push(piece);
  }
  expect(Buffer.concat(pieces).equals(Buffer.alloc(2 * mebibyte, 1))).toBe(true);
});

test("a value that gets shorter while it is read is told as a fault worth repeating", async () => {
  const { backend, file } = await setUp();
  fs.writeFileSync(file, Buffer.alloc(8 * mebibyte));
  const reading = (async () => {
    for await (const piece of backend.loadStream("value")) {
      if (piece.byteLength > 0) fs.truncateSync(file, mebibyte);
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: "INTEGRITY", retryable: true });
});
