import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { rcloneAvailable, requirePeer, startRcloneWebdav, type RcloneWebdav } from "../src/index.ts";
import { temporaryDirectory } from "./ssh-client.ts";

// Starts take their time while other tests keep the machine busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");

async function start(directory: string, extra?: readonly string[]): Promise<RcloneWebdav> {
  const workDirectory = temporaryDirectory();
  const server = await startRcloneWebdav({ directory, workDirectory, ...(extra && { extra }) });
  onTestFinished(async () => await server.stop());
  return server;
}

/** The status of a request, on a connection of its own. */
async function status(server: RcloneWebdav, method: string, at: string, body?: string): Promise<number> {
  const init = { method, headers: { connection: "close" }, ...(body !== undefined && { body }) };
  const answer = await fetch(`${server.url}${at}`, init);
  await answer.arrayBuffer();
  return answer.status;
}

describe.skipIf(!rclone.available)(`rclone serve webdav ${rclone.tag}`, () => {
  test("what a client stores is in the directory at once, and what others change there is seen at once", async () => {
    const directory = temporaryDirectory();
    const server = await start(directory);
    expect(await status(server, "MKCOL", "/folder")).toBe(201);
    expect(await status(server, "PUT", "/folder/target", "content")).toBe(201);
    const target = path.join(directory, "folder", "target");
    expect(readFileSync(target, "utf8")).toBe("content");
    writeFileSync(target, "other");
    expect(await (await fetch(`${server.url}/folder/target`)).text()).toBe("other");
  });

  test("further arguments reach rclone", async () => {
    const directory = temporaryDirectory();
    const server = await start(directory, ["--read-only"]);
    expect(await status(server, "MKCOL", "/folder")).toBeGreaterThanOrEqual(400);
    expect(existsSync(path.join(directory, "folder"))).toBe(false);
  });

  test("an argument that rclone does not know ends the start with what rclone says", async () => {
    await expect(start(temporaryDirectory(), ["--no-such-flag"])).rejects.toThrow(/unknown flag/);
  });

  test("frozen it accepts a connection and answers nothing, until it thaws", async () => {
    const server = await start(temporaryDirectory());
    server.freeze();
    const pending = status(server, "GET", "/");
    // That nothing happens has no event.
    expect(await Promise.race([pending, delay(500, "silence")])).toBe("silence");
    server.thaw();
    expect(await pending).toBe(200);
  });

  test("a stopped server refuses connections, also one that was frozen", async () => {
    const server = await start(temporaryDirectory());
    server.freeze();
    await server.stop();
    await server.stop();
    await expect(status(server, "GET", "/")).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    server.thaw();
  });
});
