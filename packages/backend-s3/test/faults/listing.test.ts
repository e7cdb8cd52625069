import { forEachConcurrently, type Backend } from "@borgstore/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { s3Backend } from "../../src/index.ts";
import {
  cutBody,
  droppedToken,
  failing,
  lostAnswer,
  onNth,
  repeatedToken,
  resetBeforeForwarding,
  stalledAnswer,
  stalledBody,
} from "../server/faults.ts";
import type { OwnAnswer, RequestHook } from "../server/request-control.ts";
import { mustEqual } from "./checks.ts";
import { contents, namesOf } from "./contents.ts";
import { full } from "./scope.ts";
import { embedded } from "./services.ts";
import { failure } from "./settled.ts";
import { layered, lessImpatient, Stage } from "./stage.ts";

/** Two pages. */
const names = Array.from({ length: 1010 }, (_, at) => `data/${String(at).padStart(5, "0")}`);
const below = names.map((name) => name.slice("data/".length));

const forms = [
  { title: "list", list: (backend: Backend) => namesOf(backend.list("data")), expected: below },
  {
    title: "list of everything",
    list: (backend: Backend) => namesOf(backend.list("", { recursive: true })),
    expected: names,
  },
];

/** Pages that were asked for, by the token each was asked for with. */
function tokensOf({ interceptor }: Stage): (string | undefined)[] {
  return interceptor.requests
    .filter(({ operation }) => operation === "ListObjectsV2")
    .map(({ query }) => query["continuation-token"]);
}

function answering(nth: number, answer: OwnAnswer): RequestHook {
  return onNth("ListObjectsV2", nth, (_request, control) => control.answer(answer));
}

function body(change: (page: string) => string, nth = 1): RequestHook {
  return onNth("ListObjectsV2", nth, (_request, control) => {
    control.alterAnswer(async (answer) => answer.setBody(change((await answer.body()).toString())));
  });
}

const pages = [1, 2];
const chances = [
  { title: "a reset", hook: (nth: number) => resetBeforeForwarding("ListObjectsV2", nth) },
  { title: "a lost answer", hook: (nth: number) => lostAnswer("ListObjectsV2", nth) },
  { title: "an answer that is cut", hook: (nth: number) => cutBody("ListObjectsV2", 300, "end", nth) },
  { title: "silence", hook: (nth: number) => stalledAnswer("ListObjectsV2", nth) },
  { title: "silence in the answer", hook: (nth: number) => stalledBody("ListObjectsV2", 300, nth) },
  {
    title: "an error",
    hook: (nth: number) =>
      onNth("ListObjectsV2", nth, (_request, control) => control.error(500, "InternalError")),
  },
];
const points = chances.flatMap((chance) => pages.map((page) => ({ ...chance, page })));

const ends: readonly ((page: string) => string)[] = [
  (page) => page.slice(0, page.length >> 1),
  (page) => page.slice(0, 120),
];

/** What is not a page of a listing, whatever the status says. */
const nonsense = [
  { title: "nothing", answer: { status: 200 } },
  {
    title: "a page for people",
    answer: { status: 200, body: "<!DOCTYPE html><html><body><p>Log in</p></body></html>" },
  },
  { title: "text", answer: { status: 200, body: "It works!" } },
  {
    title: "another document",
    answer: { status: 200, body: '<?xml version="1.0"?><Tagging><TagSet/></Tagging>' },
  },
  { title: "JSON", answer: { status: 200, body: '{"Contents":[]}' } },
];

describe.skipIf(full.isLeftOut)(`a listing${full.tag}`, () => {
  const service = embedded();
  let stage: Stage;
  let impatientOne: Backend;
  beforeAll(async () => {
    stage = await Stage.set(service(), {});
    impatientOne = s3Backend(stage.optionsFor(service(), lessImpatient));
    const { endpoint } = service();
    const failed = await forEachConcurrently(names, 16, async (name) => {
      // The bare SDK is slow, and this service asks for no signature.
      await fetch(`${endpoint}/${stage.bucket}/store/${name}`, { method: "PUT", body: "" });
    });
    if (failed !== undefined) throw failed.error;
    await stage.backend.open();
    await layered(impatientOne).open();
  });
  afterAll(async () => {
    await impatientOne.close();
    await stage.leave();
    await stage.tearDown();
  });

  test.each(points)(
    "survives $title on page $page, and asks for that page again only",
    async ({ title, hook, page }) => {
      const isSilent = title.startsWith("silence");
      const bare = isSilent ? impatientOne : stage.bare;
      for (const { list, expected } of isSilent ? forms.slice(0, 1) : forms) {
        stage.interceptor.clear();
        // The first page is repeated by the layers, the others by the backend itself.
        const found = await stage.during(hook(page), () => list(page === 1 ? layered(bare) : bare));
        expect(found.join(), "the names").toEqual(expected.join());
        const tokens = tokensOf(stage);
        expect(new Set(tokens).size, "different pages").toEqual(2);
        // More only when a busy machine was too slow.
        if (!isSilent) mustEqual(tokens.length, 3, "requests");
      }
    },
  );

  test.each(forms)("that loses its place is no complete one ($title)", async ({ list }) => {
    for (const hook of [droppedToken, repeatedToken]) {
      for (const backend of [stage.bare, stage.backend]) {
        stage.interceptor.clear();
        await stage.during(hook(), () => failure(list(backend), "UNEXPECTED"));
        expect(tokensOf(stage).length).toBeLessThanOrEqual(4);
      }
    }
  });

  const answers = nonsense.flatMap((one) => pages.map((page) => ({ ...one, page })));

  test.each(answers)("is not complete when page $page is $title", async ({ answer, page }) => {
    for (const { list, title } of forms) {
      const error = await stage.during(answering(page, answer), () =>
        failure(list(stage.bare), "UNEXPECTED", title),
      );
      expect(error.retryable).toBe(false);
    }
  });

  test("is not complete when a page ends in the middle of its document", async () => {
    for (const change of ends) {
      for (const page of pages) {
        const error = await stage.during(body(change, page), () =>
          failure(namesOf(stage.bare.list("data")), ["UNEXPECTED", "CONNECTION"], `page ${page}`),
        );
        expect(error.key).toBe("data");
      }
    }
  });

  test("fails for good when a page does", async () => {
    await stage.during(failing("ListObjectsV2", 1, 403, "AccessDenied"), () =>
      failure(namesOf(stage.backend.list("data")), "PERMISSION_DENIED"),
    );
    const second = onNth("ListObjectsV2", 2, (_request, control) => control.error(403, "AccessDenied"));
    await stage.during(second, () => failure(namesOf(stage.backend.list("data")), "PERMISSION_DENIED"));
    expect(await namesOf(stage.backend.list("data"))).toHaveLength(names.length);
  });

  test("that its reader leaves asks for no further page", async () => {
    stage.interceptor.clear();
    for await (const page of stage.backend.list("data")) {
      expect(page.length).toBe(1000);
      break;
    }
    expect(stage.interceptor.count()).toBe(1);
  });
});

describe.concurrent("where a listing is not one", () => {
  const service = embedded();

  test.each(nonsense)("nothing is taken to be missing or empty ($title)", async ({ answer }) => {
    const values = { "data/old": new Uint8Array(5), "data/other": new Uint8Array(6) };
    const one = await Stage.set(service(), { values });
    try {
      const hook = (): RequestHook => answering(1, answer);
      await one.during(hook(), () => failure(one.bare.create(), "UNEXPECTED", "create"));
      await one.during(hook(), () => failure(one.bare.open(), "UNEXPECTED", "open"));
      await one.during(hook(), () => failure(one.bare.destroy(), "UNEXPECTED", "destroy"));
      await one.bare.open();
      await one.during(hook(), () => failure(one.bare.rmdir("data"), "UNEXPECTED", "rmdir"));
      expect(await one.contents()).toEqual(contents(values));
      await one.leave();
    } finally {
      await one.tearDown();
    }
  });
});
