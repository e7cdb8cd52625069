import type { Backend, StoreErrorCode } from "@borgstore/core";
import { describe, expect, test } from "vitest";
import type { OwnAnswer } from "../server/request-control.ts";
import { errorDocument } from "../server/error-document.ts";
import { bytes, collect, contents, namesOf } from "./contents.ts";
import { full } from "./scope.ts";
import { embedded } from "./services.ts";
import { failure } from "./settled.ts";
import { onOpenStage } from "./stage.ts";

const values = { "data/old": bytes(1000, 30) };

interface Call {
  readonly title: string;
  readonly run: (backend: Backend) => Promise<unknown>;
}

const load: Call = { title: "load", run: (backend) => backend.load("data/old") };
const stream: Call = { title: "loadStream", run: (backend) => collect(backend.loadStream("data/old")) };
const store: Call = { title: "store", run: (backend) => backend.store("data/new", bytes(10, 1)) };
const move: Call = { title: "move", run: (backend) => backend.move("data/old", "data/new") };
const list: Call = { title: "list", run: (backend) => namesOf(backend.list("data")) };
const info: Call = { title: "info", run: (backend) => backend.info("data/old") };
const reading = [load, stream];

interface Meaning {
  readonly status: number;
  readonly name: string;
  readonly code: StoreErrorCode;
  readonly says?: string;
  readonly headers?: OwnAnswer["headers"];
  readonly retryable?: boolean;
  readonly calls: readonly Call[];
}

const meanings: readonly Meaning[] = [
  { status: 404, name: "NoSuchKey", code: "NOT_FOUND", calls: [load, stream, move] },
  {
    status: 404,
    name: "NoSuchBucket",
    code: "BACKEND_NOT_FOUND",
    says: "buckets are never made here",
    calls: [load, stream, store, move, list],
  },
  {
    status: 403,
    name: "AccessDenied",
    code: "PERMISSION_DENIED",
    calls: [load, stream, store, move, list, info],
  },
  { status: 403, name: "SignatureDoesNotMatch", code: "UNAUTHENTICATED", calls: [load, store, list] },
  { status: 403, name: "InvalidAccessKeyId", code: "UNAUTHENTICATED", calls: [load, store, list] },
  { status: 400, name: "ExpiredToken", code: "UNAUTHENTICATED", calls: [load, store, move] },
  {
    status: 403,
    name: "RequestTimeTooSkewed",
    code: "CLOCK_SKEW",
    says: "set the clock",
    calls: [load, store, list],
  },
  { status: 403, name: "InvalidObjectState", code: "ARCHIVED", calls: [load, stream, move] },
  { status: 403, name: "QuotaExceeded", code: "QUOTA_EXCEEDED", calls: [store, move] },
  { status: 507, name: "XMinioStorageFull", code: "NO_SPACE", calls: [store] },
  { status: 400, name: "EntityTooLarge", code: "INVALID_ARGUMENT", calls: [store] },
  { status: 400, name: "KeyTooLongError", code: "INVALID_NAME", calls: [store] },
  { status: 400, name: "InvalidStorageClass", code: "INVALID_ARGUMENT", calls: [store] },
  { status: 400, name: "BadDigest", code: "INTEGRITY", retryable: true, calls: [store] },
  { status: 400, name: "RequestTimeout", code: "TIMEOUT", retryable: true, calls: [store] },
  { status: 409, name: "OperationAborted", code: "UNAVAILABLE", retryable: true, calls: [store, move] },
  {
    status: 503,
    name: "ServiceUnavailable",
    code: "UNAVAILABLE",
    retryable: true,
    calls: [...reading, store],
  },
  { status: 503, name: "SlowDown", code: "RATE_LIMITED", retryable: true, calls: [...reading, store] },
  { status: 502, name: "BadGateway", code: "UNAVAILABLE", retryable: true, calls: [load, info] },
  { status: 504, name: "", code: "UNAVAILABLE", retryable: true, calls: [load, info] },
  { status: 429, name: "", code: "RATE_LIMITED", retryable: true, calls: [load, info, store] },
  { status: 408, name: "", code: "TIMEOUT", retryable: true, calls: [load, info] },
  { status: 401, name: "", code: "UNAUTHENTICATED", calls: [load, info] },
  { status: 418, name: "Teapot", code: "UNEXPECTED", says: "Teapot", calls: [load, store] },
  {
    status: 301,
    name: "PermanentRedirect",
    code: "INVALID_ARGUMENT",
    says: "eu-central-1",
    headers: { "x-amz-bucket-region": "eu-central-1" },
    calls: [load, store, list, info],
  },
  {
    status: 307,
    name: "TemporaryRedirect",
    code: "INVALID_ARGUMENT",
    says: "eu-central-1",
    headers: { "x-amz-bucket-region": "eu-central-1", Location: "http://127.0.0.1:1/elsewhere" },
    calls: [load, store, list],
  },
  {
    status: 400,
    name: "AuthorizationHeaderMalformed",
    code: "INVALID_ARGUMENT",
    says: "eu-west-3",
    headers: { "x-amz-bucket-region": "eu-west-3" },
    calls: [load, store, list, info],
  },
];

const cases = meanings.flatMap((meaning) => meaning.calls.map((call) => ({ ...meaning, ...call })));

function answerOf({ status, name, headers = {} }: Meaning): OwnAnswer {
  const body = name === "" ? "" : errorDocument(name);
  return { status, headers: { "Content-Type": "application/xml", ...headers }, body };
}

describe.skipIf(full.isLeftOut).concurrent(`an error of the service${full.tag}`, () => {
  const service = embedded();

  test.each(cases)(
    "$status $name is $code for $title",
    async ({ run, code, says = "", retryable = false, ...meaning }) => {
      await onOpenStage(service(), { values }, async (stage) => {
        const answer = answerOf({ ...meaning, code });
        await stage.during(
          (request, control) => control.answer(request.method === "HEAD" ? { ...answer, body: "" } : answer),
          async () => {
            const error = await failure(run(stage.bare), code);
            expect(error.retryable).toBe(retryable);
            expect(error.message).toContain(says);
          },
        );
        expect(await stage.contents()).toEqual(contents(values));
      });
    },
  );

  test("with a page for people instead of a document is told by its status", async () => {
    const playing = onOpenStage(service(), { values }, async (stage) => {
      const pages = [
        { status: 502, code: "UNAVAILABLE" },
        { status: 503, code: "UNAVAILABLE" },
        { status: 403, code: "PERMISSION_DENIED" },
        { status: 429, code: "RATE_LIMITED" },
      ] as const;
      for (const { status, code } of pages) {
        for (const body of [
          "<html><head><title>Oh</title></head><body><center>nginx</center><hr></body></html>",
          "no",
          "",
        ]) {
          const hook = (_request: unknown, control: { answer(answer: OwnAnswer): void }): void => {
            control.answer({ status, headers: { "Content-Type": "text/html" }, body });
          };
          await stage.during(hook, async () => {
            for (const { run, title } of [load, store, list])
              await failure(run(stage.bare), code, `${title}: ${status} ${body}`);
          });
        }
      }
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("about the region keeps nobody waiting: it is not repeated", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      const headers = { "x-amz-bucket-region": "eu-central-1" };
      await stage.during(
        (_request, control) =>
          control.answer({ status: 301, headers, body: errorDocument("PermanentRedirect") }),
        () => failure(stage.backend.load("data/old"), "INVALID_ARGUMENT"),
      );
      expect(stage.interceptor.count()).toBe(1);
    });
  });
});
