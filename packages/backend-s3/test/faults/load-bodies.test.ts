import type { StoreErrorCode } from "@borgstore/core";
import { describe, expect, test } from "vitest";
import type { S3Options } from "../../src/index.ts";
import {
  cutBody,
  flippedAnswer,
  ignoringHeader,
  onNth,
  stalledBody,
  trickling,
  wrongContentLength,
} from "../server/faults.ts";
import type { AlterableAnswer, RequestHook } from "../server/request-control.ts";
import { bytes, collect, print } from "./contents.ts";
import { embedded } from "./services.ts";
import { failure, withinMs } from "./settled.ts";
import { impatient, onOpenStage, patient } from "./stage.ts";

const value = bytes(200_000, 7);
const values = { "data/old": value };

/** Alters the answer to the first request for a value. */
function answering(alter: (answer: AlterableAnswer) => void): RequestHook {
  return onNth("GetObject", 1, (_request, control) => control.alterAnswer(alter));
}

const headers = {
  dropped: (name: string) => () => answering((answer) => answer.headers.remove(name)),
  changed: (name: string, content: string) => () => answering((answer) => answer.headers.set(name, content)),
};

const whole = { title: "load", part: {} };
const middle = { title: "load of a part", part: { offset: 1000, size: 100_000 } };
const end = { title: "load of the end", part: { offset: -50_000 } };
const farBefore = { title: "load of a part far before the end", part: { offset: -150_000, size: 80_000 } };
type Wanted = { readonly title: string; readonly part: { readonly offset?: number; readonly size?: number } };

const empty = (): RequestHook =>
  onNth("GetObject", 1, (_request, control) => {
    control.answer({ status: 200, headers: { ETag: `"${print(value).split(" ")[1]}"` } });
  });

interface BodyFault {
  readonly title: string;
  /** Made anew for each call. */
  readonly hook: () => RequestHook;
  readonly code: StoreErrorCode;
  readonly wanted: readonly Wanted[];
  readonly options?: S3Options;
}

const ranged = [middle, end, farBefore];
const all = [whole, ...ranged];
const verified: S3Options = { verifyLoads: true };

/** What is noticed, and gone when the value is loaded again. */
const faults: readonly BodyFault[] = [
  {
    title: "stops in the middle",
    hook: () => stalledBody("GetObject", 1000),
    code: "TIMEOUT",
    wanted: [whole, middle],
    options: impatient,
  },
  {
    title: "is closed in the middle",
    hook: () => cutBody("GetObject", 40_000),
    code: "CONNECTION",
    wanted: all,
  },
  {
    title: "is closed at its start",
    hook: () => cutBody("GetObject", 0),
    code: "CONNECTION",
    wanted: all,
  },
  {
    title: "is reset in the middle",
    hook: () => cutBody("GetObject", 40_000, "reset"),
    code: "CONNECTION",
    wanted: all,
  },
  {
    title: "is shorter than it was announced",
    hook: () => wrongContentLength("GetObject", 1000),
    code: "CONNECTION",
    wanted: [whole],
  },
  {
    title: "is shorter than its range",
    hook: () => wrongContentLength("GetObject", 1000),
    code: "INTEGRITY",
    wanted: ranged,
  },
  {
    title: "is longer than its range",
    hook: () => wrongContentLength("GetObject", -1000),
    code: "INTEGRITY",
    wanted: ranged,
  },
  {
    title: "is longer than it was announced, and compared with its MD5",
    hook: () => wrongContentLength("GetObject", -1000),
    code: "INTEGRITY",
    wanted: [whole],
    options: verified,
  },
  {
    title: "has a wrong byte, and is compared with its MD5",
    hook: () => flippedAnswer("GetObject", 777),
    code: "INTEGRITY",
    wanted: [whole],
    options: verified,
  },
  {
    title: "is empty, and compared with its MD5",
    hook: empty,
    code: "INTEGRITY",
    wanted: [whole],
    options: verified,
  },
  {
    title: "comes without its range",
    hook: headers.dropped("content-range"),
    code: "INTEGRITY",
    wanted: ranged,
  },
  {
    title: "is of another range",
    hook: headers.changed("Content-Range", "bytes 100500-200499/200500"),
    code: "INTEGRITY",
    wanted: [middle],
  },
  {
    title: "is of a range that is none",
    hook: headers.changed("Content-Range", "bytes 999-0/*"),
    code: "INTEGRITY",
    wanted: ranged,
  },
  {
    title: "is of the start instead of the end",
    hook: headers.changed("Content-Range", "bytes 0-49999/200000"),
    code: "INTEGRITY",
    wanted: [end],
  },
];

const cases = faults.flatMap((fault) =>
  fault.wanted.map((wanted) => ({ ...fault, ...wanted, fault: fault.title })),
);

function partOf(part: Wanted["part"]): Uint8Array {
  const { offset = 0, size = value.byteLength } = part;
  const from = offset < 0 ? value.byteLength + offset : offset;
  return value.subarray(from, from + size);
}

describe.concurrent("a value whose body", () => {
  const service = embedded();

  test.each(cases)(
    "$fault fails with $code, and is loaded again ($title)",
    async ({ part, hook, code, options = {} }) => {
      await onOpenStage(service(), { values, options }, async (stage) => {
        const { key } = await stage.during(hook(), () => failure(stage.bare.load("data/old", part), code));
        expect(key).toBe("data/old");
        const loaded = await stage.during(hook(), () => stage.backend.load("data/old", part));
        expect(print(loaded), "what was loaded").toEqual(print(partOf(part)));
      });
    },
  );

  test.each(all)("is sent as a whole has the bytes that were asked for ($title)", async ({ part }) => {
    await onOpenStage(service(), { values }, async (stage) => {
      await stage.during(ignoringHeader("GetObject", "range"), async () => {
        expect(print(await stage.bare.load("data/old", part)), "load").toEqual(print(partOf(part)));
        const streamed = await collect(stage.bare.loadStream("data/old", part));
        expect(print(streamed), "loadStream").toEqual(print(partOf(part)));
      });
    });
  });

  test("comes slowly takes its time, but not more than a deadline allows", async () => {
    const options = { ...patient, stallTimeoutMs: 1000, requestTimeoutMs: 1000 };
    const setup = { values: { "data/old": value.subarray(0, 3000) }, options };
    await onOpenStage(service(), setup, async (stage) => {
      await stage.during(trickling("GetObject", 200, 100), async () => {
        const startMs = performance.now();
        const loaded = await stage.backend.load("data/old");
        expect(performance.now() - startMs).toBeGreaterThan(1100);
        expect(print(loaded), "load").toEqual(print(value.subarray(0, 3000)));
        expect(print(await collect(stage.bare.loadStream("data/old"))), "loadStream").toEqual(print(loaded));
        expect(stage.interceptor.count("GetObject")).toBe(2);
      });
    });
    const layers = { deadline: { transferMs: 500, stepMs: 500 } };
    await onOpenStage(service(), { ...setup, layers }, async (stage) => {
      await stage.during(trickling("GetObject", 200, 100), async () => {
        await failure(stage.backend.load("data/old"), "TIMEOUT", "load", withinMs);
        await failure(collect(stage.backend.loadStream("data/old")), "TIMEOUT", "loadStream", withinMs);
      });
    });
  });

  // Without a checksum of the service nobody can tell: the option verifyLoads, or digests of those who use the store, do.
  test.each([
    { title: "has a wrong byte", hook: () => flippedAnswer("GetObject", 777), length: 200_000 },
    { title: "is empty", hook: empty, length: 0 },
    {
      title: "is longer than it was announced",
      hook: () => wrongContentLength("GetObject", -1000),
      length: 199_000,
    },
  ])("$title is taken for the value unless it is compared", async ({ hook, length }) => {
    await onOpenStage(service(), { values }, async (stage) => {
      const loaded = await stage.during(hook(), () => stage.bare.load("data/old"));
      expect(loaded.byteLength).toBe(length);
      expect(print(await stage.backend.load("data/old"))).toBe(print(value));
    });
  });
});
