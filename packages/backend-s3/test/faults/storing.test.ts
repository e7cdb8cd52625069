import { describe, expect, test } from "vitest";
import { errorWithStatus200, flippedRequest, lostAnswer, on, onNth } from "../server/faults.ts";
import type { OwnAnswer, RequestHook } from "../server/request-control.ts";
import { bytes, contents, inPieces, partSize } from "./contents.ts";
import { full } from "./scope.ts";
import { embedded, gateway, rgwPeer } from "./services.ts";
import { failure } from "./settled.ts";
import { onOpenStage, type Stage } from "./stage.ts";

const value = bytes(50_000, 11);
const other = bytes(4000, 12);
const large = bytes(partSize + 1000, 13);
const values = { "data/old": other };

/** Answers the first copy without making one. */
function copyAnswered(answer: OwnAnswer): () => RequestHook {
  return () => onNth("CopyObject", 1, (_request, control) => control.answer(answer));
}

const noCopies = [
  { title: "an empty body", hook: copyAnswered({ status: 200 }), code: "UNAVAILABLE" },
  {
    title: "an error in the body",
    hook: copyAnswered({
      status: 200,
      body: "<?xml version='1.0'?><Error><Code>InternalError</Code></Error>",
    }),
    code: "UNAVAILABLE",
  },
  {
    title: "the wish to slow down in the body",
    hook: copyAnswered({ status: 200, body: "<Error><Code>SlowDown</Code></Error>" }),
    code: "RATE_LIMITED",
  },
  {
    title: "an error in the body of what was done",
    hook: () => errorWithStatus200("CopyObject", "InternalError"),
    code: "UNAVAILABLE",
  },
] as const;

const otherNoCopies = [
  { title: "a document that says nothing", body: "<CopyObjectResult></CopyObjectResult>" },
  { title: "a page for people", body: "<html><body>Welcome to this network</body></html>" },
  { title: "no XML", body: "ok" },
];

describe.concurrent("a copy that is answered with status 200 and", () => {
  const service = embedded();

  test.each(noCopies)("$title keeps the source, and is made again", async ({ hook, code }) => {
    await onOpenStage(service(), { values: { "data/old": value } }, async (stage) => {
      await stage.during(hook(), () => failure(stage.bare.move("data/old", "data/new"), code));
      expect(stage.interceptor.count("DeleteObject")).toBe(0);
      expect((await stage.contents())["data/old"]).toBe(contents({ a: value })["a"]);
      await stage.during(hook(), () => stage.backend.move("data/old", "data/new"));
      expect(await stage.contents()).toEqual(contents({ "data/new": value }));
    });
  });

  test.each(otherNoCopies)("$title keeps the source", async ({ body }) => {
    await onOpenStage(service(), { values: { "data/old": value } }, async (stage) => {
      const hook = copyAnswered({ status: 200, body })();
      await stage.during(hook, () => failure(stage.backend.move("data/old", "data/new"), "UNEXPECTED"));
      expect(stage.interceptor.count("DeleteObject")).toBe(0);
      expect(await stage.contents()).toEqual(contents({ "data/old": value }));
    });
  });
});

describe("a copy that takes long", () => {
  const service = embedded();

  test("has ten times the time of other requests", async () => {
    const options = { connectTimeoutMs: 1000, stallTimeoutMs: 1000, requestTimeoutMs: 1000 };
    await onOpenStage(service(), { values, options }, async (stage) => {
      const slowly = on("CopyObject", (_request, control) => control.delay(2000));
      await stage.during(slowly, () => stage.bare.move("data/old", "data/new"));
      expect(stage.interceptor.count("CopyObject")).toBe(1);
    });
  });
});

describe("what is answered with status 200 although nothing was done", () => {
  const service = embedded();
  const page = {
    status: 200,
    headers: { "Content-Type": "text/html" },
    body: "<html><body>Welcome</body></html>",
  };

  const answered: RequestHook = (_request, control) => control.answer(page);

  test("is no stored value", async () => {
    const playing = onOpenStage(service(), {}, async (stage) => {
      await stage.during(answered, async () => {
        await failure(stage.bare.store("data/new", value), "UNEXPECTED", "store");
        await failure(stage.bare.storeStream("data/new", inPieces(value, 1000)), "UNEXPECTED", "storeStream");
        await failure(stage.bare.store("data/new", large), "UNEXPECTED", "store in parts");
      });
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("is no value and no listing", async () => {
    const playing = onOpenStage(service(), { values }, async (stage) => {
      for (const answer of [page, { status: 200 }]) {
        await stage.during(
          (_request, control) => control.answer(answer),
          async () => {
            await failure(stage.bare.list("data")[Symbol.asyncIterator]().next(), "UNEXPECTED", "list");
            await failure(stage.bare.rmdir("data"), "UNEXPECTED", "rmdir");
          },
        );
      }
    });
    await expect(playing).resolves.toBeUndefined();
  });
});

describe.skipIf(!rgwPeer.available || full.isLeftOut)(`at a RADOS Gateway ${rgwPeer.tag}${full.tag}`, () => {
  const service = gateway();

  test("what is damaged on its way is refused and stored again", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      await stage.during(flippedRequest("PutObject", 777), async () => {
        const { retryable } = await failure(stage.bare.store("data/old", value), "INTEGRITY");
        expect(retryable).toBe(true);
      });
      expect(await stage.contents()).toEqual(contents(values));
      await stage.during(flippedRequest("PutObject", 777), () => stage.backend.store("data/old", value));
      expect(await stage.contents()).toEqual(contents({ "data/old": value }));
      expect(stage.interceptor.count("PutObject")).toBe(3);
    });
  });

  test("a part that is damaged on its way is sent again by itself", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      await stage.during(flippedRequest("UploadPart", 3_000_000, 1), () =>
        stage.bare.store("data/old", large),
      );
      expect(await stage.contents()).toEqual(contents({ "data/old": large }));
      expect(stage.interceptor.count("UploadPart")).toBe(3);
      expect(stage.interceptor.count("CreateMultipartUpload")).toBe(1);
    });
  });

  const forms = [
    { title: "store", store: (stage: Stage) => stage.backend.store("data/new", value, { ifAbsent: true }) },
    {
      title: "storeStream",
      store: (stage: Stage) =>
        stage.backend.storeStream("data/new", inPieces(value, 9000), { ifAbsent: true }),
    },
  ];

  test.each(forms)("$title if absent whose answer is lost is done, and not twice", async ({ store }) => {
    await onOpenStage(service(), { values, options: { createIfAbsent: true } }, async (stage) => {
      await stage.during(lostAnswer("PutObject"), () => store(stage));
      expect(await stage.contents()).toEqual(contents({ ...values, "data/new": value }));
      expect(stage.interceptor.requests.map(({ status }) => status)).toContain(412);
      await failure(store(stage), "ALREADY_EXISTS");
    });
  });

  test.each(forms)(
    "$title if absent loses to somebody else, also when an answer was lost",
    async ({ store }) => {
      await onOpenStage(service(), { values, options: { createIfAbsent: true } }, async (stage) => {
        const overtaken = onNth("PutObject", 1, async (_request, control) => {
          await stage.put("data/new", other);
          control.loseAnswer();
        });
        await stage.during(overtaken, () => failure(store(stage), "ALREADY_EXISTS"));
        expect(await stage.contents()).toEqual(contents({ ...values, "data/new": other }));
      });
    },
  );

  const refusals = [
    { title: "with SlowDown", status: 503, name: "SlowDown" },
    { title: "with InternalError", status: 500, name: "InternalError" },
  ];

  test.each(refusals)(
    "move if absent whose deletion fails $title is completed by the next attempt",
    async ({ status, name }) => {
      await onOpenStage(service(), { values }, async (stage) => {
        let isOver = false;
        const hook: RequestHook = ({ operation, key }, control) => {
          if (isOver || operation !== "DeleteObject" || key !== "store/data/old") return;
          isOver = true;
          control.error(status, name);
        };
        await stage.during(hook, () => stage.backend.move("data/old", "data/new", { ifAbsent: true }));
        expect(isOver).toBe(true);
        expect(await stage.contents()).toEqual(contents({ "data/new": other }));
      });
    },
  );
});
