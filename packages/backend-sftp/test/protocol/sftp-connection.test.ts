import { StoreError } from "@borgstore/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MalformedPacket } from "../../src/protocol/packet-reader.ts";
import { openFlag, packetType, status } from "../../src/protocol/packet-types.ts";
import { SftpClient } from "../../src/protocol/sftp-client.ts";
import { SftpConnection, type ConnectionLimits } from "../../src/protocol/sftp-connection.ts";
import { answers, ScriptedLink } from "./scripted-link.ts";

const limits: ConnectionLimits = { stallMs: 30_000, requestMs: 60_000, longRequestMs: 600_000 };

interface Setup {
  readonly link: ScriptedLink;
  readonly connection: SftpConnection;
  readonly client: SftpClient;
}

function connect(changes: Partial<ConnectionLimits> = {}, firstId = 1): Setup {
  const link = new ScriptedLink();
  const connection = new SftpConnection(link, { ...limits, ...changes }, firstId);
  return { link, connection, client: new SftpClient(connection) };
}

/** Lets run what is ready: the next tick, and what it has made ready. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve));
  await new Promise<void>((resolve) => queueMicrotask(resolve));
}

/** What a promise rejects with; taken at once, so that nothing is unhandled. */
function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "it resolved",
    (error: unknown) => error,
  );
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("sending", () => {
  test("requests of one turn leave together, in the order of the calls, with ids from 1 up", async () => {
    const { link, client } = connect();
    const asked = [client.lstat("a"), client.open("b", openFlag.read), client.remove("c")].map(errorOf);
    expect(link.writes).toHaveLength(0);
    await turn();
    expect(link.writes).toHaveLength(1);
    expect(link.requests.map(({ type, id }) => [type, id])).toEqual([
      [packetType.lstat, 1],
      [packetType.open, 2],
      [packetType.remove, 3],
    ]);
    link.lose(() => new StoreError("CONNECTION"));
    await Promise.all(asked);
  });

  test("what is asked after that leaves by itself", async () => {
    const { link, client } = connect();
    const asked = [errorOf(client.lstat("a"))];
    await turn();
    asked.push(errorOf(client.lstat("b")));
    await turn();
    expect(link.writes).toHaveLength(2);
    link.lose(() => new StoreError("CONNECTION"));
    await Promise.all(asked);
  });

  test("large writes of one turn leave together too", async () => {
    const { link, client } = connect();
    const handle = Buffer.from("h");
    const value = new Uint8Array(100_000).fill(3);
    const asked = [
      client.write(handle, 0, value),
      client.write(handle, 100_000, value),
      client.close(handle),
    ];
    await turn();
    expect(link.writes).toHaveLength(1);
    expect(link.requests.map(({ type }) => type)).toEqual([
      packetType.write,
      packetType.write,
      packetType.close,
    ]);
    link.receive(...[1, 2, 3].map((id) => answers.status(id, status.ok)));
    await Promise.all(asked);
  });

  test("bytes may be changed as soon as the call has returned", async () => {
    const { link, client } = connect();
    const value = new Uint8Array([1, 2, 3]);
    const writing = client.write(Buffer.from("h"), 0, value);
    value.fill(9);
    await turn();
    expect([...(link.writes[0]?.subarray(-3) ?? [])]).toEqual([1, 2, 3]);
    link.receive(answers.status(1, status.ok));
    await writing;
  });

  test("ids begin again after the last, and never with that of the greeting", async () => {
    const { link, client } = connect({}, 0xffff_fffe);
    const asked = [client.lstat("a"), client.lstat("b"), client.lstat("c")];
    await turn();
    expect(link.requests.map(({ id }) => id)).toEqual([0xffff_fffe, 0xffff_ffff, 1]);
    link.receive(answers.attrs(1, 30), answers.attrs(0xffff_ffff, 20), answers.attrs(0xffff_fffe, 10));
    expect((await Promise.all(asked)).map(({ size }) => size)).toEqual([10, 20, 30]);
  });
});

describe("answers", () => {
  test("find their requests in whatever order they come", async () => {
    const { link, connection, client } = connect();
    const asked = [client.lstat("a"), client.lstat("b"), client.lstat("c")];
    expect(connection.pendingCount).toBe(3);
    link.receive(answers.attrs(3, 30), answers.attrs(1, 10), answers.attrs(2, 20));
    expect((await Promise.all(asked)).map(({ size }) => size)).toEqual([10, 20, 30]);
    expect(connection.pendingCount).toBe(0);
  });

  test("with a status reject their own request only", async () => {
    const { link, client } = connect();
    const refused = errorOf(client.lstat("a"));
    const fine = client.lstat("b");
    link.receive(answers.status(1, status.noSuchFile), answers.attrs(2, 5));
    expect(await refused).toMatchObject({ name: "SftpStatusError", status: 2, request: "lstat" });
    expect(await fine).toMatchObject({ size: 5 });
  });

  test("of another kind than was asked for reject their own request only", async () => {
    const { link, connection, client } = connect();
    const odd = errorOf(client.lstat("a"));
    const fine = client.lstat("b");
    link.receive(answers.handle(1, "h"), answers.attrs(2, 5));
    expect(await odd).toBeInstanceOf(MalformedPacket);
    await fine;
    expect(connection.isLost).toBe(false);
  });

  test("that say ok to what must bring something reject", async () => {
    const { link, client } = connect();
    const asked = [
      client.lstat("a"),
      client.open("b", openFlag.read),
      client.read(Buffer.from("h"), 0, new Uint8Array(1)),
    ];
    const errors = asked.map(errorOf);
    link.receive(...[1, 2, 3].map((id) => answers.status(id, status.ok)));
    for (const error of await Promise.all(errors)) expect(error).toBeInstanceOf(MalformedPacket);
  });

  test("data arrives in the reader's own bytes, cut wherever", async () => {
    const { link, client } = connect();
    const targets = [new Uint8Array(4), new Uint8Array(4)] as const;
    const reading = targets.map((target) => client.read(Buffer.from("h"), 0, target));
    const packets = Buffer.concat([
      answers.data(2, Buffer.from([5, 6, 7, 8])),
      answers.data(1, Buffer.from([1, 2, 3])),
    ]);
    for (const byte of packets) link.receive(Buffer.from([byte]));
    expect(await Promise.all(reading)).toEqual([3, 4]);
    expect(targets.map((target) => Array.from(target))).toEqual([
      [1, 2, 3, 0],
      [5, 6, 7, 8],
    ]);
  });

  test.each([
    ["to a request that was never made", answers.attrs(7, 1)],
    ["to one that was answered already", answers.attrs(1, 1)],
    ["to the greeting, which was not sent", answers.version(3)],
    ["of no request at all", Buffer.from([0, 0, 0, 1, packetType.status])],
    ["that are no SFTP", Buffer.from("Welcome to host!\n")],
  ])("%s end the connection", async (_what, packet) => {
    const { link, connection, client } = connect();
    const first = client.lstat("a");
    link.receive(answers.attrs(1, 1));
    await first;
    const pending = errorOf(client.lstat("b"));
    link.receive(packet);
    expect(await pending).toMatchObject({ code: "UNEXPECTED", retryable: false });
    expect([connection.isLost, link.destroyedTimes]).toEqual([true, 1]);
  });

  test("what a login shell prints is told as the probable reason", async () => {
    const { link, client } = connect();
    const pending = errorOf(client.lstat("a"));
    link.receive(Buffer.from("Last login: Mon\n"));
    expect(await pending).toMatchObject({ message: expect.stringMatching(/start-up script/) as unknown });
  });

  test("with more data than was asked for end the connection, and overwrite nothing", async () => {
    const { link, client } = connect();
    const memory = new Uint8Array(8).fill(9);
    const reading = errorOf(client.read(Buffer.from("h"), 0, memory.subarray(0, 4)));
    link.receive(answers.data(1, Buffer.from([1, 2, 3, 4, 5])));
    expect(await reading).toMatchObject({ code: "UNEXPECTED" });
    expect([...memory.subarray(4)]).toEqual([9, 9, 9, 9]);
    expect(link.destroyedTimes).toBe(1);
  });

  test("with data to a request that asked for none end the connection", async () => {
    const { link, client } = connect();
    const asking = errorOf(client.lstat("a"));
    link.receive(answers.data(1, Buffer.from([1])));
    expect(await asking).toMatchObject({ code: "UNEXPECTED" });
  });
});

describe("a connection that is lost", () => {
  test("fails all that is pending, each with an error of its own that says why", async () => {
    const { link, client } = connect();
    const asked = [client.lstat("a"), client.fsync(Buffer.from("h")), client.open("b", openFlag.read)];
    const errors = asked.map(errorOf);
    link.lose(() => new StoreError("CONNECTION", { detail: "unplugged" }));
    const found = await Promise.all(errors);
    expect(new Set(found).size).toBe(3);
    for (const error of found) {
      expect(error).toMatchObject({
        code: "CONNECTION",
        message: expect.stringMatching(/unplugged/) as unknown,
      });
    }
  });

  test("takes no request any more, and rejects at once", async () => {
    const { link, connection, client } = connect();
    link.lose(() => new StoreError("CONNECTION", { detail: "unplugged" }));
    const error = await errorOf(client.lstat("a"));
    expect(error).toMatchObject({ code: "CONNECTION" });
    await turn();
    expect([link.writes.length, connection.pendingCount]).toEqual([0, 0]);
    expect(await errorOf(client.lstat("a"))).not.toBe(error);
  });

  test("sends nothing that was asked for in the same turn", async () => {
    const { link, client } = connect();
    const asking = errorOf(client.lstat("a"));
    link.lose(() => new StoreError("CONNECTION"));
    await turn();
    expect(link.writes).toHaveLength(0);
    expect(await asking).toMatchObject({ code: "CONNECTION" });
  });

  test("takes no notice of answers that still come", async () => {
    const { link, client } = connect();
    const asking = errorOf(client.lstat("a"));
    link.lose(() => new StoreError("CONNECTION"));
    link.receive(answers.attrs(1, 1), answers.attrs(99, 1));
    expect(await asking).toMatchObject({ code: "CONNECTION" });
  });

  test("tells once, and those who ask later at once", () => {
    const { link, connection } = connect();
    const told: string[] = [];
    connection.onLost(() => told.push("first"));
    link.lose(() => new StoreError("CONNECTION"));
    link.lose(() => new StoreError("TIMEOUT"));
    connection.onLost(() => told.push("later"));
    expect(told).toEqual(["first", "later"]);
  });

  test("keeps the first reason, also when it is its own", async () => {
    const { link, connection, client } = connect();
    connection.fail(() => new StoreError("TIMEOUT"));
    link.lose(() => new StoreError("CONNECTION"));
    expect(await errorOf(client.lstat("a"))).toMatchObject({ code: "TIMEOUT" });
    expect(link.destroyedTimes).toBe(1);
  });

  test.each(["input", "output"] as const)("is told by an error of its %s too", (stream) => {
    const { link } = connect();
    link[stream].emit("error", new Error("EPIPE"));
    expect(link.destroyedTimes).toBe(1);
  });

  test("is destroyed some time after its input has ended, unless it says by itself why", async () => {
    const { link, connection } = connect();
    link.input.end();
    link.input.resume();
    await turn();
    await vi.advanceTimersByTimeAsync(1000);
    expect([link.destroyedTimes, connection.isLost]).toEqual([1, false]);
  });
});

describe("the limit of silence", () => {
  test("ends the connection when nothing comes while something is awaited", async () => {
    const { link, client } = connect({ stallMs: 10_000 });
    const asked = [client.lstat("a"), client.lstat("b")].map(errorOf);
    await vi.advanceTimersByTimeAsync(9000);
    expect(link.destroyedTimes).toBe(0);
    await vi.advanceTimersByTimeAsync(2100);
    for (const error of await Promise.all(asked)) expect(error).toMatchObject({ code: "TIMEOUT" });
    expect(link.destroyedTimes).toBe(1);
  });

  test("counts from the last byte of the server", async () => {
    const { link, client } = connect({ stallMs: 10_000 });
    const reading = client.read(Buffer.from("h"), 0, new Uint8Array(100));
    const packet = answers.data(1, new Uint8Array(100));
    for (let at = 0; at < 5; at++) {
      await vi.advanceTimersByTimeAsync(9000);
      link.receive(packet.subarray(at, at + 1));
    }
    expect(link.destroyedTimes).toBe(0);
    link.receive(packet.subarray(5));
    expect(await reading).toBe(100);
  });

  test("counts from the last byte that the server has taken", async () => {
    const { link, client } = connect({ stallMs: 10_000 });
    link.isFull = true;
    const writing = client.write(Buffer.from("h"), 0, new Uint8Array(1000));
    await turn();
    await vi.advanceTimersByTimeAsync(9000);
    link.drain();
    await turn();
    await vi.advanceTimersByTimeAsync(9000);
    expect(link.destroyedTimes).toBe(0);
    link.receive(answers.status(1, status.ok));
    await writing;
  });

  test("does not count while nothing is awaited", async () => {
    const { link, client } = connect({ stallMs: 10_000 });
    const first = client.lstat("a");
    link.receive(answers.attrs(1, 1));
    await first;
    await vi.advanceTimersByTimeAsync(1_000_000);
    const second = client.lstat("b");
    await vi.advanceTimersByTimeAsync(9000);
    expect(link.destroyedTimes).toBe(0);
    link.receive(answers.attrs(2, 1));
    await second;
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is suspended while the server syncs or hashes, and holds again afterwards", async () => {
    const { link, client } = connect({ stallMs: 10_000 });
    const syncing = client.fsync(Buffer.from("h"));
    await vi.advanceTimersByTimeAsync(500_000);
    expect(link.destroyedTimes).toBe(0);
    link.receive(answers.status(1, status.ok));
    await syncing;
    const hashing = errorOf(client.checkFile("check-file-handle", Buffer.from("h"), "sha256"));
    await vi.advanceTimersByTimeAsync(500_000);
    expect(link.destroyedTimes).toBe(0);
    link.receive(answers.status(2, status.opUnsupported));
    await hashing;
    const asking = errorOf(client.lstat("a"));
    await vi.advanceTimersByTimeAsync(12_000);
    expect(await asking).toMatchObject({ code: "TIMEOUT" });
  });
});

describe("the limit of a request", () => {
  const steady = { stallMs: 1_000_000, requestMs: 10_000, longRequestMs: 100_000 };

  test("rejects that request only, by name", async () => {
    const { link, connection, client } = connect(steady);
    const late = errorOf(client.lstat("a"));
    await vi.advanceTimersByTimeAsync(5000);
    const fine = client.lstat("b");
    await vi.advanceTimersByTimeAsync(6500);
    expect(await late).toMatchObject({
      code: "TIMEOUT",
      retryable: true,
      message: expect.stringMatching(/lstat within 10000 ms/) as unknown,
    });
    expect([connection.isLost, connection.pendingCount]).toEqual([false, 1]);
    link.receive(answers.attrs(2, 5));
    expect(await fine).toMatchObject({ size: 5 });
  });

  test("is longer for syncing and hashing", async () => {
    const { client } = connect(steady);
    const syncing = errorOf(client.fsync(Buffer.from("h")));
    let isOver = false;
    void syncing.then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(99_000);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(2500);
    expect(await syncing).toMatchObject({ code: "TIMEOUT" });
  });

  test("of a long one that was given up lets the limit of silence hold again", async () => {
    const { link, client } = connect({ ...steady, stallMs: 120_000 });
    const syncing = errorOf(client.fsync(Buffer.from("h")));
    await vi.advanceTimersByTimeAsync(102_000);
    await syncing;
    const asking = errorOf(client.fsync(Buffer.from("h")));
    link.receive(answers.status(2, status.ok));
    await asking;
    expect(link.destroyedTimes).toBe(0);
  });

  test.each([
    ["open", (client: SftpClient) => client.open("a", openFlag.read)],
    ["opendir", (client: SftpClient) => client.opendir("a")],
  ])("closes the handle that a late %s brings", async (_what, ask) => {
    const { link, connection, client } = connect(steady);
    const asking = errorOf(ask(client));
    await vi.advanceTimersByTimeAsync(11_500);
    await asking;
    link.receive(answers.handle(1, "late handle"));
    await turn();
    const last = link.requests.at(-1);
    expect([last?.type, last?.fields.text()]).toEqual([packetType.close, "late handle"]);
    link.receive(answers.status(2, status.failure));
    expect(connection.isLost).toBe(false);
  });

  test("has nothing to close when a late open was refused", async () => {
    const { link, client } = connect(steady);
    const asking = errorOf(client.open("a", openFlag.read));
    await vi.advanceTimersByTimeAsync(11_500);
    await asking;
    link.receive(answers.status(1, status.noSuchFile));
    await turn();
    expect(link.requests).toHaveLength(1);
  });

  test("keeps late data from bytes that may belong to somebody else by now", async () => {
    const { link, connection, client } = connect(steady);
    const target = new Uint8Array(4);
    const reading = errorOf(client.read(Buffer.from("h"), 0, target));
    await vi.advanceTimersByTimeAsync(11_500);
    await reading;
    link.receive(answers.data(1, Buffer.from([1, 2, 3, 4])));
    expect([...target]).toEqual([0, 0, 0, 0]);
    const fine = client.lstat("a");
    link.receive(answers.attrs(2, 1));
    await fine;
    expect(connection.isLost).toBe(false);
  });

  test("forgets a request that was answered late: another answer to it is a fault", async () => {
    const { link, connection, client } = connect(steady);
    const asking = errorOf(client.lstat("a"));
    await vi.advanceTimersByTimeAsync(11_500);
    await asking;
    link.receive(answers.attrs(1, 1));
    expect(connection.isLost).toBe(false);
    link.receive(answers.attrs(1, 1));
    expect(connection.isLost).toBe(true);
  });
});
