import type { Backend } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../../src/index.ts";
import { inProcess } from "../in-process.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { bytes, readContents, temporaryFiles } from "./contents.ts";
import { operations, prepare } from "./operations.ts";
import {
  startRealServer,
  transports,
  type OptionsFor,
  type RealServer,
  type Transport,
} from "./real-server.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { failure, mustBeFailure, settled, until } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const each = transports.map((transport) => ({ transport }));
const withinMs = 30_000;
function doNothing(): void {
  // Nobody is to be told.
}

/** Only closing or an abort ends what hangs. */
const patient: SftpOptions = {
  connectTimeoutMs: 60_000,
  stallTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  keepaliveIntervalMs: 0,
};

describe.skipIf(full.isLeftOut || !openssh.available)(
  `closing and aborting while OpenSSH hangs ${openssh.tag}${full.tag}`,
  () => {
    let server: RealServer;
    beforeAll(async () => {
      server = await startRealServer();
    });
    afterAll(() => server.stop());
    afterEach(() => {
      server.proxy.resume();
      server.proxy.reset();
      server.sshd.drop();
    });

    async function opened(transport: Transport, options: OptionsFor, more: SftpOptions): Promise<Backend> {
      const backend = sftpBackend(options(transport, "closing", more));
      fs.rmSync(server.directoryOf("closing"), { recursive: true, force: true });
      await backend.create();
      await backend.open();
      prepare(server.directoryOf("closing"));
      return backend;
    }

    test.each(each)(
      "a close that is aborted ends everything at once (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const backend = await opened(transport, server.options, patient);
        const stream = backend.loadStream("data/old")[Symbol.asyncIterator]();
        await stream.next();
        server.sshd.freeze();
        const calls = operations
          .filter(({ options }) => options === undefined)
          .map(({ run }) => settled(run(backend), withinMs));
        const controller = new AbortController();
        const closing = settled(backend.close({ signal: controller.signal }), withinMs);
        const reason = new Error("no patience");
        await until(() => !backend.isOpen);
        controller.abort(reason);
        expect((await closing).error).toBe(reason);
        for (const { error } of await Promise.all(calls)) mustBeFailure(error, ["CONNECTION", "NOT_OPEN"]);
        await nothingMoreThan(nothing);
        expect(backend.isOpen).toBe(false);
        await failure(backend.load("data/old"), "NOT_OPEN");
        // It can be used again, while the old connection is still stopped.
        await backend.open();
        expect((await backend.load("data/other")).byteLength).toBe(5000);
        await backend.close();
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "a close waits for what hangs, as long as that may (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const backend = await opened(transport, server.options, {
          stallTimeoutMs: 500,
          keepaliveIntervalMs: 0,
        });
        server.sshd.freeze();
        const call = settled(backend.load("data/old"), withinMs);
        expect((await settled(backend.close(), withinMs)).error).toBeUndefined();
        mustBeFailure((await call).error, "TIMEOUT");
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "an idle connection to a stopped server is closed in time (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const backend = await opened(transport, server.options, patient);
        server.sshd.freeze();
        expect((await settled(backend.close(), withinMs)).error).toBeUndefined();
        await nothingMoreThan(nothing);
      },
    );

    const stages = transports.flatMap((transport) =>
      [0, 30, 1000, 1800, 2400, 2800].map((stage) => ({ transport, stage })),
    );

    test.each(stages)(
      "opening that hangs after $stage bytes is ended by an abort (transport $transport)",
      async ({ transport, stage }) => {
        const nothing = idleResources();
        const backend = sftpBackend(server.throughProxy(transport, "aborted", patient));
        const stalled = server.proxy.cutAfter("toClient", stage, "stall");
        const controller = new AbortController();
        const reason = new Error("no patience");
        const opening = settled(backend.open({ signal: controller.signal }), withinMs);
        await settled(stalled, withinMs, "the stall");
        controller.abort(reason);
        const { error } = await opening;
        expect(error).toBe(reason);
        server.proxy.resume();
        await server.quiet();
        await nothingMoreThan(nothing);
        expect(backend.isOpen).toBe(false);
      },
    );

    test.each(each)(
      "opening that is aborted at once leaves nothing (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        for (const wait of [0, 1, 5, 20]) {
          const backend = sftpBackend(server.options(transport, "aborted", patient));
          const controller = new AbortController();
          const reason = new Error("no patience");
          const opening = settled(backend.open({ signal: controller.signal }), withinMs);
          for (let turn = 0; turn < wait; turn++) await new Promise((resolve) => setImmediate(resolve));
          controller.abort(reason);
          expect((await opening).error).toBe(reason);
          await nothingMoreThan(nothing);
        }
        await server.quiet();
      },
    );

    test.each(each)(
      "connecting anew that hangs is ended by closing (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const backend = await opened(transport, server.throughProxy, patient);
        server.proxy.reset();
        await nothingMoreThan(nothing);
        server.proxy.stall();
        const controller = new AbortController();
        const reason = new Error("no patience");
        const given = settled(backend.load("data/old", { signal: controller.signal }), withinMs);
        const waiting = settled(backend.load("data/old"), withinMs);
        await until(() => server.proxy.connections > 0);
        controller.abort(reason);
        expect((await given).error).toBe(reason);
        const closing = new AbortController();
        const closed = settled(backend.close({ signal: closing.signal }), withinMs);
        await until(() => !backend.isOpen);
        closing.abort(reason);
        expect((await closed).error).toBe(reason);
        mustBeFailure((await waiting).error, ["CONNECTION"]);
        server.proxy.resume();
        server.proxy.reset();
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );
  },
);

describe.skipIf(full.isLeftOut)(`aborting at a server in this process${full.tag}`, () => {
  const changes = operations.filter(({ allowed, options }) => allowed.length > 1 && options === undefined);

  test.each(changes)("$title is whole or not at all, and leaves nothing behind", async (operation) => {
    let onRequest: (count: number) => void = doNothing;
    let count = 0;
    const place = await inProcess({
      before: () => {
        onRequest(++count);
        return "proceed";
      },
    });
    const nothing = idleResources();
    const backend = sftpBackend(place.options("store", patient));
    await backend.create();
    await backend.open();
    const directory = join(place.home, "store");
    prepare(directory);
    await operation.run(backend);
    prepare(directory);
    count = 0;
    await operation.run(backend);
    const requests = count;
    for (let at = 1; at <= requests; at++) {
      prepare(directory);
      count = 0;
      const controller = new AbortController();
      onRequest = (now) => {
        if (now === at) controller.abort(new Error("no patience"));
      };
      const { error } = await settled(operation.run(withSignal(backend, controller.signal)), withinMs);
      onRequest = doNothing;
      if (error !== undefined && error !== controller.signal.reason) throw error;
      // A call that was left alone by an abort ends in its own time, and closing waits for that.
      await backend.close();
      mustEqual(temporaryFiles(directory), [], `aborted at request ${at}`);
      mustBeAmong(readContents(directory), operation.allowed, `aborted at request ${at}`);
      await backend.open();
    }
    await backend.store("data/new", bytes(10, 1));
    await backend.close();
    await until(() => place.server.connections === 0);
    expect(place.server.openHandles).toBe(0);
    await nothingMoreThan(nothing);
  });

  test("a close that is aborted does not wait for files that are being swept", async () => {
    const place = await inProcess({ before: ({ type }) => (type === "remove" ? "ignore" : "proceed") });
    const nothing = idleResources();
    const backend = sftpBackend(place.options("store", { ...patient, staleTempAgeMs: 0 }));
    await backend.create();
    await backend.open();
    const directory = join(place.home, "store/data");
    fs.mkdirSync(directory);
    fs.writeFileSync(join(directory, "tmp0123456789abcdef_1.tmp"), "");
    fs.utimesSync(join(directory, "tmp0123456789abcdef_1.tmp"), 1, 1);
    for await (const page of backend.list("data")) expect(page).toEqual([]);
    await until(() => place.server.requests.get("remove") === 1);
    const controller = new AbortController();
    const closing = settled(backend.close({ signal: controller.signal }), withinMs);
    await until(() => !backend.isOpen);
    controller.abort();
    expect((await closing).error).toBe(controller.signal.reason);
    await nothingMoreThan(nothing);
  });
});

/** A backend whose changes get a signal. */
function withSignal(backend: Backend, signal: AbortSignal): Backend {
  return new Proxy(backend, {
    get(target, property) {
      const found = Reflect.get(target, property, target) as unknown;
      if (typeof found !== "function") return found;
      return (...given: unknown[]): unknown => {
        const counts: Readonly<Record<string, number>> = {
          store: 2,
          storeStream: 2,
          move: 2,
          delete: 1,
          deleteMany: 1,
        };
        const at = counts[String(property)];
        if (at === undefined) return found.apply(target, given) as unknown;
        given[at] = { ...(given[at] as object | undefined), signal };
        return found.apply(target, given) as unknown;
      };
    },
  });
}
