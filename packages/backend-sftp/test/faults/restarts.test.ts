import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend } from "../../src/index.ts";
import { mustEqual } from "./checks.ts";
import { bytes, readContents } from "./contents.ts";
import { operations, operationsOf, prepare } from "./operations.ts";
import { startRealServer, transports, type RealServer } from "./real-server.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { failure, mustBeFailure, settled } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const each = transports.map((transport) => ({ transport }));
const withinMs = 30_000;

describe.skipIf(full.isLeftOut || !openssh.available)(
  `an OpenSSH that cannot be reached for a while ${openssh.tag}${full.tag}`,
  () => {
    let server: RealServer;
    beforeAll(async () => {
      server = await startRealServer();
    });
    afterAll(() => server.stop());
    afterEach(async () => {
      server.proxy.accept();
      await server.sshd.start();
    });

    test.each(each)(
      "fails calls while it is stopped and serves them when it is back (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const storage = `restart-${transport}`;
        const directory = server.directoryOf(storage);
        const backend = sftpBackend(server.options(transport, storage));
        await backend.create();
        await backend.open();
        prepare(directory);
        const before = readContents(directory);
        await server.sshd.stop();
        await nothingMoreThan(nothing);
        // All at once: they share the attempts to connect.
        const calls = operations
          .filter(({ options }) => options === undefined)
          .map(async ({ run, title }) => ({ title, error: (await settled(run(backend), withinMs)).error }));
        for (const { title, error } of await Promise.all(calls)) {
          mustEqual(mustBeFailure(error, "CONNECTION").unsent, true, `${title}: unsent`);
        }
        expect(readContents(directory)).toEqual(before);
        await nothingMoreThan(nothing);
        await server.sshd.start();
        for (const operation of operationsOf(
          "store onto an object",
          "load",
          "list",
          "move",
          "delete",
          "sync",
        )) {
          prepare(directory);
          await operation.run(backend);
          mustEqual(readContents(directory), operation.after, operation.title);
        }
        await backend.close();
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );

    test("cannot make durable while it is stopped, and can afterwards", async () => {
      const nothing = idleResources();
      const backend = sftpBackend(server.options("ssh2", "durable"));
      await backend.create();
      await backend.open();
      await backend.store("data/new", bytes(1000, 1));
      await server.sshd.stop();
      await nothingMoreThan(nothing);
      await failure(backend.sync(), "CONNECTION", withinMs);
      await server.sshd.start();
      await backend.sync();
      await backend.close();
      expect(backend.isOpen).toBe(false);
      await server.quiet();
      await nothingMoreThan(nothing);
    });

    test("says so when the backend is closed with changes that are not durable", async () => {
      const nothing = idleResources();
      const backend = sftpBackend(server.options("ssh2", "closing"));
      await backend.create();
      await backend.open();
      await backend.store("data/new", bytes(1000, 1));
      await server.sshd.stop();
      await failure(backend.close(), "CONNECTION", withinMs);
      expect(backend.isOpen).toBe(false);
      await nothingMoreThan(nothing);
      await server.sshd.start();
      await backend.open();
      await backend.close();
      await server.quiet();
      await nothingMoreThan(nothing);
    });

    test.each(each)(
      "is asked again when it refuses some connections (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const backend = sftpBackend(server.throughProxy(transport, `refused-${transport}`));
        const refusedBefore = server.proxy.refusedConnections;
        server.proxy.refuse(2);
        await backend.create();
        expect(server.proxy.refusedConnections - refusedBefore).toBe(2);
        await backend.open();
        await backend.store("data/old", bytes(10, 1));
        server.proxy.refuse(1);
        server.proxy.reset();
        await nothingMoreThan(nothing);
        expect((await backend.load("data/old")).byteLength).toBe(10);
        expect(server.proxy.refusedConnections - refusedBefore).toBe(3);
        await backend.close();
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "is asked by one connection at a time when it refuses all (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const more = { connections: 4 };
        const backend = sftpBackend(server.throughProxy(transport, `storm-${transport}`, more));
        await backend.create();
        await backend.open();
        await backend.store("data/old", bytes(10, 1));
        const { proxy } = server;
        const triedBefore = proxy.refusedConnections + proxy.acceptedConnections;
        proxy.refuse();
        proxy.reset();
        await nothingMoreThan(nothing);
        const calls = Array.from({ length: 50 }, () =>
          failure(backend.load("data/old"), "CONNECTION", withinMs),
        );
        for (const error of await Promise.all(calls))
          expect(error).toMatchObject({ retryable: true, unsent: true });
        // Each who waited has an error of their own.
        expect(new Set(await Promise.all(calls)).size).toBe(50);
        expect(proxy.refusedConnections + proxy.acceptedConnections - triedBefore).toBe(3);
        proxy.accept();
        expect((await backend.load("data/old")).byteLength).toBe(10);
        await backend.close();
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );
  },
);
