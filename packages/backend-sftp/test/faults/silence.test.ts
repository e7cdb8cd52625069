import type { Backend } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../../src/index.ts";
import { inProcess } from "../in-process.ts";
import { mustEqual } from "./checks.ts";
import { bytes, print, readContents } from "./contents.ts";
import { operations, operationsOf, prepare } from "./operations.ts";
import {
  startRealServer,
  transports,
  type OptionsFor,
  type RealServer,
  type Transport,
} from "./real-server.ts";
import { idleResources, nothingMoreThan, socketsTo } from "./resources.ts";
import { failure, mustBeFailure, settled } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const limits: SftpOptions = { stallTimeoutMs: 500, requestTimeoutMs: 600, keepaliveIntervalMs: 0 };
/** Ten times what is needed, at least. */
const withinMs = 30_000;

/** Runs everything at the same time, and checks that all of it fails in time. */
async function failAll(backend: Backend, codes: readonly ("TIMEOUT" | "CONNECTION")[]): Promise<void> {
  const running = operations
    .filter(({ options }) => options === undefined)
    .map(async ({ run }) => (await settled(run(backend), withinMs)).error);
  for (const error of await Promise.all(running)) mustBeFailure(error, codes);
}

/** Whether each file is whole: one of the values that were ever stored under any name. */
function mustBeWhole(directory: string): void {
  const known = new Set(operations.flatMap(({ allowed }) => allowed.flatMap((one) => Object.values(one))));
  for (const value of Object.values(readContents(directory))) expect(known).toContain(value);
}

describe.skipIf(full.isLeftOut || !openssh.available)(
  `an OpenSSH that falls silent ${openssh.tag}${full.tag}`,
  () => {
    let server: RealServer;
    let storages = 0;
    beforeAll(async () => {
      server = await startRealServer();
    });
    afterAll(() => server.stop());
    afterEach(() => {
      server.proxy.resume();
      server.sshd.thaw();
    });

    async function opened(
      transport: Transport,
      options: OptionsFor,
      more: SftpOptions = {},
    ): Promise<{ backend: Backend; directory: string }> {
      const storage = `silent-${++storages}`;
      const backend = sftpBackend(options(transport, storage, { ...limits, ...more }));
      await backend.create();
      await backend.open();
      const directory = server.directoryOf(storage);
      prepare(directory);
      return { backend, directory };
    }

    const each = transports.map((transport) => ({ transport }));

    test.each(each)(
      "is given up when it is stopped, and work goes on elsewhere (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const { backend, directory } = await opened(transport, server.options);
        server.sshd.freeze();
        await failAll(backend, ["TIMEOUT"]);
        await nothingMoreThan(nothing);
        mustBeWhole(directory);
        // The old connection is still there, and the server carries on with it later.
        const value = bytes(3000, 50);
        await backend.store("else/where", value);
        server.sshd.thaw();
        await expect
          .poll(() => server.sshd.connections().length, { timeout: withinMs })
          .toBeLessThanOrEqual(3);
        for (let round = 0; round < 20; round++) {
          expect(print(await backend.load("else/where"))).toBe(print(value));
          expect((await backend.info("else/where")).size).toBe(3000);
          await failure(backend.load("else/missing"), "NOT_FOUND");
        }
        await backend.close();
        await server.quiet();
        const { "else/where": found, ...others } = readContents(directory);
        expect(found).toBe(print(value));
        const known = operations.flatMap(({ allowed }) => allowed.flatMap((one) => Object.values(one)));
        for (const other of Object.values(others)) expect(known).toContain(other);
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "is found out at the first use after it was stopped while idle (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const { backend, directory } = await opened(transport, server.options);
        await backend.info("data/old");
        server.sshd.freeze();
        await failure(backend.load("data/old"), "TIMEOUT", withinMs);
        expect((await backend.load("data/other")).byteLength).toBe(5000);
        server.sshd.thaw();
        await backend.close();
        await server.quiet();
        mustBeWhole(directory);
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "is found out by keepalives while nobody asks anything (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const { backend } = await opened(transport, server.options, {
          keepaliveIntervalMs: 300,
          sshOptions: { ServerAliveCountMax: "1" },
        });
        server.sshd.freeze();
        await nothingMoreThan(nothing);
        // Nothing of it is told to those who come later.
        expect((await backend.load("data/other")).byteLength).toBe(5000);
        server.sshd.thaw();
        await backend.close();
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );

    const stalls = transports.flatMap((transport) =>
      (["toServer", "toClient", undefined] as const).map((direction) => ({
        transport,
        direction,
        where: direction ?? "both ways",
      })),
    );

    test.each(stalls)(
      "is given up when nothing passes $where (transport $transport)",
      async ({ transport, direction }) => {
        const nothing = idleResources();
        const { backend, directory } = await opened(transport, server.throughProxy, {
          connectTimeoutMs: 3000,
        });
        server.proxy.stall(direction);
        await failAll(backend, ["TIMEOUT"]);
        // As long as it lasts, connecting fails too.
        if (direction === undefined) {
          mustEqual((await failure(backend.info("data/old"), "TIMEOUT", withinMs)).unsent, true, "unsent");
        }
        server.proxy.resume();
        await server.quiet();
        mustBeWhole(directory);
        await nothingMoreThan(nothing);
        prepare(directory);
        expect((await backend.load("data/old")).byteLength).toBeGreaterThan(0);
        await backend.close();
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)("may end without an error (transport $transport)", async ({ transport }) => {
      const nothing = idleResources();
      const { backend, directory } = await opened(transport, server.throughProxy);
      server.proxy.end();
      await nothingMoreThan(nothing);
      expect((await backend.load("data/other")).byteLength).toBe(5000);
      const all = failAll(backend, ["CONNECTION"]);
      server.proxy.end();
      await all;
      await server.quiet();
      mustBeWhole(directory);
      await nothingMoreThan(nothing);
      await backend.store("data/new", bytes(10, 1));
      await backend.close();
      await server.quiet();
      await nothingMoreThan(nothing);
    });

    test.each(each)(
      "may end when it takes nothing any more (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const { backend } = await opened(transport, server.throughProxy, {
          stallTimeoutMs: 8000,
          requestTimeoutMs: 8000,
        });
        const piece = bytes(500_000, 51);
        let asked = 0;
        async function* source(): AsyncGenerator<Uint8Array> {
          for (; asked < 40; asked++) {
            if (asked === 2) server.proxy.stall("toServer");
            if (asked === 8) server.sshd.drop();
            yield piece;
            await Promise.resolve();
          }
        }
        const { error } = await settled(backend.storeStream("data/stream", source()), withinMs);
        mustBeFailure(error, "CONNECTION");
        // The proxy keeps its side, which has not been read to its end: not so we.
        await nothingMoreThan(new Map([...nothing, ["TCPSocketWrap", Infinity]]));
        await expect.poll(() => socketsTo(server.proxy.port), { interval: 2 }).toBe(0);
        server.proxy.resume();
        expect((await backend.load("data/other")).byteLength).toBe(5000);
        await backend.close();
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );
  },
);

describe.skipIf(full.isLeftOut)(`a server in this process that falls silent${full.tag}`, () => {
  test.each(["open", "write", "fstat", "read", "readdir", "extended:fsync@openssh.com", "remove"])(
    "at %s is given up, by keepalives where answers may take long",
    async (type) => {
      let isArmed = false;
      const place = await inProcess({
        before: (request) => {
          if (!isArmed || request.type !== type) return "proceed";
          isArmed = false;
          place.server.freeze();
          return "proceed";
        },
      });
      const { server, home } = place;
      const nothing = idleResources();
      // Questions of the keepalive are more bytes that nobody takes.
      const backend = sftpBackend(
        place.options("store", {
          connectTimeoutMs: 2000,
          stallTimeoutMs: 500,
          requestTimeoutMs: 60_000,
          keepaliveIntervalMs: 300,
        }),
      );
      await backend.create();
      await backend.open();
      prepare(join(home, "store"));
      isArmed = true;
      const users = operationsOf(
        "store onto an object",
        "load",
        "list",
        type === "remove" ? "delete" : "sync",
      );
      const outcomes = await Promise.all(users.map(({ run }) => settled(run(backend), withinMs)));
      const errors = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error]));
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) mustBeFailure(error, "TIMEOUT");
      mustBeWhole(join(home, "store"));
      server.thaw();
      await expect.poll(() => server.connections, { interval: 2 }).toBe(0);
      expect(server.openHandles).toBe(0);
      await nothingMoreThan(nothing);
      await backend.store("data/old", bytes(100, 1));
      expect((await backend.load("data/old")).byteLength).toBe(100);
      await backend.close();
      await expect.poll(() => server.connections, { interval: 2 }).toBe(0);
      await nothingMoreThan(nothing);
    },
  );
});
