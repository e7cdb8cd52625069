import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { rcloneAvailable, requirePeer, startRcloneSftp, type RcloneSftp } from "../src/index.ts";
import { run, temporaryDirectory } from "./ssh-client.ts";

// Logins and keys take their time while other tests keep the machine busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");

async function start(directory: string, extra?: readonly string[]): Promise<RcloneSftp> {
  const workDirectory = temporaryDirectory();
  const server = await startRcloneSftp({ directory, workDirectory, ...(extra && { extra }) });
  onTestFinished(async () => await server.stop());
  return server;
}

describe.skipIf(!rclone.available)(`rclone serve sftp ${rclone.tag}`, () => {
  test("sftp needs nothing but the configuration file, and what it stores is in the directory at once", async () => {
    const directory = temporaryDirectory();
    const server = await start(directory);
    const source = path.join(temporaryDirectory(), "source");
    writeFileSync(source, "content");
    const batch = `mkdir /folder\nput ${source} ${server.root}folder/target\n`;
    const { code, stderr } = await run("sftp", server, ["-b", "-", "borgstore-test"], batch);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(directory, "folder", "target"), "utf8")).toBe("content");
  });

  test("further arguments reach rclone", async () => {
    const directory = temporaryDirectory();
    const server = await start(directory, ["--read-only"]);
    await run("sftp", server, ["-b", "-", "127.0.0.1"], "mkdir /folder\n");
    expect(existsSync(path.join(directory, "folder"))).toBe(false);
  });

  test("an argument that rclone does not know ends the start with what rclone says", async () => {
    await expect(start(temporaryDirectory(), ["--no-such-flag"])).rejects.toThrow(/unknown flag/);
  });

  test("a stopped server refuses connections", async () => {
    const server = await start(temporaryDirectory());
    await server.stop();
    await server.stop();
    const refused = await new Promise((resolve) => {
      const socket = connect(server.port, "127.0.0.1");
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.once("connect", () => resolve("connected"));
    });
    expect(refused).toBe("ECONNREFUSED");
  });
});
