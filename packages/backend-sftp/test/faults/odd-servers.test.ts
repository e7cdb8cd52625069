import { StoreError } from "@borgstore/core";
import { findSftpServer, opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../../src/index.ts";
import { newDirectory } from "../fresh-directory.ts";
import { inProcess } from "../in-process.ts";
import type { SftpRequestInfo } from "../server/sftp-server-options.ts";
import { bytes, readContents, temporaryFiles } from "./contents.ts";
import { operationsOf, prepare } from "./operations.ts";
import { startRealServer, transports, type RealServer } from "./real-server.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { failure, settled, until } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const withinMs = 30_000;
const each = transports.map((transport) => ({ transport }));

function isSilent(request: SftpRequestInfo): boolean {
  return request.path?.endsWith("/silent") === true;
}

describe.skipIf(full.isLeftOut || !openssh.available || findSftpServer() === undefined)(
  `an OpenSSH with an odd subsystem ${openssh.tag}${full.tag}`,
  () => {
    let place: string;
    let script: string;
    let server: RealServer;
    beforeAll(async () => {
      place = newDirectory();
      script = join(place, "subsystem");
      server = await startRealServer({ config: [`Subsystem sftp ${script}`] });
    });
    afterAll(async () => {
      await server.stop();
      fs.rmSync(place, { recursive: true, force: true });
    });

    /** Makes the subsystem a script of these lines. */
    function become(...lines: readonly string[]): void {
      fs.writeFileSync(script, ["#!/bin/sh", ...lines, ""].join("\n"), { mode: 0o755 });
      fs.rmSync(server.directoryOf("store"), { recursive: true, force: true });
    }

    const noises = [
      "echo Welcome to this server",
      "echo",
      "printf 'a'",
      "printf '\\000\\000\\000\\005junk!'",
    ];
    const cases = transports.flatMap((transport) => noises.map((noise) => ({ transport, noise })));

    test.each(cases)(
      "that prints before it speaks SFTP is told from a broken one: $noise (transport $transport)",
      async ({ transport, noise }) => {
        become(noise, `exec ${findSftpServer() ?? ""}`);
        const nothing = idleResources();
        const error = await failure(
          sftpBackend(server.options(transport, "store")).create(),
          "UNEXPECTED",
          withinMs,
        );
        expect(error.message).toMatch(/not SFTP|greeted/);
        expect(error.unsent).toBe(true);
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)("that prints and ends fails at once (transport $transport)", async ({ transport }) => {
      become("echo This account is not available.", "exit 1");
      const nothing = idleResources();
      const call = sftpBackend(server.options(transport, "store")).create();
      await failure(call, ["UNEXPECTED", "CONNECTION"], withinMs);
      await server.quiet();
      await nothingMoreThan(nothing);
      expect(fs.existsSync(server.directoryOf("store"))).toBe(false);
    });

    test.each(each)(
      "that prints where nobody reads is fine (transport $transport)",
      async ({ transport }) => {
        const lines = [
          "i=0; while [ $i -lt 3000 ]; do echo Permission denied, revoked, invalid >&2; i=$((i+1)); done",
        ];
        become(...lines, `exec ${findSftpServer() ?? ""}`);
        const nothing = idleResources();
        const backend = sftpBackend(server.options(transport, "store"));
        await backend.create();
        await backend.open();
        await backend.store("data/new", bytes(10, 1));
        // What it printed is not taken for the reason of what happens later.
        const call = backend.load("data/new");
        server.sshd.drop();
        const { error } = await settled(call, withinMs);
        expect([undefined, "CONNECTION"]).toContain(StoreError.is(error) ? error.code : error);
        await server.quiet();
        await nothingMoreThan(nothing);
        expect((await backend.load("data/new")).byteLength).toBe(10);
        await backend.close();
      },
    );

    test.each(each)(
      "that says nothing at all is given up in time (transport $transport)",
      async ({ transport }) => {
        become("while read -r line; do :; done");
        const nothing = idleResources();
        const options = server.options(transport, "store", {
          connectTimeoutMs: 1500,
          stallTimeoutMs: 60_000,
        });
        const error = await failure(sftpBackend(options).create(), "TIMEOUT", withinMs);
        expect(error.unsent).toBe(true);
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );
  },
);

describe.skipIf(full.isLeftOut)(`a server that leaves requests without an answer${full.tag}`, () => {
  const limits: SftpOptions = { requestTimeoutMs: 400, stallTimeoutMs: 60_000, keepaliveIntervalMs: 0 };

  test("is not waited for when it is the greeting", async () => {
    const place = await inProcess({ before: ({ type }) => (type === "init" ? "ignore" : "proceed") });
    const nothing = idleResources();
    // So much that also a busy machine gets as far as the greeting.
    const backend = sftpBackend(place.options("store", { connectTimeoutMs: 2000 }));
    expect(await failure(backend.open(), "TIMEOUT", withinMs)).toMatchObject({ unsent: true });
    expect(place.server.acceptedConnections).toBe(1);
    await nothingMoreThan(nothing);
  });

  test("fails only those, and the connection stays", async () => {
    const place = await inProcess({ before: (request) => (isSilent(request) ? "ignore" : "proceed") });
    const nothing = idleResources();
    const backend = sftpBackend(place.options("store", limits));
    await backend.create();
    await backend.open();
    prepare(join(place.home, "store"));
    const { acceptedConnections } = place.server;
    const isSettled = { lost: false };
    const lost = Promise.all([
      failure(backend.info("data/silent"), "TIMEOUT", withinMs),
      failure(backend.load("data/silent"), "TIMEOUT", withinMs),
      failure(backend.delete("data/silent"), "TIMEOUT", withinMs),
    ]).finally(() => {
      isSettled.lost = true;
    });
    let others = 0;
    for (; !isSettled.lost; others++) {
      expect((await backend.load("data/other")).byteLength).toBe(5000);
      await backend.store("data/old", bytes(others, 1));
    }
    await lost;
    expect(others).toBeGreaterThan(1);
    expect(place.server.acceptedConnections).toBe(acceptedConnections);
    await until(() => place.server.openHandles === 0);
    await backend.close();
    await nothingMoreThan(nothing);
  });

  test.each(["open", "opendir"])(
    "closes what %s brings too late, and leaves no file behind",
    async (type) => {
      let gate: Promise<"proceed"> | undefined;
      const place = await inProcess({
        before: (request) => (request.type === type ? (gate ?? "proceed") : "proceed"),
      });
      const nothing = idleResources();
      const backend = sftpBackend(place.options("store", limits));
      await backend.create();
      await backend.open();
      const directory = join(place.home, "store");
      const titles = {
        open: ["store onto an object", "storeStream", "store if absent", "load", "loadStream", "hash"],
        opendir: ["list"],
      };
      for (const operation of operationsOf(...titles[type as "open" | "opendir"])) {
        prepare(directory);
        await operation.run(backend);
        prepare(directory);
        const { acceptedConnections } = place.server;
        let goOn: (() => void) | undefined;
        gate = new Promise((resolve) => {
          goOn = () => resolve("proceed");
        });
        await failure(operation.run(backend), "TIMEOUT", withinMs);
        goOn?.();
        gate = undefined;
        // All that is under way is answered before this is.
        await backend.info("data/old");
        await until(() => place.server.openHandles === 0);
        expect(place.server.acceptedConnections).toBe(acceptedConnections);
        await until(() => temporaryFiles(directory).length === 0);
        expect(operation.allowed).toContainEqual(readContents(directory));
      }
      await backend.close();
      await nothingMoreThan(nothing);
    },
  );
});
