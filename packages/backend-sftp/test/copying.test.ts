import { expect, test } from "vitest";
import { sftpBackend } from "../src/index.ts";
import { inProcess } from "./in-process.ts";

test("more streams than the server has handles are copied within a storage, and readers may store", async () => {
  const { options } = await inProcess({ maxOpenHandles: 8 });
  const backend = sftpBackend(options());
  await backend.create();
  await backend.open();
  const value = new Uint8Array(600_000).fill(3);
  await backend.store("data/old", value);
  const copies = Array.from({ length: 20 }, (_unused, i) =>
    backend.storeStream(`data/copy-${i}`, backend.loadStream("data/old")),
  );
  await Promise.all(copies);
  const readers = Array.from({ length: 20 }, async (_unused, i) => {
    let count = 0;
    for await (const piece of backend.loadStream("data/old")) {
      await backend.store(`data/piece-${i}-${count++}`, piece);
    }
    return count;
  });
  expect(new Set(await Promise.all(readers))).toEqual(new Set([3]));
  expect(Buffer.compare(await backend.load("data/copy-19"), value)).toBe(0);
  await backend.close();
});

test("what a close that was aborted left undone makes no connection any more", async () => {
  const { options, server } = await inProcess();
  const backend = sftpBackend(options());
  await backend.create();
  await backend.open();
  await Promise.all(
    Array.from({ length: 500 }, (_unused, i) => backend.store(`data/${i}`, new Uint8Array(1))),
  );
  const controller = new AbortController();
  const closing = backend.close({ signal: controller.signal });
  await expect
    .poll(() => server.requests.get("extended:fsync@openssh.com") ?? 0, { interval: 1 })
    .toBeGreaterThan(0);
  const accepted = server.acceptedConnections;
  controller.abort(new Error("enough"));
  await expect(closing).rejects.toThrow("enough");
  await expect.poll(() => server.connections, { interval: 5 }).toBe(0);
  // All that was left fails within a few turns, and would have connected by then.
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(server.acceptedConnections).toBe(accepted);
});
