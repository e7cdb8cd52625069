import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cutBody, ignoringHeader, on, onNth, resetBeforeForwarding, stalledBody } from "../server/faults.ts";
import type { RequestHook } from "../server/request-control.ts";
import { bytes, collect, print } from "./contents.ts";
import { embedded } from "./services.ts";
import { failure, until } from "./settled.ts";
import { lessImpatient, onOpenStage, patient, type Stage } from "./stage.ts";

const value = bytes(1_500_000, 8);
const values = { "data/old": value };
const cutAt = 700_000;

/** Headers of the requests for values that tell what is asked for. */
function asked({ interceptor }: Stage): { range: string | undefined; ifMatch: string | undefined }[] {
  return interceptor.requests
    .filter(({ operation }) => operation === "GetObject")
    .map(({ headers }) => ({ range: headers["range"], ifMatch: headers["if-match"] }));
}

const etag = `"${print(value).split(" ")[1]}"`;

const withoutEtag = (): RequestHook =>
  on("GetObject", (_request, control) => control.alterAnswer(({ headers }) => headers.remove("etag")));

describe.concurrent("a stream whose line", () => {
  const service = embedded();

  // What falls silent has been answered: a limit of answers would only end those of a busy machine.
  const silentSoon = { ...lessImpatient, requestTimeoutMs: 30_000 };
  const breaks = [
    { title: "is closed", hook: () => cutBody("GetObject", cutAt) },
    { title: "is reset", hook: () => cutBody("GetObject", cutAt, "reset") },
    { title: "falls silent", hook: () => stalledBody("GetObject", cutAt), options: silentSoon },
  ];

  test.each(breaks)("$title goes on where it stopped", async ({ hook, options = {} }) => {
    await onOpenStage(service(), { values, options }, async (stage) => {
      await stage.during(hook(), async () => {
        expect(print(await collect(stage.bare.loadStream("data/old"))), "the value").toEqual(print(value));
      });
      const [first, ...others] = asked(stage);
      expect(first, "the first request").toEqual({ range: undefined, ifMatch: undefined });
      // Others than the second one are there only when a busy machine was too slow.
      expect(others.length).toBeGreaterThan(0);
      for (const { range = "", ifMatch } of others) {
        expect(range).toMatch(/^bytes=\d+-1499999$/);
        expect(ifMatch).toBe(etag);
      }
      const resumedAt = Number(/\d+/.exec(others[0]?.range ?? "")?.[0]);
      expect(resumedAt).toBeLessThanOrEqual(cutAt);
    });
  });

  test.each(breaks)("$title goes on also in a part of a value", async ({ hook, options = {} }) => {
    await onOpenStage(service(), { values, options }, async (stage) => {
      for (const part of [{ offset: 100_000, size: 900_000 }, { offset: -1_000_000 }]) {
        const loaded = await stage.during(hook(), () => collect(stage.bare.loadStream("data/old", part)));
        const from = part.offset < 0 ? value.byteLength + part.offset : part.offset;
        const expected = value.subarray(from, from + (part.size ?? value.byteLength));
        expect(print(loaded), "the part").toEqual(print(expected));
      }
    });
  });

  test("breaks again and again goes on each time", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      const always = on("GetObject", (_request, control) => control.cutBody(400_000));
      await stage.during(always, async () => {
        expect(print(await collect(stage.bare.loadStream("data/old"))), "the value").toEqual(print(value));
      });
      expect(stage.interceptor.count("GetObject")).toBeGreaterThanOrEqual(4);
    });
  });

  test("breaks before the first byte is repeated by the layers", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      await stage.during(resetBeforeForwarding("GetObject"), () =>
        failure(collect(stage.bare.loadStream("data/old")), "CONNECTION"),
      );
      await stage.during(resetBeforeForwarding("GetObject"), async () => {
        expect(print(await collect(stage.backend.loadStream("data/old"))), "the value").toEqual(print(value));
      });
    });
  });

  const other = bytes(1_500_000, 9);
  const meanwhile = [
    { title: "replaced", change: (stage: Stage) => stage.put("data/old", other) },
    { title: "deleted", change: (stage: Stage) => stage.outsider.delete("store/data/old") },
    { title: "cut short", change: (stage: Stage) => stage.put("data/old", value.subarray(0, 100)) },
  ];

  test.each(meanwhile)("breaks is no mixture when the object is $title meanwhile", async ({ change }) => {
    await onOpenStage(service(), { values }, async (stage) => {
      for (const backend of [stage.bare, stage.backend]) {
        await stage.put("data/old", value);
        const remove = stage.interceptor.onRequest(cutBody("GetObject", cutAt));
        const error = await stage.during(
          onNth("GetObject", 2, () => change(stage)),
          () => failure(collect(backend.loadStream("data/old")), "INTEGRITY"),
        );
        remove();
        expect(error).toMatchObject({ key: "data/old", retryable: false });
      }
    });
  });

  test("breaks is no mixture either where the service ignores If-Match", async () => {
    const playing = onOpenStage(service(), { values }, async (stage) => {
      await stage.during(ignoringHeader("GetObject", "if-match"), async () => {
        const replacing = onNth("GetObject", 2, () => stage.put("data/old", other));
        const remove = stage.interceptor.onRequest(cutBody("GetObject", cutAt));
        await stage.during(replacing, () => failure(collect(stage.bare.loadStream("data/old")), "INTEGRITY"));
        remove();
      });
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("breaks goes on only under the layers, which compare, when there is no ETag", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      await stage.during(withoutEtag(), async () => {
        await stage.during(cutBody("GetObject", cutAt), () =>
          failure(collect(stage.bare.loadStream("data/old")), "CONNECTION"),
        );
        await stage.during(cutBody("GetObject", cutAt), async () => {
          expect(print(await collect(stage.backend.loadStream("data/old"))), "the value").toEqual(
            print(value),
          );
        });
        await stage.during(cutBody("GetObject", cutAt), () =>
          stage.during(
            onNth("GetObject", 2, () => stage.put("data/old", other)),
            () => failure(collect(stage.backend.loadStream("data/old")), "INTEGRITY"),
          ),
        );
      });
    });
  });
});

describe("a slow reader", () => {
  const service = embedded();
  const long = bytes(8_000_000, 10);

  /** Reads with pauses that are longer than the limit of silence. */
  async function readSlowly(stage: Stage): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of stage.backend.loadStream("data/long")) {
      if (pieces.length < 2) await delay(1700);
      pieces.push(piece);
    }
    expect(print(Buffer.concat(pieces)), "the value").toEqual(print(long));
  }

  const slow = { values: { "data/long": long }, options: { ...patient, stallTimeoutMs: 1000 } };

  test("gets everything by one request, whatever the pauses", async () => {
    await onOpenStage(service(), slow, async (stage) => {
      await readSlowly(stage);
      expect(stage.interceptor.count("GetObject")).toBe(1);
    });
  });

  test("that leaves ends its request, and so does an abort", async () => {
    await onOpenStage(service(), { values: { "data/long": long } }, async (stage) => {
      for await (const piece of stage.backend.loadStream("data/long")) {
        expect(piece.byteLength).toBeGreaterThan(0);
        break;
      }
      await until(() => stage.interceptor.openSockets <= 1);
      const stop = new AbortController();
      const reason = new Error("enough");
      const reading = (async (): Promise<void> => {
        const pieces = stage.backend.loadStream("data/long", { signal: stop.signal });
        for await (const piece of pieces) if (piece.byteLength > 0) stop.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
    });
  });

  test("does not keep others from their requests, however many there are", async () => {
    const options = { ...patient, concurrency: 8 };
    await onOpenStage(
      service(),
      { values: { "data/long": long, "data/old": value }, options },
      async (stage) => {
        const readers = Array.from({ length: 40 }, () =>
          stage.bare.loadStream("data/long")[Symbol.asyncIterator](),
        );
        await Promise.all(readers.map((reader) => reader.next()));
        expect(print(await stage.bare.load("data/old")), "a load meanwhile").toEqual(print(value));
        await stage.backend.store("data/new", value);
        const firsts = readers.slice(0, 3).map(async (reader) => {
          let length = 256 * 1024;
          for (let step = await reader.next(); step.done !== true; step = await reader.next())
            length += step.value.byteLength;
          return length;
        });
        expect(await Promise.all(firsts), "lengths of those that go on").toEqual([
          8_000_000, 8_000_000, 8_000_000,
        ]);
        for (const reader of readers) await reader.return?.();
        await until(() => stage.interceptor.openSockets <= 8);
      },
    );
  });
});
