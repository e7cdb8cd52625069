import { composeLayers, StoreError } from "@borgstore/core";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { s3, s3Backend, type S3Options } from "../../src/index.ts";
import { optionsFor } from "../place.ts";
import { errorDocument } from "../server/error-document.ts";
import type { RequestHook } from "../server/request-control.ts";
import { bytes } from "./contents.ts";
import { full } from "./scope.ts";
import { embedded, gateway, rgwPeer } from "./services.ts";
import { failure, outcome } from "./settled.ts";
import { layered, onOpenStage, onStage, patient } from "./stage.ts";

const values = { "data/old": bytes(100, 1) };

describe.skipIf(!rgwPeer.available || full.isLeftOut)(`credentials ${rgwPeer.tag}${full.tag}`, () => {
  const service = gateway();

  test("that are wrong are refused, and those of another user have no right", async () => {
    await onStage(service(), { values }, async (stage) => {
      const { endpoint, region, credentials, otherCredentials } = service();
      const place = { endpoint, region, bucket: stage.bucket };
      const wrongSecret = { ...credentials, secretAccessKey: "not-the-secret" };
      const unknownKey = { ...credentials, accessKeyId: "NOBODY" };
      const table = [
        { credentials: wrongSecret, code: "UNAUTHENTICATED" },
        { credentials: unknownKey, code: "UNAUTHENTICATED" },
        { credentials: otherCredentials, code: "PERMISSION_DENIED" },
      ] as const;
      for (const { code, ...rest } of table) {
        const backend = s3Backend(optionsFor({ ...place, ...rest }, "store", patient));
        for (const call of [() => backend.open(), () => backend.create(), () => backend.destroy()]) {
          const error = await failure(call(), code);
          expect(error.retryable).toBe(false);
          mustBeFreeOf(error, [rest.credentials.secretAccessKey]);
        }
        expect(backend.isOpen).toBe(false);
      }
    });
  });

  test("of another region are no reason to fail where there are none", async () => {
    const playing = onStage(service(), { values }, async (stage) => {
      const backend = s3Backend(stage.optionsFor(service(), { region: "eu-central-1" }));
      await backend.open();
      await backend.close();
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("do not help where there is no bucket", async () => {
    const { endpoint, region, credentials } = service();
    const place = { endpoint, region, credentials, bucket: "no-such-bucket" };
    const backend = s3Backend(optionsFor(place, "store", patient));
    for (const call of [() => backend.open(), () => backend.create(), () => backend.destroy()]) {
      const { message } = await failure(call(), "BACKEND_NOT_FOUND");
      expect(message).toContain("buckets are never made here");
    }
  });
});

const secret = "very/secret+KEY=of40characters0123456789";
const sessionToken = "TOKEN-of-a-session/with+more==";
const customerKey = new Uint8Array(Buffer.from("0123456789abcdefghijklmnopqrstuv"));

/** Everything that a log could show of an error. */
function textsOf(error: unknown): string {
  const texts = [
    String(error),
    error instanceof Error ? `${error.message} ${error.stack}` : "",
    inspect(error),
    inspect(error, {
      depth: 12,
      showHidden: true,
      maxArrayLength: null,
      maxStringLength: null,
      getters: true,
    }),
  ];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    texts.push(jsonOf(cause), String(cause.stack));
  return texts.join("\n");
}

/** As loggers do it, who leave out what they have seen. */
function jsonOf(value: unknown): string {
  const seen = new Set<unknown>();
  return (
    JSON.stringify(value, (_key, part: unknown) => {
      if (typeof part !== "object" || part === null) return typeof part === "bigint" ? String(part) : part;
      if (seen.has(part)) return undefined;
      seen.add(part);
      return part;
    }) ?? ""
  );
}

function mustBeFreeOf(error: unknown, secrets: readonly string[]): void {
  const text = textsOf(error);
  const found = secrets.filter((one) =>
    [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1)].some((form) => text.includes(form)),
  );
  // The text itself is too long to be shown.
  expect(found).toEqual([]);
}

/** As AWS does it: the answer repeats what was signed. */
const repeating: RequestHook = ({ headers }, control) => {
  const canonical = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const body = errorDocument("SignatureDoesNotMatch").replace(
    "</Error>",
    `<CanonicalRequest>${canonical.join("\n")}</CanonicalRequest></Error>`,
  );
  control.answer({ status: 403, headers: { "Content-Type": "application/xml" }, body });
};

const mishaps: readonly { readonly title: string; readonly hook: RequestHook }[] = [
  { title: "a refusal", hook: (_request, control) => control.error(403, "AccessDenied") },
  { title: "a refusal that repeats the request", hook: repeating },
  { title: "a reset", hook: (_request, control) => control.reset() },
  { title: "nonsense", hook: (_request, control) => control.answer({ status: 200, body: "<a><b>" }) },
  { title: "a redirect", hook: (_request, control) => control.error(301, "PermanentRedirect") },
  { title: "a cut body", hook: (_request, control) => control.cutBody(3) },
  { title: "an error", hook: (_request, control) => control.error(500, "InternalError") },
  { title: "silence", hook: (_request, control) => control.stall() },
];

describe("no secret is in an error", () => {
  const service = embedded();

  const options: S3Options = {
    credentials: { accessKeyId: "someone", secretAccessKey: secret, sessionToken },
    encryption: { algorithm: "customer-key", key: customerKey },
    // A copy has ten times that.
    requestTimeoutMs: 300,
    stallTimeoutMs: 300,
    // Keys of customers go over TLS, the SDK says.
    clientConfig: {},
  };
  const secrets = [secret, sessionToken, Buffer.from(customerKey).toString("base64")];

  test.each(mishaps)("after $title", async ({ hook }) => {
    await onOpenStage(service(), { values }, async (stage) => {
      const bare = s3Backend(stage.optionsFor(service(), options));
      const backend = composeLayers(bare, {
        deadline: {},
        retry: { budgetMs: 1, firstDelayMs: 1 },
        limit: {},
      });
      // It may need more than one attempt.
      await layered(bare).open();
      const errors = await stage.during(hook, () =>
        Promise.all([
          outcome(backend.load("data/old")),
          outcome(backend.store("data/new", bytes(10, 1))),
          outcome(backend.info("data/old")),
          outcome(backend.move("data/old", "data/new")),
          outcome(backend.list("data")[Symbol.asyncIterator]().next()),
          outcome(
            backend.deleteMany(["data/old", "data/new"]).then(([result]) => Promise.reject(result?.error)),
          ),
        ]),
      );
      await bare.close();
      expect(errors.filter((error) => StoreError.is(error)).length).toBeGreaterThan(1);
      for (const error of errors) mustBeFreeOf(error, secrets);
    });
  });

  test("or in what a backend shows of itself", async () => {
    await onOpenStage(service(), { values }, async (stage) => {
      const bare = s3Backend(stage.optionsFor(service(), { ...options, ...patient }));
      const fromUrl = s3.fromUrl(
        `s3:someone:${encodeURIComponent(secret)}@${stage.interceptor.endpoint}/${stage.bucket}/store`,
      );
      await bare.open();
      await fromUrl.open();
      for (const backend of [bare, fromUrl]) {
        await backend.info("data/old");
        mustBeFreeOf(backend, secrets);
        expect(String(backend)).toContain("s3");
        await backend.close();
      }
    });
  });
});
