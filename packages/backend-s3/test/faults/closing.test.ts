import { StoreError, type Backend } from "@borgstore/core";
import { describe, expect, test } from "vitest";
import type { RequestHook } from "../server/request-control.ts";
import { bytes, inPieces, partSize } from "./contents.ts";
import { before, operationOf, operations } from "./operations.ts";
import { nothingMoreThan, resources, socketsTo } from "./resources.ts";
import { embedded } from "./services.ts";
import { mustBeFailure, outcome, until } from "./settled.ts";
import { onOpenStage, patient } from "./stage.ts";

const silent: RequestHook = ({ operation }, control) => {
  if (operation === "UploadPart" || operation === "AbortMultipartUpload") control.stall();
};
const slowly: RequestHook = (_request, control) => control.delay(300);
const hanging: RequestHook = (_request, control) => control.stall();
const open = operations.filter(({ isForClosed }) => isForClosed !== true);
const large = operationOf("store in parts");

/** Closes, and does not wait for what is under way. */
async function closeAbruptly(backend: Backend): Promise<void> {
  const controller = new AbortController();
  const closing = outcome(backend.close({ signal: controller.signal }));
  await until(() => !backend.isOpen);
  const reason = new Error("no patience");
  controller.abort(reason);
  expect(await closing).toBe(reason);
}

describe("while calls hang", () => {
  const service = embedded();

  test("an abort ends each of them with its reason, and closes its connection", async () => {
    const nothing = resources();
    await onOpenStage(service(), { values: before }, async (stage) => {
      await stage.during(hanging, async () => {
        const reason = new Error("enough");
        const stop = new AbortController();
        const { signal } = stop;
        const calls = [
          stage.backend.load("data/old", { signal }),
          stage.backend.store("data/new", bytes(1000, 1), { signal }),
          stage.backend.store("data/new", bytes(partSize + 1, 1), { signal }),
          stage.backend.storeStream("data/new", inPieces(bytes(1000, 1), 100), { signal }),
          stage.backend.info("data/old", { signal }),
          stage.backend.move("data/old", "data/new", { signal }),
          stage.backend.delete("data/old", { signal }),
          stage.backend.deleteMany(["data/old", "data/other"], { signal }),
          stage.backend.mkdir("far", { signal }),
          stage.backend.rmdir("far", { signal }),
          stage.backend.hash("data/old", "md5", { signal }),
          stage.backend.list("data", { signal })[Symbol.asyncIterator]().next(),
          stage.backend.loadStream("data/old", { signal })[Symbol.asyncIterator]().next(),
        ];
        const ended = calls.map((call) => outcome(call));
        await until(() => stage.interceptor.count() >= calls.length);
        stop.abort(reason);
        for (const error of await Promise.all(ended)) expect(error).toBe(reason);
        await until(() => socketsTo(stage.interceptor.port) === 0, "no socket is left after the abort");
      });
      await stage.backend.info("data/old");
    });
    await nothingMoreThan(nothing);
  });

  test("closing with an abort ends all of them", async () => {
    const nothing = resources();
    await onOpenStage(service(), { values: before, options: patient }, async (stage) => {
      await stage.during(hanging, async () => {
        const calls = [...open, large].map(async ({ run, title }) => ({
          title,
          error: await outcome(run(stage.bare), title),
        }));
        await until(() => stage.interceptor.count() >= calls.length);
        await closeAbruptly(stage.bare);
        for (const { title, error } of await Promise.all(calls)) mustBeFailure(error, "NOT_OPEN", title);
        await until(() => socketsTo(stage.interceptor.port) === 0, "no socket is left after close");
      });
      expect(stage.bare.isOpen).toBe(false);
      await stage.bare.open();
      await stage.bare.info("data/old");
    });
    await nothingMoreThan(nothing);
  });

  test("closing with an abort ends uploads that are under way", async () => {
    const nothing = resources();
    const playing = onOpenStage(service(), { values: before, options: patient }, async (stage) => {
      await stage.during(silent, async () => {
        const storing = outcome(large.run(stage.bare));
        await until(() => stage.interceptor.count("UploadPart") === 2);
        await closeAbruptly(stage.bare);
        mustBeFailure(await storing, "NOT_OPEN");
        await until(() => socketsTo(stage.interceptor.port) === 0, "no socket is left after close");
        // The next one to open does not wait for what is left of this one.
        await stage.bare.open();
      });
    });
    await expect(playing).resolves.toBeUndefined();
    await nothingMoreThan(nothing);
  });

  test("closing waits for those that will end", async () => {
    await onOpenStage(service(), { values: before }, async (stage) => {
      const { done } = await stage.during(slowly, async () => {
        const running = stage.backend.store("data/new", bytes(1000, 1));
        await until(() => stage.interceptor.count("PutObject") === 1);
        await stage.backend.close();
        return { done: await outcome(running) };
      });
      expect(done).toBeUndefined();
      expect(await stage.contents()).toHaveProperty(["data/new"]);
    });
  });

  test("opening that is aborted leaves nothing open", async () => {
    const nothing = resources();
    await onOpenStage(service(), { values: before }, async (stage) => {
      await stage.backend.close();
      await stage.during(hanging, async () => {
        for (const call of ["open", "create", "destroy"] as const) {
          stage.interceptor.clear();
          const stop = new AbortController();
          const reason = new Error("enough");
          const ended = outcome(stage.bare[call]({ signal: stop.signal }));
          await until(() => stage.interceptor.count() === 1);
          stop.abort(reason);
          expect(await ended).toBe(reason);
          await until(() => socketsTo(stage.interceptor.port) === 0, `no socket is left after ${call}`);
        }
      });
      expect(stage.bare.isOpen).toBe(false);
      const late = await outcome(stage.bare.load("data/old"));
      expect(StoreError.is(late, "NOT_OPEN")).toBe(true);
    });
    await nothingMoreThan(nothing);
  });
});
