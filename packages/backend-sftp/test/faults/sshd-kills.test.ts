import type { ProxyDirection } from "@borgstore/backend-testkit";
import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend } from "../../src/index.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { bytes, readContents } from "./contents.ts";
import { operations, operationsOf, prepare } from "./operations.ts";
import { startRealServer, transports, type RealServer } from "./real-server.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { mustBeFailure, settled } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const directions: readonly ProxyDirection[] = ["toServer", "toClient"];
const withinMs = 30_000;

const cutOperations = {
  // Of those whose requests have no parts, each request is hit elsewhere.
  ssh2: operationsOf("store onto an object", "storeStream", "load", "loadStream", "list"),
  // Each login of the program takes a quarter of a second.
  openssh: operationsOf("store onto an object", "loadStream"),
};
const dropOperations = {
  ssh2: operations.filter(({ options }) => options === undefined),
  openssh: operationsOf("store if absent", "load", "list", "move", "delete", "sync"),
};
const cutsEachWay = { ssh2: 4, openssh: 3 };

describe.skipIf(full.isLeftOut || !openssh.available)(
  `connections to OpenSSH that are cut ${openssh.tag}${full.tag}`,
  () => {
    let server: RealServer;
    beforeAll(async () => {
      server = await startRealServer();
    });
    afterAll(() => server.stop());

    const cuts = transports.flatMap((transport) =>
      cutOperations[transport].map((operation) => ({ transport, operation, title: operation.title })),
    );

    test.each(cuts)(
      "fail $title at every part of it (transport $transport)",
      async ({ transport, operation }) => {
        const { proxy } = server;
        const storage = `cut ${transport} ${operation.title}`.replaceAll(" ", "-");
        const directory = server.directoryOf(storage);
        const nothing = idleResources();
        const backend = sftpBackend(server.throughProxy(transport, storage, operation.options));
        await backend.create();
        await backend.open();
        prepare(directory);
        await operation.run(backend);
        prepare(directory);
        const from = { ...proxy.bytes };
        await operation.run(backend);
        const total = {
          toServer: proxy.bytes.toServer - from.toServer,
          toClient: proxy.bytes.toClient - from.toClient,
        };

        const offsets = directions.flatMap((direction) =>
          Array.from({ length: cutsEachWay[transport] }, (_, at) => ({
            direction,
            after: Math.floor((total[direction] * at) / cutsEachWay[transport]),
            how: at % 2 === 0 ? ("reset" as const) : ("end" as const),
          })),
        );
        for (const cut of offsets) {
          const about = JSON.stringify(cut);
          const state = { isCut: false };
          const whenCut = proxy.cutAfter(cut.direction, cut.after, cut.how).then(() => {
            state.isCut = true;
          });
          let error: unknown;
          // As windows are adjusted now or later, the bytes differ a little: a late cut may hit the next run.
          do {
            prepare(directory);
            ({ error } = await settled(operation.run(backend), withinMs));
          } while (!state.isCut && error === undefined);
          await settled(whenCut, withinMs);
          if (operation.reconnects !== true) {
            // What the server has begun it still carries out.
            await server.quiet();
            await nothingMoreThan(nothing);
          }
          const found = readContents(directory);
          if (error === undefined) mustEqual(found, operation.after, about);
          else {
            mustEqual(mustBeFailure(error, "CONNECTION").unsent, false, `${about}: unsent`);
            mustBeAmong(found, operation.allowed, about);
          }
          prepare(directory);
          await operation.run(backend);
          mustEqual(readContents(directory), operation.after, about);
        }
        await backend.close();
        await server.quiet();
        expect(backend.isOpen).toBe(false);
        await nothingMoreThan(nothing);
      },
    );

    const drops = transports.map((transport) => ({ transport }));

    test.each(drops)(
      "fail everything under way when the server's processes die (transport $transport)",
      async ({ transport }) => {
        const directory = server.directoryOf(`drop-${transport}`);
        const nothing = idleResources();
        const backend = sftpBackend(server.options(transport, `drop-${transport}`));
        await backend.create();
        await backend.open();
        for (const operation of dropOperations[transport]) {
          prepare(directory);
          const call = settled(operation.run(backend), withinMs);
          server.sshd.drop();
          const { error } = await call;
          if (operation.reconnects !== true) await server.quiet();
          if (error !== undefined) mustBeFailure(error, "CONNECTION");
          mustBeAmong(readContents(directory), operation.allowed, operation.title);
          if (operation.reconnects !== true) await nothingMoreThan(nothing);
          prepare(directory);
          await operation.run(backend);
          mustEqual(readContents(directory), operation.after, operation.title);
        }
        await backend.close();
        await server.quiet();
        expect(backend.isOpen).toBe(false);
        await nothingMoreThan(nothing);
      },
    );

    test.each(drops)("end streams at the next piece (transport $transport)", async ({ transport }) => {
      const directory = server.directoryOf(`streams-${transport}`);
      const nothing = idleResources();
      const backend = sftpBackend(server.options(transport, `streams-${transport}`));
      await backend.create();
      await backend.open();
      const value = bytes(8_000_000, 9);
      await backend.store("data/large", value);
      await backend.sync();
      const whole = readContents(directory);

      const pieces = backend.loadStream("data/large")[Symbol.asyncIterator]();
      const first = await pieces.next();
      expect(first.done).toBe(false);
      server.sshd.drop();
      const readOn = async (): Promise<void> => {
        while ((await pieces.next()).done !== true);
      };
      mustBeFailure((await settled(readOn(), withinMs)).error, "CONNECTION");
      expect(await pieces.next()).toEqual({ done: true, value: undefined });
      await server.quiet();
      await nothingMoreThan(nothing);

      let asked = 0;
      async function* source(): AsyncGenerator<Uint8Array> {
        for (; asked < 16; asked++) {
          if (asked === 8) server.sshd.drop();
          yield value.subarray(asked * 500_000, (asked + 1) * 500_000);
          await Promise.resolve();
        }
      }
      const { error } = await settled(backend.storeStream("data/large", source()), withinMs);
      mustBeFailure(error, "CONNECTION");
      await server.quiet();
      expect(readContents(directory)).toEqual(whole);
      await nothingMoreThan(nothing);
      expect((await backend.load("data/large")).byteLength).toBe(value.byteLength);
      await backend.close();
      await server.quiet();
      await nothingMoreThan(nothing);
    });
  },
);
