import { StoreError, type StoreErrorCode } from "@borgstore/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classify, rcloneError, rcloneMeanings } from "../src/classify.ts";
import { rcloneBackend } from "../src/index.ts";
import { distributionRclone, local, newestRclone } from "./remotes.ts";
import type { RemotePlace } from "./servers/remote-place.ts";

type Row = readonly [text: string, code: StoreErrorCode, retryable: boolean];

// Texts of rclone 1.60 and 1.75, of its libraries and of services, with the words around them that rclone adds.
const texts: readonly Row[] = [
  [`couldn't find method "operations/hashsumfile"`, "UNSUPPORTED", false],
  ["object not found", "NOT_FOUND", false],
  ["failed to find object: object not found", "NOT_FOUND", false],
  ["error in ListJSON: directory not found", "NOT_FOUND", false],
  ["Rmdir: directory not found", "NOT_FOUND", false],
  ["failed to find object: is a directory not a file", "IS_DIRECTORY", false],
  ["can't copy - not a regular file", "IS_DIRECTORY", false],
  ["error in ListJSON: List failed: is a file not a directory", "NOT_A_DIRECTORY", false],
  [
    "error in ListJSON: failed to read directory entry: readdirent /srv/store/a: not a directory",
    "NOT_A_DIRECTORY",
    false,
  ],
  ["remove /srv/store/a: directory not empty", "NOT_EMPTY", false],
  ["didn't find section in config file", "INVALID_ARGUMENT", false],
  [`failed to create file system for "nemo:": didn't find section in config file`, "INVALID_ARGUMENT", false],
  [`didn't find backend called "nemo"`, "INVALID_ARGUMENT", false],
  [`couldn't decode "opt": json: cannot unmarshal`, "INVALID_ARGUMENT", false],
  [`failed to parse remote "a,b": early EOF`, "INVALID_ARGUMENT", false],
  [
    "config name contains invalid characters - may only contain numbers, letters, `_`, `-`, `.`, `+`, `@` and space",
    "INVALID_ARGUMENT",
    false,
  ],
  [
    "couldn't decrypt password: base64 decode failed when revealing password - is it obscured?: illegal base64 data at input byte 0",
    "INVALID_ARGUMENT",
    false,
  ],
  ["password not set in config file", "INVALID_ARGUMENT", false],
  ["corrupted on transfer: sizes differ 100 vs 50", "INTEGRITY", true],
  [`corrupted on transfer: md5 hashes differ src "aa" vs dst "bb"`, "INTEGRITY", true],
  ["ssh: handshake failed: knownhosts: key mismatch", "HOST_KEY", false],
  ["couldn't connect SSH: ssh: handshake failed: knownhosts: key is unknown", "HOST_KEY", false],
  ["write /srv/store/a: no space left on device", "NO_SPACE", false],
  ["Insufficient Storage: 507 Insufficient Storage", "NO_SPACE", false],
  [
    "googleapi: Error 403: The user's Drive storage quota has been exceeded., storageQuotaExceeded",
    "QUOTA_EXCEEDED",
    false,
  ],
  ["write /srv/store/a: disk quota exceeded", "QUOTA_EXCEEDED", false],
  [
    "InvalidObjectState: The operation is not valid for the object's storage class\n\tstatus code: 403",
    "ARCHIVED",
    false,
  ],
  [
    "RequestTimeTooSkewed: The difference between the request time and the current time is too large.",
    "CLOCK_SKEW",
    false,
  ],
  ["SlowDown: Please reduce your request rate.\n\tstatus code: 503", "RATE_LIMITED", true],
  ["googleapi: Error 403: User Rate Limit Exceeded., userRateLimitExceeded", "RATE_LIMITED", true],
  ["too_many_requests/: HTTP error 429 (429 Too Many Requests)", "RATE_LIMITED", true],
  ["NoSuchBucket: The specified bucket does not exist\n\tstatus code: 404", "BACKEND_NOT_FOUND", false],
  ["InvalidAccessKeyId: no such key\n\tstatus code: 403", "UNAUTHENTICATED", false],
  ["SignatureDoesNotMatch: \n\tstatus code: 403, request id: x", "UNAUTHENTICATED", false],
  [
    "NewFs: couldn't connect SSH: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none password]",
    "UNAUTHENTICATED",
    false,
  ],
  [`couldn't fetch token: invalid_grant: maybe token expired? - try refreshing`, "UNAUTHENTICATED", false],
  ["401 Unauthorized: Unauthorized", "UNAUTHENTICATED", false],
  [
    `drive: failed when making oauth client: failed to create oauth client: empty token found - please run "rclone config reconnect gd:"`,
    "UNAUTHENTICATED",
    false,
  ],
  [
    "couldn't connect to ssh-agent: SSH agent requested but SSH_AUTH_SOCK not-specified",
    "UNAUTHENTICATED",
    false,
  ],
  ["failed to log in: it did not say why", "UNAUTHENTICATED", false],
  ["open /srv/store/a: permission denied", "PERMISSION_DENIED", false],
  ["AccessDenied: Access Denied\n\tstatus code: 403, request id: , host id: ", "PERMISSION_DENIED", false],
  ["mkdir /srv/store/b: read-only file system", "PERMISSION_DENIED", false],
  ["open /srv/store/aaa: file name too long", "INVALID_NAME", false],
  ["read tcp 10.0.0.1:5000->10.0.0.2:443: i/o timeout", "TIMEOUT", true],
  [`Get "https://host/": context deadline exceeded`, "TIMEOUT", true],
  ["net/http: timeout awaiting response headers", "TIMEOUT", true],
  [`Propfind "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused`, "CONNECTION", true],
  ["read tcp 10.0.0.1:5000->10.0.0.2:443: read: connection reset by peer", "CONNECTION", true],
  [`Get "https://nowhere.invalid/": dial tcp: lookup nowhere.invalid: no such host`, "CONNECTION", true],
  // The cause counts, where it is told.
  [
    `failed to authorize account: failed to authenticate: Get "https://api/": dial tcp 10.0.0.1:443: connect: connection refused`,
    "CONNECTION",
    true,
  ],
  [
    `couldn't fetch token: Post "https://oauth2/token": dial tcp: lookup oauth2 on 10.0.0.53:53: no such host`,
    "CONNECTION",
    true,
  ],
  ["unexpected EOF", "CONNECTION", true],
  ["sftp: connection lost", "CONNECTION", true],
  ["can't purge non directory", "UNSUPPORTED", false],
  // Names and addresses are no reasons.
  ["open /srv/quota/403/no space left: permission denied", "PERMISSION_DENIED", false],
  [`Put "https://quota.example/429": dial tcp 10.0.0.1:401: i/o timeout`, "TIMEOUT", true],
  ["read tcp [2001:db8::1]:403->[::1]:429: connection reset by peer", "CONNECTION", true],
  ["dial tcp storage-limit.example:403: connection refused", "CONNECTION", true],
  // What is not known may pass.
  ["googleapi: Error 500: Internal Error, internalError", "UNAVAILABLE", true],
  ["S3 bucket store doesn't support about", "UNAVAILABLE", true],
  ["the service is on fire", "UNAVAILABLE", true],
  // As Go says of a page of HTML where it expected JSON.
  ["invalid character '<' looking for beginning of value", "UNAVAILABLE", true],
];

test.each(texts)("%j is %s, worth repeating: %s", (text, code, retryable) => {
  const error = rcloneError(500, text, "data/a");
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code, retryable, unsent: false, key: "data/a" });
  expect(error.message).toContain("rclone: ");
  expect(error.message).toContain(text.slice(0, 300));
});

test("each row of the table is the first that a text matches", () => {
  const used = new Set(texts.map(([text]) => rcloneMeanings.findIndex(({ pattern }) => pattern.test(text))));
  expect(rcloneMeanings.filter((_meaning, at) => !used.has(at))).toEqual([]);
});

test("the status does not count, and is told where there are no words", () => {
  for (const status of [400, 404, 500, 503]) {
    expect(rcloneError(status, "object not found", "a").code).toBe("NOT_FOUND");
    const error = rcloneError(status, "", undefined);
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(error.message).toContain(`rclone: status ${status}`);
    expect(error.key).toBeUndefined();
  }
});

test("what to do is told where rclone does not say it", () => {
  expect(rcloneError(500, "didn't find section in config file", "a").message).toContain("rclone listremotes");
  expect(rcloneError(500, "401 Unauthorized", "a").message).toContain("rclone config reconnect");
  expect(rcloneError(404, `couldn't find method "x"`, "a").message).toContain("newer rclone");
});

test.each(["x", "a.", "1:", '"', "[", "[a", "/", "a:/", "://", "x=", " ", "not "])(
  "long texts take a time that grows with their length only: %j",
  (part) => {
    const start = performance.now();
    rcloneError(500, part.repeat(200_000), "a");
    // Otherwise it takes minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  },
);

test("long texts are cut", () => {
  const error = rcloneError(500, `object not found: ${"x".repeat(100_000)}`, "a");
  expect(error.code).toBe("NOT_FOUND");
  expect(error.message.length).toBeLessThan(400);
  expect(error.message).toContain("x…");
});

describe("failures of the way to rclone", () => {
  test.each<readonly [code: string, syscall: string, result: StoreErrorCode, unsent: boolean]>([
    ["ECONNREFUSED", "connect", "CONNECTION", true],
    ["ECONNRESET", "read", "CONNECTION", false],
    ["EPIPE", "write", "CONNECTION", false],
    ["ETIMEDOUT", "read", "TIMEOUT", false],
    ["HPE_INVALID_CONSTANT", "", "CONNECTION", false],
    ["ERR_STREAM_PREMATURE_CLOSE", "", "CONNECTION", false],
  ])("%s of %s is %s, unsent: %s", (code, syscall, result, unsent) => {
    const cause = Object.assign(new Error("the system's words"), { code, syscall });
    expect(classify(cause, "a")).toMatchObject({ code: result, retryable: true, unsent, key: "a", cause });
  });

  test("what is an error of the store already stays the same one, and gets the name", () => {
    const error = new StoreError("NOT_FOUND");
    expect(classify(error, "a")).toBe(error);
    expect(error.key).toBe("a");
    const named = new StoreError("NOT_FOUND", { key: "b" });
    expect(classify(named, "a")).toBe(named);
    expect(named.key).toBe("b");
  });

  test.each([
    new TypeError("a mistake"),
    Object.assign(new TypeError("a mistake"), { code: "ERR_INVALID_ARG_TYPE" }),
    "text",
    undefined,
    null,
  ])("%s is nobody's failure but this program's", (error) => {
    expect(classify(error, "a")).toBe(error);
  });
});

const secret = "geheim5geheim5";

// Where it is set, every request of rclone 1.60 to S3 fails.
delete process.env["AWS_CA_BUNDLE"];

// What users meet first: real words of both versions.
for (const { program, title, available } of [distributionRclone, newestRclone]) {
  describe.skipIf(!available)(`said by ${title}`, () => {
    let place: RemotePlace;
    beforeAll(async () => void (place = await local.start()));
    afterAll(() => place.stop());

    const openError = async (remote: string): Promise<unknown> => {
      const { configFile } = place.options("");
      const environment = { RCLONE_LOW_LEVEL_RETRIES: "1" };
      const backend = rcloneBackend({ remote, configFile, environment, rcloneProgram: program });
      return await backend.open().then(
        () => undefined,
        (error: unknown) => error,
      );
    };

    test.each<readonly [remote: string, code: StoreErrorCode]>([
      ["nemo:path", "INVALID_ARGUMENT"],
      [":nemo:path", "INVALID_ARGUMENT"],
      ["ne*mo:path", "INVALID_ARGUMENT"],
      [`:sftp,pass="${secret}:":path`, "INVALID_ARGUMENT"],
      [":webdav,url='http://127.0.0.1:1/':path", "CONNECTION"],
      [":sftp,host=127.0.0.1,port=1,user=x,pass=MxvTsBPGUOTXXtI8i-Kmq4G8iqwuLZXXd5CLvygf:path", "CONNECTION"],
      [
        `:s3,provider=Ceph,endpoint='http://127.0.0.1:1',access_key_id=x,secret_access_key=${secret}:bucket`,
        "CONNECTION",
      ],
      ["/nowhere/at/all", "BACKEND_NOT_FOUND"],
      ["/dev/null", "BACKEND_NOT_FOUND"],
      ["/dev/null/below", "BACKEND_NOT_FOUND"],
    ])("%j is %s", async (remote, code) => {
      const error = await openError(remote);
      expect(error).toMatchObject({ code });
      expect(String(error)).not.toContain(secret);
    });
  });
}
