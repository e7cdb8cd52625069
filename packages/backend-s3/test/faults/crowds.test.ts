import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { s3Backend } from "../../src/index.ts";
import { optionsFor } from "../place.ts";
import { errorDocument } from "../server/error-document.ts";
import { mustEqual } from "./checks.ts";
import { bytes, print } from "./contents.ts";
import { nothingMoreThan, resources, socketsTo } from "./resources.ts";
import { full } from "./scope.ts";
import { embedded, gateway, rgwPeer } from "./services.ts";
import { failure, until } from "./settled.ts";
import { layered, onOpenStage, patient } from "./stage.ts";

const value = bytes(1024, 1);

/** A service that has a storage, and no object in it; quick enough for large numbers. */
async function startEmptyService() {
  const listing =
    "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>store/</Key></Contents></ListBucketResult>";
  let accepted = 0;
  const server = createServer((request, response) => {
    const isListing = request.url?.includes("list-type") === true;
    response.writeHead(isListing ? 200 : 404, { "Content-Type": "application/xml" });
    response.end(isListing ? listing : errorDocument("NoSuchKey"));
  }).on("connection", () => accepted++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: "someone", secretAccessKey: "something" };
  const place = {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    region: "us-east-1",
    bucket: "bucket",
    credentials,
  };
  return { server, place, acceptedSockets: () => accepted };
}

describe.skipIf(full.isLeftOut)(`thousands of calls at the same time${full.tag}`, () => {
  const service = embedded();

  test("settle with few connections, and each with an error of its own", async () => {
    const nothing = resources();
    const empty = await startEmptyService();
    try {
      const { place, server } = empty;
      const backend = layered(s3Backend(optionsFor(place, "store", patient)));
      await backend.open();
      const missing = Array.from({ length: 2_000 }, (_, at) =>
        failure(backend.load(`data/missing-${at}`), "NOT_FOUND", `load ${at}`, 280_000),
      );
      const errors = await Promise.all(missing);
      expect(new Set(errors).size).toBe(2_000);
      expect(errors[1711]?.key).toBe("data/missing-1711");
      expect(empty.acceptedSockets()).toBeLessThanOrEqual(32 + 4);
      await backend.close();
      await until(() => socketsTo(place.port) === 0, "no socket is left after close");
      server.close();
    } finally {
      empty.server.closeAllConnections();
    }
    await nothingMoreThan(nothing);
  }, 300_000);

  test("have no more connections either without layers", async () => {
    await onOpenStage(
      service(),
      { values: { "data/there": value }, options: { concurrency: 5 } },
      async (stage) => {
        const calls = Array.from({ length: 400 }, async (_, at) => {
          if (at % 3 === 0) await stage.bare.store(`data/${at}`, value);
          else if (at % 3 === 1)
            mustEqual(print(await stage.bare.load("data/there")), print(value), "a load");
          else mustEqual((await stage.bare.info("data/there")).size, 1024, "a size");
        });
        await Promise.all(calls);
        expect(stage.interceptor.acceptedSockets).toBeLessThanOrEqual(5 + 2);
      },
    );
  });

  test("that wait for their turn can be aborted", async () => {
    await onOpenStage(service(), { options: { concurrency: 2 } }, async (stage) => {
      const stop = new AbortController();
      const reason = new Error("enough");
      await stage.during(
        (_request, control) => control.stall(),
        async () => {
          const calls = Array.from({ length: 100 }, () => stage.bare.load("data/x", { signal: stop.signal }));
          setTimeout(() => stop.abort(reason), 50);
          const ended = await Promise.allSettled(calls);
          for (const one of ended) expect(one).toMatchObject({ status: "rejected", reason });
        },
      );
      expect(stage.interceptor.count()).toBeLessThanOrEqual(2);
      await failure(stage.bare.load("data/x"), "NOT_FOUND");
    });
  });
});

describe.skipIf(full.isLeftOut || !rgwPeer.available)(
  `many calls at a RADOS Gateway ${rgwPeer.tag}${full.tag}`,
  () => {
    const service = gateway();

    test("leave no socket and no timer, and little memory", async () => {
      const nothing = resources();
      await onOpenStage(service(), { values: { "data/there": value } }, async (stage) => {
        const memoryBefore = process.memoryUsage.rss();
        const calls = Array.from({ length: 900 }, async (_, at) => {
          if (at % 3 === 0) await stage.backend.store(`data/${at}`, value);
          else if (at % 3 === 1)
            mustEqual(print(await stage.backend.load("data/there")), print(value), "a load");
          else mustEqual((await stage.backend.info("data/there")).size, 1024, "a size");
        });
        await Promise.all(calls);
        expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(600 * 1024 * 1024);
        expect(Object.keys(await stage.contents())).toHaveLength(302);
      });
      await nothingMoreThan(nothing);
    });
  },
);
