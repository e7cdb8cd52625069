import { StoreError, type StoreErrorCode } from "@borgstore/core";
import { describe, expect, test } from "vitest";
import {
  classify,
  classifyCode,
  errorMeanings,
  isMissing,
  isNotImplemented,
  isPreconditionFailed,
  isRangeUnsatisfiable,
  nameOf,
  statusOf,
} from "../src/classify.ts";

interface Parts {
  readonly name?: string;
  readonly status?: number;
  readonly more?: object;
}

/** An error as the SDK makes it of an answer. */
function answered({ name = "UnknownError", status, more = {} }: Parts): Error {
  const error = Object.assign(
    new Error("the service's words"),
    { $metadata: { httpStatusCode: status } },
    more,
  );
  error.name = name;
  return error;
}

/** An error of Node. */
function ofSystem(code: string, more: object = {}): Error {
  const syscall = code === "ECONNREFUSED" ? "connect" : "read";
  return Object.assign(new Error("the system's words"), { code, syscall }, more);
}

const names: readonly (readonly [name: string, status: number, code: StoreErrorCode, retryable: boolean])[] =
  [
    ["NoSuchKey", 404, "NOT_FOUND", false],
    ["NotFound", 404, "NOT_FOUND", false],
    ["NoSuchBucket", 404, "BACKEND_NOT_FOUND", false],
    ["AccessDenied", 403, "PERMISSION_DENIED", false],
    ["AllAccessDisabled", 403, "PERMISSION_DENIED", false],
    ["AccountProblem", 403, "PERMISSION_DENIED", false],
    ["InvalidPayer", 403, "PERMISSION_DENIED", false],
    ["InvalidAccessKeyId", 403, "UNAUTHENTICATED", false],
    ["SignatureDoesNotMatch", 403, "UNAUTHENTICATED", false],
    ["ExpiredToken", 400, "UNAUTHENTICATED", false],
    ["ExpiredTokenException", 400, "UNAUTHENTICATED", false],
    ["InvalidToken", 400, "UNAUTHENTICATED", false],
    ["TokenRefreshRequired", 400, "UNAUTHENTICATED", false],
    ["InvalidSecurity", 403, "UNAUTHENTICATED", false],
    ["InvalidClientTokenId", 403, "UNAUTHENTICATED", false],
    ["UnrecognizedClientException", 400, "UNAUTHENTICATED", false],
    ["RequestTimeTooSkewed", 403, "CLOCK_SKEW", false],
    ["RequestExpired", 400, "CLOCK_SKEW", false],
    ["InvalidObjectState", 403, "ARCHIVED", false],
    ["SlowDown", 503, "RATE_LIMITED", true],
    ["SlowDownRead", 503, "RATE_LIMITED", true],
    ["SlowDownWrite", 503, "RATE_LIMITED", true],
    ["Throttling", 400, "RATE_LIMITED", true],
    ["ThrottlingException", 400, "RATE_LIMITED", true],
    ["ThrottledException", 400, "RATE_LIMITED", true],
    ["RequestThrottled", 400, "RATE_LIMITED", true],
    ["RequestThrottledException", 400, "RATE_LIMITED", true],
    ["RequestLimitExceeded", 503, "RATE_LIMITED", true],
    ["BandwidthLimitExceeded", 503, "RATE_LIMITED", true],
    ["TooManyRequests", 429, "RATE_LIMITED", true],
    ["TooManyRequestsException", 429, "RATE_LIMITED", true],
    ["InternalError", 500, "UNAVAILABLE", true],
    // Also with the status of success, as copies and completed uploads have it.
    ["InternalError", 200, "UNAVAILABLE", true],
    ["InternalFailure", 500, "UNAVAILABLE", true],
    ["ServiceUnavailable", 503, "UNAVAILABLE", true],
    ["ServiceFailure", 500, "UNAVAILABLE", true],
    ["Busy", 503, "UNAVAILABLE", true],
    ["OperationAborted", 409, "UNAVAILABLE", true],
    ["ConditionalRequestConflict", 409, "UNAVAILABLE", true],
    ["NoSuchUpload", 404, "UNAVAILABLE", true],
    ["RequestTimeout", 400, "TIMEOUT", true],
    ["IncompleteBody", 400, "CONNECTION", true],
    ["QuotaExceeded", 403, "QUOTA_EXCEEDED", false],
    ["XMinioStorageFull", 507, "NO_SPACE", false],
    ["EntityTooLarge", 400, "INVALID_ARGUMENT", false],
    ["KeyTooLongError", 400, "INVALID_NAME", false],
    ["BadDigest", 400, "INTEGRITY", true],
    ["InvalidDigest", 400, "INTEGRITY", true],
    ["XAmzContentSHA256Mismatch", 400, "INTEGRITY", true],
    ["XAmzContentChecksumMismatch", 400, "INTEGRITY", true],
    ["InvalidStorageClass", 400, "INVALID_ARGUMENT", false],
    ["NotImplemented", 501, "UNSUPPORTED", false],
    ["MethodNotAllowed", 405, "UNSUPPORTED", false],
    ["KMS.DisabledException", 400, "PERMISSION_DENIED", false],
    ["PermanentRedirect", 301, "INVALID_ARGUMENT", false],
    ["TemporaryRedirect", 307, "INVALID_ARGUMENT", false],
    ["Redirect", 307, "INVALID_ARGUMENT", false],
    ["AuthorizationHeaderMalformed", 400, "INVALID_ARGUMENT", false],
    ["IllegalLocationConstraintException", 400, "INVALID_ARGUMENT", false],
    ["MalformedXML", 400, "UNEXPECTED", false],
    ["InvalidRequest", 400, "UNEXPECTED", false],
    ["PreconditionFailed", 412, "UNEXPECTED", false],
    ["InvalidRange", 416, "UNEXPECTED", false],
  ];

test.each(names)("%s with status %i is %s, worth repeating: %s", (name, status, code, retryable) => {
  const cause = answered({ name, status });
  const error = classify(cause, "data/a");
  expect(error).toMatchObject({ code, retryable, unsent: false, key: "data/a", cause });
  // Whoever looks for help needs the service's own name, and not its words, in which anything may be.
  expect(error.message).toContain(name);
  expect(error.message).toContain(`status ${status}`);
  expect(error.message).not.toContain("the service's words");
});

test("each row of the table of names is tested", () => {
  const tested = new Set(names.map(([name]) => name));
  const own = ["CredentialsProviderError", "TokenProviderError"];
  expect(Object.keys(errorMeanings).filter((name) => !tested.has(name))).toEqual(own);
});

test.each<readonly [status: number, code: StoreErrorCode, retryable: boolean]>([
  [301, "INVALID_ARGUMENT", false],
  [304, "UNEXPECTED", false],
  [307, "INVALID_ARGUMENT", false],
  [400, "UNEXPECTED", false],
  [401, "UNAUTHENTICATED", false],
  [403, "PERMISSION_DENIED", false],
  [404, "UNAVAILABLE", true],
  [405, "UNSUPPORTED", false],
  [408, "TIMEOUT", true],
  [409, "UNAVAILABLE", true],
  [410, "UNEXPECTED", false],
  [412, "UNEXPECTED", false],
  [416, "UNEXPECTED", false],
  [429, "RATE_LIMITED", true],
  [500, "UNAVAILABLE", true],
  [501, "UNSUPPORTED", false],
  [502, "UNAVAILABLE", true],
  [503, "UNAVAILABLE", true],
  [504, "UNAVAILABLE", true],
  [507, "NO_SPACE", false],
  [520, "UNAVAILABLE", true],
])("status %i without a name is %s, worth repeating: %s", (status, code, retryable) => {
  // As HEAD requests are answered, and as proxies answer.
  const error = classify(answered({ name: "Unknown", status }));
  expect(error).toMatchObject({ code, retryable, unsent: false });
  expect(error.message).toContain(`status ${status}`);
  expect(error.message).not.toContain("Unknown");
});

test.each([
  ["a page of HTML with status 503", 503, "UNAVAILABLE", true],
  ["a page of HTML with status 200", 200, "UNEXPECTED", false],
] as const)("%s, which the SDK cannot read, is %s", (_title, status, code, retryable) => {
  const cause = Object.assign(new SyntaxError("Unexpected closing tag"), {
    $response: { statusCode: status, headers: { "content-type": "text/html" } },
  });
  expect(classify(cause)).toMatchObject({ code, retryable, cause });
});

describe("a bucket that is elsewhere", () => {
  test.each([
    ["in the document", answered({ name: "PermanentRedirect", status: 301, more: { Region: "eu-west-1" } })],
    [
      "in a header of an answer without a body",
      answered({
        name: "Unknown",
        status: 301,
        more: { $response: { statusCode: 301, headers: { "x-amz-bucket-region": "eu-west-1" } } },
      }),
    ],
    [
      "in a header of status 400",
      answered({
        name: "Unknown",
        status: 400,
        more: { $response: { statusCode: 400, headers: { "x-amz-bucket-region": "eu-west-1" } } },
      }),
    ],
  ])("is told with its region, which stands %s", (_title, cause) => {
    const error = classify(cause);
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain('the bucket is in region "eu-west-1"');
    expect(error.message).toContain("AWS_REGION");
  });

  test.each([undefined, 1, "", "EU WEST", "\u001b[31m"])(
    "is told without its region when that is %j",
    (Region) => {
      const error = classify(answered({ name: "PermanentRedirect", status: 301, more: { Region } }));
      expect(error.message).toContain("give the region of the bucket");
      expect(error.message).not.toContain("\u001b");
    },
  );
});

test.each<readonly [code: string, result: StoreErrorCode, retryable: boolean, unsent: boolean]>([
  ["ECONNREFUSED", "CONNECTION", true, true],
  ["ENOTFOUND", "CONNECTION", false, true],
  ["EAI_AGAIN", "CONNECTION", true, true],
  ["CERT_HAS_EXPIRED", "CONNECTION", false, true],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "CONNECTION", false, true],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "CONNECTION", false, true],
  ["ECONNRESET", "CONNECTION", true, false],
  ["EPIPE", "CONNECTION", true, false],
  ["ETIMEDOUT", "TIMEOUT", true, false],
  ["EHOSTUNREACH", "CONNECTION", true, false],
  ["EMFILE", "UNAVAILABLE", true, false],
  ["EPROTO", "CONNECTION", false, false],
  ["ENOTCONN", "CONNECTION", true, false],
  ["HPE_INVALID_CONSTANT", "CONNECTION", true, false],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "CONNECTION", true, false],
  ["ERR_STREAM_PREMATURE_CLOSE", "CONNECTION", true, false],
  ["ERR_INVALID_ARG_TYPE", "UNEXPECTED", false, false],
])("%s is %s, worth repeating: %s, unsent: %s", (code, result, retryable, unsent) => {
  const expected = { code: result, retryable, unsent };
  expect(classify(ofSystem(code))).toMatchObject(expected);
  // As the SDK and Node wrap it.
  const cause = ofSystem(code);
  expect(classify(new Error("outer", { cause }))).toMatchObject(expected);
  expect(classify(new Error("outer", { cause: new Error("inner", { cause }) }))).toMatchObject(expected);
});

test.each([{}, { code: "ECONNREFUSED" }])(
  "attempts at several addresses that all failed are one that failed, with %j",
  (more) => {
    const attempts = [ofSystem("ECONNREFUSED"), ofSystem("ECONNREFUSED")];
    const error = classify(Object.assign(new AggregateError(attempts), more));
    expect(error).toMatchObject({ code: "CONNECTION", retryable: true, unsent: true });
    expect(error.message).not.toContain("AggregateError");
  },
);

test("what had an answer was sent, whatever else the error says", () => {
  expect(classify(answered({ status: 503, more: { code: "ECONNREFUSED" } })).unsent).toBe(false);
});

test("a limit of the SDK's is a timeout", () => {
  const cause = Object.assign(new Error("no socket"), { name: "TimeoutError" });
  expect(classify(cause)).toMatchObject({ code: "TIMEOUT", retryable: true });
});

test.each(["CredentialsProviderError", "TokenProviderError"])("%s is told with what to do", (name) => {
  const error = classify(Object.assign(new Error("nothing in the chain"), { name }));
  expect(error).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
  for (const advice of ["key:secret@", "profile@", "credentials option", "environment"]) {
    expect(error.message).toContain(advice);
  }
});

test("without credentials nothing was sent", () => {
  expect(classify(Object.assign(new Error(), { name: "CredentialsProviderError" })).unsent).toBe(true);
});

test.each([
  undefined,
  null,
  "text",
  1,
  {},
  new Error("x"),
  new TypeError("x"),
  { $metadata: null, cause: null },
])("%o is an unexpected failure, and kept", (cause) => {
  expect(classify(cause, "a")).toMatchObject({ code: "UNEXPECTED", retryable: false, key: "a", cause });
});

test("what is the store's error already stays what it is", () => {
  const error = new StoreError("TIMEOUT", { key: "a" });
  expect(classify(error, "b")).toBe(error);
});

test("the name in the error document counts more than the one of the SDK", () => {
  const cause = answered({
    name: "S3ServiceException",
    status: 403,
    more: { Code: "SignatureDoesNotMatch" },
  });
  expect(nameOf(cause)).toBe("SignatureDoesNotMatch");
  expect(classify(cause).code).toBe("UNAUTHENTICATED");
  expect(nameOf(answered({ name: "AccessDenied", more: { Code: "" } }))).toBe("AccessDenied");
  expect([nameOf(undefined), nameOf({ name: 1 })]).toEqual(["", ""]);
});

describe("questions about an error", () => {
  const missing = answered({ name: "NotFound", status: 404 });
  const questions = { isMissing, isNotImplemented, isPreconditionFailed, isRangeUnsatisfiable };

  const answers = (asked: unknown): string[] =>
    Object.entries(questions).flatMap(([name, question]) => (question(asked) ? [name] : []));

  test.each<readonly [Error, (keyof typeof questions)[]]>([
    [missing, ["isMissing"]],
    [answered({ name: "NoSuchKey", status: 404 }), ["isMissing"]],
    [answered({ status: 404 }), []],
    [answered({ name: "NoSuchBucket", status: 404 }), []],
    [answered({ name: "NoSuchUpload", status: 404 }), []],
    [answered({ name: "PreconditionFailed", status: 412 }), ["isPreconditionFailed"]],
    [answered({ name: "InvalidRange", status: 416 }), ["isRangeUnsatisfiable"]],
    [answered({ name: "NotImplemented", status: 501 }), ["isNotImplemented"]],
    [answered({ name: "NotImplemented", status: 400 }), ["isNotImplemented"]],
    [answered({ status: 405 }), ["isNotImplemented"]],
    [answered({ status: 500 }), []],
    [ofSystem("ECONNRESET"), []],
  ])("%o", (error, yes) => {
    expect(answers(error)).toEqual(yes);
    // And behind the store's error.
    expect(answers(classify(error))).toEqual(yes);
  });

  test("the status is that of the answer, by either property", () => {
    expect(statusOf(missing)).toBe(404);
    expect(statusOf({ $response: { statusCode: 503 } })).toBe(503);
    expect(statusOf({ $metadata: {}, $response: { statusCode: "503" } })).toBeUndefined();
    expect(statusOf(undefined)).toBeUndefined();
  });
});

test.each<readonly [string | undefined, StoreErrorCode, boolean]>([
  ["AccessDenied", "PERMISSION_DENIED", false],
  ["InternalError", "UNAVAILABLE", true],
  ["SlowDown", "RATE_LIMITED", true],
  ["Curious", "UNEXPECTED", false],
  [undefined, "UNEXPECTED", false],
])("the code %s of one object of a bulk request is %s", (code, result, retryable) => {
  const error = classifyCode(code, "data/a");
  expect(error).toMatchObject({ code: result, retryable, key: "data/a" });
  expect(error.message).toContain(code ?? "");
  expect(error.message).not.toContain("undefined");
});

describe("what an error keeps", () => {
  test("of the service's own, also of one that caused it, no part that may repeat a token", () => {
    const inner = answered({ name: "InvalidToken", status: 400, more: { "Token-0": "token" } });
    const outer = Object.assign(new Error("outer", { cause: inner }), { name: "CredentialsProviderError" });
    classify(outer);
    expect(inner).not.toHaveProperty("Token-0");
    expect(nameOf(inner)).toBe("InvalidToken");
  });

  test("of one of the caller's everything", () => {
    const own = Object.assign(new Error("the vault is locked"), { vault: 7 });
    classify(new StoreError("UNAUTHENTICATED", { cause: own }));
    classify(own);
    expect(own).toHaveProperty("vault", 7);
  });
});

test.each(["constructor", "toString", "__proto__"])(
  "a name that every object has, %s, means nothing",
  (name) => {
    expect(classify(answered({ name, status: 400 }))).toMatchObject({ code: "UNEXPECTED", retryable: false });
  },
);
