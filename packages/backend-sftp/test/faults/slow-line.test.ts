import { startFaultProxy } from "@borgstore/backend-testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { sftpBackend } from "../../src/index.ts";
import { inProcess } from "../in-process.ts";
import { full } from "./scope.ts";

describe.skipIf(full.isLeftOut)(`a slow line${full.tag}`, () => {
  test("carries a value that takes longer than a request may, as long as it gets on", async () => {
    const { options, server } = await inProcess();
    const proxy = await startFaultProxy({ port: server.port });
    onTestFinished(() => proxy.close());
    const sshOptions = { HostKeyAlias: `[127.0.0.1]:${server.port}` };
    const limits = { requestTimeoutMs: 1500, stallTimeoutMs: 4000 };
    const backend = sftpBackend({ ...options("store", { sshOptions, ...limits }), port: proxy.port });
    await backend.create();
    await backend.open();
    proxy.bytesPerSecond = 600_000;
    const value = new Uint8Array(1_500_000).fill(7);
    await backend.store("data/a", value);
    expect(Buffer.compare(await backend.load("data/a"), value)).toBe(0);
    proxy.bytesPerSecond = undefined;
    await backend.close();
  });
});
