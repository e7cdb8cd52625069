import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sftpBackend } from "../../src/index.ts";
import { inProcess } from "../in-process.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { readContents } from "./contents.ts";
import { Killer, type KillPoint } from "./kill-points.ts";
import { operations, prepare } from "./operations.ts";
import { idleResources, nothingMoreThan, sockets } from "./resources.ts";
import { mustBeFailure, settled, until } from "./settled.ts";
import { full } from "./scope.ts";

// Connections are lost at once here: nothing waits for these.
const limits = {
  stallTimeoutMs: 8000,
  requestTimeoutMs: 8000,
  connectTimeoutMs: 8000,
  keepaliveIntervalMs: 0,
};

function at({ type, count, when }: KillPoint): string {
  return `${when} ${type} ${count}`;
}

describe.skipIf(full.isLeftOut)(`a connection that is killed at any request${full.tag}`, () => {
  test.each(operations)("fails $title as a lost connection, and nothing is half done", async (operation) => {
    const killer = new Killer();
    const place = await inProcess(killer.hooks);
    const { server, home } = place;
    const directory = join(home, "store");
    const backend = sftpBackend(place.options("store", { ...limits, ...operation.options }));
    const nothing = idleResources();
    await backend.create();
    await backend.open();
    const isQuiet = (): boolean => server.openHandles === 0;

    // Once for what is found out only once, then to learn the requests.
    for (let round = 0; round < 2; round++) {
      prepare(directory);
      server.resetCounts();
      killer.takePoints();
      await operation.run(backend);
      await until(isQuiet);
    }
    const points = killer.takePoints();
    expect(points.length).toBeGreaterThan(1);

    for (const point of points) {
      prepare(directory);
      server.resetCounts();
      const accepted = server.acceptedConnections;
      const hit = killer.arm(point);
      const { error } = await settled(operation.run(backend), 30_000);
      await settled(hit, 30_000);
      // Nothing of ours is left, and the server has ended all that it had begun.
      if (operation.reconnects === true) {
        // Either it has connected anew, or both sides know that nobody is connected.
        await until(() => {
          const count = server.acceptedConnections > accepted ? 1 : 0;
          return server.connections === count && sockets() === 2 * count;
        });
      } else {
        await nothingMoreThan(nothing);
        await until(() => server.connections === 0);
      }
      await until(isQuiet);
      const found = readContents(directory);
      if (error === undefined) {
        mustEqual(found, operation.after, at(point));
      } else {
        mustEqual(mustBeFailure(error, "CONNECTION").unsent, false, `${at(point)}: unsent`);
        mustBeAmong(found, operation.allowed, at(point));
      }
      prepare(directory);
      await operation.run(backend);
      mustEqual(readContents(directory), operation.after, at(point));
      await until(isQuiet);
    }

    await backend.close();
    await until(() => server.connections === 0);
    await nothingMoreThan(nothing);
  });
});
