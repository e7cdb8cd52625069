import type { Backend } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend } from "../../src/index.ts";
import { inProcess } from "../in-process.ts";
import { mustEqual } from "./checks.ts";
import { bytes, print, temporaryFiles } from "./contents.ts";
import { startRealServer, type RealServer } from "./real-server.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { until } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const value = bytes(1024, 1);

/** Stores, loads and asks about objects, all at the same time. */
async function runMany(backend: Backend, callCount: number): Promise<void> {
  await backend.store("data/there", value);
  const calls = Array.from({ length: callCount }, async (_, at) => {
    if (at % 3 === 0) await backend.store(`data/${at}`, value);
    else if (at % 3 === 1) mustEqual(print(await backend.load("data/there")), print(value), "a load");
    else mustEqual((await backend.info("data/there")).size, 1024, "a size");
  });
  await Promise.all(calls);
}

function mustHoldAll(directory: string, callCount: number): void {
  const names = fs.readdirSync(join(directory, "data"));
  expect(names).toHaveLength(Math.ceil(callCount / 3) + 1);
  expect(temporaryFiles(directory)).toEqual([]);
  for (const name of names) mustEqual(fs.statSync(join(directory, "data", name)).size, 1024, name);
}

describe.skipIf(full.isLeftOut)(`thousands of calls at the same time${full.tag}`, () => {
  test.each([1, 4])(
    "succeed with few open handles and little memory (connections: %i)",
    async (connections) => {
      let mostHandles = 0;
      const place = await inProcess({
        after: () => {
          mostHandles = Math.max(mostHandles, place.server.openHandles);
          return "answer";
        },
      });
      const nothing = idleResources();
      const backend = sftpBackend(place.options("store", { connections, durability: "none" }));
      await backend.create();
      await backend.open();
      const memoryBefore = process.memoryUsage.rss();
      await runMany(backend, 3000);
      expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(600 * 1024 * 1024);
      expect(mostHandles).toBeLessThanOrEqual(128 * connections);
      expect(place.server.acceptedConnections).toBeLessThanOrEqual(connections + 1);
      await until(() => place.server.openHandles === 0);
      await backend.close();
      await until(() => place.server.connections === 0);
      mustHoldAll(join(place.home, "store"), 3000);
      await nothingMoreThan(nothing);
    },
  );
});

describe.skipIf(full.isLeftOut || !openssh.available)(
  `large numbers at OpenSSH ${openssh.tag}${full.tag}`,
  () => {
    let server: RealServer;
    beforeAll(async () => {
      server = await startRealServer();
    });
    afterAll(() => server.stop());

    const patient = { connectTimeoutMs: 30_000, stallTimeoutMs: 30_000, requestTimeoutMs: 60_000 };

    const crowds = [
      { transport: "ssh2", connections: 4 },
      { transport: "openssh", connections: 1 },
    ] as const;

    test.each(crowds)(
      "ten thousand calls at the same time succeed (transport $transport, connections: $connections)",
      async ({ transport, connections }) => {
        const nothing = idleResources();
        const storage = `calls-${transport}-${connections}`;
        const options = { ...patient, connections, durability: "none" } as const;
        const backend = sftpBackend(server.options(transport, storage, options));
        await backend.create();
        await backend.open();
        const memoryBefore = process.memoryUsage.rss();
        await runMany(backend, 10_000);
        expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(600 * 1024 * 1024);
        await backend.close();
        mustHoldAll(server.directoryOf(storage), 10_000);
        await server.quiet();
        await nothingMoreThan(nothing);
      },
    );

    test("a directory of 20,000 objects is listed in order, also while it is being emptied", async () => {
      const nothing = idleResources();
      const backend = sftpBackend(server.options("ssh2", "large", patient));
      await backend.create();
      await backend.open();
      const directory = join(server.directoryOf("large"), "data");
      fs.mkdirSync(directory);
      const names = Array.from({ length: 20_000 }, (_, at) =>
        ((at * 7919) % 20_000).toString(16).padStart(8, "0"),
      );
      for (const name of names) fs.writeFileSync(join(directory, name), "");

      async function list(): Promise<string[]> {
        const found: string[] = [];
        for await (const page of backend.list("data")) {
          if (page.length > 1000) throw new Error(`a page of ${page.length}`);
          found.push(...page.map(({ name }) => name));
        }
        return found;
      }
      const sorted = names.toSorted();
      mustEqual((await list()).join(), sorted.join(), "the names");

      const doomed = new Set(names.filter((_, at) => at % 2 === 0));
      const emptying = (async (): Promise<void> => {
        const all = [...doomed].map((name) => `data/${name}`);
        for (let at = 0; at < all.length; at += 1000) {
          const results = await backend.deleteMany(all.slice(at, at + 1000));
          mustEqual(
            results.filter(({ error }) => error !== undefined),
            [],
            "failures to delete",
          );
        }
      })();
      const [found] = await Promise.all([list(), emptying]);
      mustEqual(found.join(), [...new Set(found)].toSorted().join(), "the order");
      const seen = new Set(found);
      const stayed = sorted.filter((name) => !doomed.has(name));
      mustEqual(
        stayed.filter((name) => !seen.has(name)),
        [],
        "what was there all the time, and not listed",
      );
      expect(await list()).toHaveLength(stayed.length);
      await backend.close();
      await server.quiet();
      await nothingMoreThan(nothing);
    });
  },
);
