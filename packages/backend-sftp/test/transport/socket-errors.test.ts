import { expect, test } from "vitest";
import { socketError, socketErrorMeanings } from "../../src/transport/socket-errors.ts";

const rows: readonly [errno: string, code: string, retryable: boolean][] = [
  ["ECONNREFUSED", "CONNECTION", true],
  ["ECONNRESET", "CONNECTION", true],
  ["EPIPE", "CONNECTION", true],
  ["ETIMEDOUT", "TIMEOUT", true],
  ["EHOSTUNREACH", "CONNECTION", true],
  ["EHOSTDOWN", "CONNECTION", true],
  ["ENETUNREACH", "CONNECTION", true],
  ["ENETDOWN", "CONNECTION", true],
  ["EADDRNOTAVAIL", "CONNECTION", true],
  ["ENOTFOUND", "CONNECTION", false],
  ["EAI_AGAIN", "CONNECTION", true],
  ["EMFILE", "UNAVAILABLE", true],
];

test.each(rows)("%s is %s (worth repeating: %s)", (errno, code, retryable) => {
  const cause = Object.assign(new Error(`connect ${errno}`), { code: errno });
  const error = socketError("host.example", cause);
  expect(error).toMatchObject({ code, retryable, cause });
  expect(error.message).toContain("host.example");
});

test("every row of the table is tested here", () => {
  expect(rows.map(([errno]) => errno).toSorted()).toEqual(Object.keys(socketErrorMeanings).toSorted());
});

test.each([
  Object.assign(new Error("EWHATEVER"), { code: "EWHATEVER" }),
  Object.assign(new Error("a number"), { code: 7 }),
  new Error("no code"),
  "text",
  null,
  undefined,
])("%s is a connection that was closed", (cause) => {
  expect(socketError("host", cause)).toMatchObject({ code: "CONNECTION", retryable: true, cause });
});
