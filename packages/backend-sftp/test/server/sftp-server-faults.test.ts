import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { Client, SFTPWrapper } from "ssh2";
import { describe, expect, test } from "vitest";
import { completion, result } from "./callbacks.ts";
import { serverFixture } from "./server-fixture.ts";
import { startSftpServer } from "./sftp-server.ts";

const fixture = serverFixture();

/** Turns of the event loop, in which anything that could happen would. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
}

/** Resolves when the client knows that its connection is gone, in whichever way. */
async function closed(client: Client): Promise<void> {
  await new Promise<void>((resolve) => {
    client.once("close", () => resolve());
  });
}

describe("faults on demand", () => {
  test("dropped connections fail what is pending and close its handles", async () => {
    const server = await fixture.start({ before: ({ type }) => (type === "fstat" ? "ignore" : "proceed") });
    const client = await fixture.connect(server);
    const sftp = await result<SFTPWrapper>((done) => client.sftp(done));
    const handle = await result<Buffer>((done) => sftp.open("a", "w", done));
    expect([server.connections, server.openHandles]).toEqual([1, 1]);
    const pending = result((done) => sftp.fstat(handle, done)).catch((error: unknown) => error);
    const gone = closed(client);
    server.dropConnections();
    await gone;
    expect(await pending).toMatchObject({ message: "No response from server" });
    await expect.poll(() => [server.connections, server.openHandles]).toEqual([0, 0]);
    await fixture.sftp(server);
    expect([server.connections, server.acceptedConnections]).toEqual([1, 2]);
  });

  test("ended connections end without an error", async () => {
    const server = await fixture.start();
    const client = await fixture.connect(server);
    const ended = once(client, "end");
    server.endConnections();
    await ended;
    await expect.poll(() => server.connections).toBe(0);
  });

  test("a frozen server neither reads nor answers, and goes on when thawed", async () => {
    const server = await fixture.start();
    const sftp = await fixture.sftp(server);
    server.freeze();
    const pending = completion((done) => sftp.mkdir("a", done));
    const newcomer = fixture.sftp(server);
    await expect.poll(() => [server.connections, server.acceptedConnections]).toEqual([2, 2]);
    await turns();
    expect(server.requests.get("mkdir")).toBeUndefined();
    server.thaw();
    await pending;
    await newcomer;
    expect(await readdir(fixture.home)).toEqual(["a"]);
  });

  test("a frozen server can be closed", async () => {
    const server = await fixture.start();
    const client = await fixture.connect(server);
    server.freeze();
    const gone = closed(client);
    await server.close();
    await gone;
    expect(server.connections).toBe(0);
  });

  test("hooks see each request and answer, delay, ignore or drop it", async () => {
    const seen: unknown[] = [];
    const server = await fixture.start({
      before: async (request) => {
        await setImmediate();
        if (request.type === "mkdir") seen.push(request);
        if (request.path === "refused") return { status: 3 };
        if (request.path === "slow") return { delayMs: 1 };
        return request.path === "dropped" ? "drop" : "proceed";
      },
    });
    const sftp = await fixture.sftp(server);
    const mkdirs = ["refused", "slow", "dropped"].map((name) =>
      completion((done) => sftp.mkdir(name, done)).catch((error: unknown) => error),
    );
    const [refused, slow, dropped] = await Promise.all(mkdirs);
    expect(refused).toMatchObject({ code: 3, message: "Permission denied" });
    expect(slow).toBeUndefined();
    expect(dropped).toMatchObject({ message: "No response from server" });
    expect(await readdir(fixture.home)).toEqual(["slow"]);
    expect(seen).toEqual([
      { type: "mkdir", path: "refused", connection: 1, count: 1 },
      { type: "mkdir", path: "slow", connection: 1, count: 2 },
      { type: "mkdir", path: "dropped", connection: 1, count: 3 },
    ]);
  });

  test("an answer can get lost when the work is done", async () => {
    const server = await fixture.start({ after: ({ type }) => (type === "mkdir" ? "drop" : "answer") });
    const sftp = await fixture.sftp(server);
    const lost = completion((done) => sftp.mkdir("a", done));
    await expect(lost).rejects.toThrow("No response from server");
    expect(await readdir(fixture.home)).toEqual(["a"]);
  });

  test("closing tells of a hook that threw", async () => {
    const server = await startSftpServer({
      home: fixture.home,
      before: ({ type }) => {
        if (type === "mkdir") throw new RangeError("oops");
        return "proceed";
      },
    });
    const sftp = await fixture.sftp(server);
    const lost = completion((done) => sftp.mkdir("a", done));
    await expect(lost).rejects.toThrow("No response from server");
    await expect(server.close()).rejects.toMatchObject({ errors: [new RangeError("oops")] });
  });
});
