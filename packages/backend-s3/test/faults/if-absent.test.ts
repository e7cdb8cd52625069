import { describe, expect, test } from "vitest";
import type { S3Options } from "../../src/index.ts";
import { failing, ignoringHeader, onNth } from "../server/faults.ts";
import type { RequestHook } from "../server/request-control.ts";
import { bytes, contents, inPieces, partSize } from "./contents.ts";
import { full } from "./scope.ts";
import { embedded, gateway, rgwPeer } from "./services.ts";
import { failure } from "./settled.ts";
import { onOpenStage, type Stage } from "./stage.ts";

const value = bytes(1000, 20);
const other = bytes(2000, 21);
const large = bytes(partSize + 1, 22);
const values = { "data/old": other };
const ifAbsent = { ifAbsent: true };

/** Everything that is to do nothing when a name is taken. */
const calls: readonly ((stage: Stage, name: string) => Promise<void>)[] = [
  ({ backend }, name) => backend.store(name, value, ifAbsent),
  ({ backend }, name) => backend.store(name, large, ifAbsent),
  ({ backend }, name) => backend.storeStream(name, inPieces(value, 100), ifAbsent),
  ({ backend }, name) => backend.storeStream(name, inPieces(large, 1_000_000), ifAbsent),
  ({ backend }, name) => backend.move("data/old", name, ifAbsent),
];

async function mustBeUnsupported(stage: Stage): Promise<void> {
  for (const call of calls) {
    for (const name of ["data/old", "data/new"]) {
      if (call === calls.at(-1) && name === "data/old") continue;
      await failure(call(stage, name), "UNSUPPORTED", name);
    }
  }
  expect(await stage.contents()).toEqual(contents(values));
}

/** Refuses requests with a condition. */
function refusing(status: number, code: string): RequestHook {
  return ({ headers }, control) => {
    if ("if-none-match" in headers) control.error(status, code);
  };
}

describe("to create only if absent, where the service ignores If-None-Match,", () => {
  const service = embedded();

  test("is refused, nothing is stored or replaced, and nothing stays of the attempt to find out", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      await mustBeUnsupported(stage);
      // Once is enough.
      expect(
        stage.interceptor.requests.filter(({ headers }) => "if-none-match" in headers).length,
      ).toBeLessThanOrEqual(2);
    });
  });

  const refusals = [
    { status: 501, code: "NotImplemented" },
    { status: 400, code: "InvalidArgument" },
  ];

  test.each(refusals)("is refused also when it says $status $code", async ({ status, code }) => {
    const playing = onOpenStage(service(), { values }, async (stage) => {
      await stage.during(refusing(status, code), () => mustBeUnsupported(stage));
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("is refused when the option says otherwise and the service answers 501", async () => {
    const options: S3Options = { createIfAbsent: true };
    await onOpenStage(service(), { values, options }, async (stage) => {
      await stage.during(refusing(501, "NotImplemented"), async () => {
        await failure(stage.backend.store("data/new", value, ifAbsent), "UNSUPPORTED");
        await failure(stage.backend.store("data/new", large, ifAbsent), "UNSUPPORTED");
        await failure(stage.backend.move("data/old", "data/new", ifAbsent), "UNSUPPORTED");
      });
      expect(await stage.contents()).toEqual(contents(values));
    });
  });
});

const isLeftOut = !rgwPeer.available || full.isLeftOut;

describe.skipIf(isLeftOut)(`to create only if absent ${rgwPeer.tag}${full.tag}`, () => {
  const service = gateway();

  test("is refused where something on the way takes the condition away", async () => {
    const playing = onOpenStage(service(), { values, signsAnew: true }, async (stage) => {
      const hooks = (["PutObject", "CopyObject", "CompleteMultipartUpload"] as const).map((operation) =>
        ignoringHeader(operation, "if-none-match"),
      );
      const removing = hooks.map((hook) => stage.interceptor.onRequest(hook));
      await mustBeUnsupported(stage);
      for (const remove of removing) remove();
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("works, and leaves nothing of the attempt to find out", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      await stage.backend.store("data/new", value, ifAbsent);
      await failure(stage.backend.store("data/new", other, ifAbsent), "ALREADY_EXISTS");
      await failure(stage.backend.store("data/old", large, ifAbsent), "ALREADY_EXISTS");
      await failure(stage.backend.move("data/old", "data/new", ifAbsent), "ALREADY_EXISTS");
      expect(await stage.contents()).toEqual(contents({ ...values, "data/new": value }));
    });
  });

  const chances = [
    { status: 400, code: "RequestTimeout" },
    { status: 400, code: "ExpiredToken" },
    { status: 503, code: "SlowDown" },
    { status: 409, code: "ConditionalRequestConflict" },
  ];

  test.each(chances)("is not given up for good because of $status $code", async ({ status, code }) => {
    await onOpenStage(service(), { values }, async (stage) => {
      // The second request of the attempt to find out is the one with the condition.
      const hook = onNth("PutObject", 2, (_request, control) => control.error(status, code));
      await stage.during(hook, () => stage.bare.store("data/new", value, ifAbsent).catch(() => undefined));
      await stage.outsider.delete("store/data/new");
      await stage.backend.store("data/new", value, ifAbsent);
      expect(await stage.contents()).toEqual(contents({ ...values, "data/new": value }));
    });
  });

  test("is found out by one attempt, however many wait for it", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      const storing = Array.from({ length: 20 }, (_, at) =>
        stage.backend.store(`data/${at}`, value, ifAbsent),
      );
      await Promise.all(storing);
      expect(stage.interceptor.count("PutObject")).toBe(22);
      expect(Object.keys(await stage.contents())).toHaveLength(22);
    });
  });

  test("tells what happened when it cannot be found out now", async () => {
    const playing = onOpenStage(service(), { values }, async (stage) => {
      await stage.during(failing("PutObject", 1, 403, "AccessDenied"), () =>
        failure(stage.backend.store("data/new", value, ifAbsent), "PERMISSION_DENIED"),
      );
      await stage.backend.store("data/new", value, ifAbsent);
    });
    await expect(playing).resolves.toBeUndefined();
  });
});
