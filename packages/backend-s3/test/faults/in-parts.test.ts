import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { failing, lostAnswer, on, onNth } from "../server/faults.ts";
import { bytes, contents, inPieces, partSize } from "./contents.ts";
import { full } from "./scope.ts";
import { gateway, rgwPeer } from "./services.ts";
import { failure, until, untilFound } from "./settled.ts";
import { onOpenStage, type Stage } from "./stage.ts";

const value = bytes(12 * 1024 * 1024, 14);
const stored = contents({ "data/new": value });

/** Numbers of the parts that were sent, in order. */
function sentParts({ interceptor }: Stage): number[] {
  const numbers = interceptor.requests
    .filter(({ operation }) => operation === "UploadPart")
    .map(({ query }) => Number(query["partNumber"]));
  return numbers.sort((one, another) => one - another);
}

const forms = [
  { title: "store", store: (stage: Stage) => stage.bare.store("data/new", value) },
  {
    title: "storeStream",
    store: (stage: Stage) => stage.bare.storeStream("data/new", inPieces(value, 300_000)),
  },
  // Such a source cannot be started anew.
  {
    title: "storeStream of a source for once",
    store: (stage: Stage) => stage.bare.storeStream("data/new", inPieces(value, 300_000)()),
  },
];

describe.skipIf(full.isLeftOut || !rgwPeer.available)(`an upload in parts ${rgwPeer.tag}${full.tag}`, () => {
  const service = gateway();

  test.each(forms)("sends a part that fails once again, and no other ($title)", async ({ store }) => {
    await onOpenStage(service(), {}, async (stage) => {
      const failingOnce = onNth("UploadPart", 2, (_request, control) => control.error(500, "InternalError"));
      await stage.during(failingOnce, () => store(stage));
      const numbers = sentParts(stage);
      expect(numbers).toHaveLength(4);
      expect(new Set(numbers)).toEqual(new Set([1, 2, 3]));
      expect(await stage.contents()).toEqual(stored);
      expect(await stage.unfinishedUploads()).toBe(0);
    });
  });

  test.each(forms)("is done when the answer to its end was lost ($title)", async ({ store }) => {
    await onOpenStage(service(), {}, async (stage) => {
      await stage.during(lostAnswer("CompleteMultipartUpload"), () => store(stage));
      expect(sentParts(stage)).toEqual([1, 2, 3]);
      expect(stage.interceptor.count("CreateMultipartUpload")).toBe(1);
      expect(await stage.contents()).toEqual(stored);
      expect(await stage.unfinishedUploads()).toBe(0);
    });
  });

  const ends = [
    { title: "is refused once", hook: () => failing("CompleteMultipartUpload", 1, 503, "SlowDown") },
    {
      title: "fails with status 200",
      hook: () =>
        onNth("CompleteMultipartUpload", 1, (_request, control) => {
          control.answer({ status: 200, body: "<Error><Code>InternalError</Code></Error>" });
        }),
    },
  ];

  test.each(ends)("whose end $title does not send the parts again", async ({ hook }) => {
    await onOpenStage(service(), {}, async (stage) => {
      await stage.during(hook(), () => stage.bare.store("data/new", value));
      expect(sentParts(stage)).toEqual([1, 2, 3]);
      expect(await stage.contents()).toEqual(stored);
      expect(await stage.unfinishedUploads()).toBe(0);
    });
  });

  const failures = [
    { at: "UploadPart", status: 403, name: "AccessDenied", code: "PERMISSION_DENIED" },
    { at: "UploadPart", status: 400, name: "EntityTooLarge", code: "INVALID_ARGUMENT" },
    { at: "CompleteMultipartUpload", status: 403, name: "AccessDenied", code: "PERMISSION_DENIED" },
    { at: "CompleteMultipartUpload", status: 507, name: "XMinioStorageFull", code: "NO_SPACE" },
  ] as const;

  test.each(failures)(
    "that fails for good leaves nothing ($at, $name)",
    async ({ at, status, name, code }) => {
      await onOpenStage(service(), {}, async (stage) => {
        let ended = 0;
        const source = function* pieces(): Generator<Uint8Array> {
          try {
            yield* inPieces(value, 300_000)();
          } finally {
            ended += 1;
          }
        };
        const hook = onNth(at, 1, (_request, control) => control.error(status, name));
        await stage.during(hook, () => failure(stage.backend.storeStream("data/new", source), code));
        expect(ended).toBe(1);
        expect(stage.interceptor.count("AbortMultipartUpload")).toBe(1);
        expect(await stage.unfinishedUploads()).toBe(0);
        expect(await stage.contents()).toEqual(contents({}));
      });
    },
  );

  test("that fails again and again is given up when the time for it is over", async () => {
    await onOpenStage(service(), {}, async (stage) => {
      const clock = vi.spyOn(performance, "now");
      onTestFinished(() => clock.mockRestore());
      const startMs = performance.now();
      let hours = 0;
      clock.mockImplementation(() => startMs + 3_600_000 * hours);
      const hook = on("UploadPart", (_request, control) => {
        hours += 1;
        control.error(503, "SlowDown");
      });
      const error = await stage.during(hook, () =>
        failure(stage.backend.store("data/new", value), "RATE_LIMITED"),
      );
      // Nobody above repeats all of it again.
      expect(error.retryable).toBe(false);
      expect(stage.interceptor.count("CreateMultipartUpload")).toBe(1);
      expect(stage.interceptor.count("UploadPart")).toBeLessThanOrEqual(6);
      expect(await stage.unfinishedUploads()).toBe(0);
    });
  });

  test("of a source that fails leaves nothing, and tells the source's error", async () => {
    await onOpenStage(service(), {}, async (stage) => {
      const reason = new Error("no more");
      const source = function* pieces(): Generator<Uint8Array> {
        yield value.subarray(0, 8_000_000);
        throw reason;
      };
      await expect(stage.backend.storeStream("data/new", source)).rejects.toBe(reason);
      expect(await stage.unfinishedUploads()).toBe(0);
      expect(await stage.contents()).toEqual(contents({}));
    });
  });

  test("that is aborted by its caller leaves nothing when the backend is closed", async () => {
    await onOpenStage(service(), {}, async (stage) => {
      const stop = new AbortController();
      const reason = new Error("enough");
      let isStopped = false;
      const source = async function* pieces(): AsyncGenerator<Uint8Array> {
        try {
          yield* inPieces(value, 300_000)();
          await delay(60_000, undefined, { signal: stop.signal });
        } finally {
          isStopped = true;
        }
      };
      const slowly = on("AbortMultipartUpload", (_request, control) => control.delay(300));
      const hanging = onNth("UploadPart", 2, (_request, control) => control.stallAnswer());
      await stage.during(slowly, () =>
        stage.during(hanging, async () => {
          const storing = stage.backend.storeStream("data/new", source, { signal: stop.signal });
          await until(() => stage.interceptor.count("UploadPart") >= 2);
          stop.abort(reason);
          await expect(storing).rejects.toBe(reason);
          await stage.backend.close();
        }),
      );
      expect(isStopped).toBe(true);
      expect(stage.interceptor.count("AbortMultipartUpload")).toBe(1);
      // The gateway may still be busy with the part whose answer nobody waited for.
      await untilFound(
        () => stage.unfinishedUploads(),
        (count) => count === 0,
      );
      expect(await stage.contents()).toEqual(contents({}));
    });
  });

  test("that fails when even giving it up fails tells what it failed with", async () => {
    await onOpenStage(service(), {}, async (stage) => {
      const hooks = [
        failing("UploadPart", 9, 403, "AccessDenied"),
        failing("AbortMultipartUpload", 9, 403, "AccessDenied"),
      ];
      const removing = hooks.map((hook) => stage.interceptor.onRequest(hook));
      await failure(stage.bare.store("data/new", value), "PERMISSION_DENIED");
      for (const remove of removing) remove();
      // A rule of the bucket for unfinished uploads does the rest.
      expect(await stage.unfinishedUploads()).toBe(1);
    });
  });

  test("is given up again when giving it up fails by chance", async () => {
    await onOpenStage(service(), {}, async (stage) => {
      const hooks = [
        failing("UploadPart", 9, 403, "AccessDenied"),
        failing("AbortMultipartUpload", 1, 503, "SlowDown"),
      ];
      const removing = hooks.map((hook) => stage.interceptor.onRequest(hook));
      await failure(stage.bare.store("data/new", value), "PERMISSION_DENIED");
      for (const remove of removing) remove();
      expect(await stage.unfinishedUploads()).toBe(0);
    });
  });

  test("does not end before its last part has arrived", async () => {
    await onOpenStage(service(), {}, async (stage) => {
      const late = onNth("UploadPart", 1, (_request, control) => control.delay(500));
      await stage.during(late, () => stage.bare.store("data/new", value.subarray(0, partSize + 1)));
      expect(await stage.contents()).toEqual(contents({ "data/new": value.subarray(0, partSize + 1) }));
    });
  });
});
