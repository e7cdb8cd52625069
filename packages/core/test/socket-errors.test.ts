import { connect } from "node:net";
import { expect, test } from "vitest";
import { socketError, socketErrorMeanings } from "../src/index.ts";

const rows: readonly [errno: string, code: string, retryable: boolean, unsent: boolean][] = [
  ["ECONNREFUSED", "CONNECTION", true, false],
  ["ECONNRESET", "CONNECTION", true, false],
  ["ECONNABORTED", "CONNECTION", true, false],
  ["EPIPE", "CONNECTION", true, false],
  ["ETIMEDOUT", "TIMEOUT", true, false],
  ["EHOSTUNREACH", "CONNECTION", true, false],
  ["EHOSTDOWN", "CONNECTION", true, false],
  ["ENETUNREACH", "CONNECTION", true, false],
  ["ENETDOWN", "CONNECTION", true, false],
  ["EADDRNOTAVAIL", "CONNECTION", true, false],
  ["ENOTFOUND", "CONNECTION", false, true],
  ["EAI_AGAIN", "CONNECTION", true, true],
  ["EMFILE", "UNAVAILABLE", true, false],
  ["ENFILE", "UNAVAILABLE", true, false],
  ["EPROTO", "CONNECTION", false, false],
  ["CERT_HAS_EXPIRED", "CONNECTION", false, true],
  ["CERT_NOT_YET_VALID", "CONNECTION", false, true],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "CONNECTION", false, true],
  ["SELF_SIGNED_CERT_IN_CHAIN", "CONNECTION", false, true],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CONNECTION", false, true],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "CONNECTION", false, true],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "CONNECTION", false, true],
];

test.each(rows)("%s is %s (worth repeating: %s, surely unsent: %s)", (errno, code, retryable, unsent) => {
  const cause = failure(errno, "write");
  const error = socketError("host.example", cause);
  expect(error).toMatchObject({ code, retryable, unsent, cause });
  expect(error.message).toContain("host.example");
});

test("every row of the table is tested here", () => {
  expect(rows.map(([errno]) => errno).toSorted()).toEqual(Object.keys(socketErrorMeanings).toSorted());
});

test.each(["connect", "getaddrinfo"])("nothing was sent when %s fails, with any code", (syscall) => {
  for (const errno of ["ECONNREFUSED", "EHOSTUNREACH", "EMFILE", "EWHATEVER"]) {
    expect(socketError("host", failure(errno, syscall)).unsent).toBe(true);
  }
});

test("of a host with several addresses nothing was sent when none could be reached", () => {
  expect(socketError("host", several("connect", "connect"))).toMatchObject({
    code: "CONNECTION",
    unsent: true,
  });
  expect(socketError("host", several("connect", "read")).unsent).toBe(false);
  expect(socketError("host", several()).unsent).toBe(false);
});

test("what Node gives for a port where nothing listens counts as unsent", async () => {
  const cause = await new Promise<Error>((resolve) => {
    connect({ host: "127.0.0.1", port: 1 }).on("error", resolve);
  });
  expect(socketError("127.0.0.1", cause)).toMatchObject({ code: "CONNECTION", unsent: true, cause });
});

test.each([
  failure("EWHATEVER", "read"),
  Object.assign(new Error("a number"), { code: 7 }),
  new Error("no code"),
  "text",
  null,
  undefined,
])("%s is a connection that was closed", (cause) => {
  expect(socketError("host", cause)).toMatchObject({
    code: "CONNECTION",
    retryable: true,
    unsent: false,
    cause,
  });
});

function several(...syscalls: string[]): Error {
  const errors = syscalls.map((syscall) => failure("ECONNREFUSED", syscall));
  return Object.assign(new AggregateError(errors), { code: "ECONNREFUSED" });
}

function failure(errno: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${errno}`), { code: errno, syscall });
}
