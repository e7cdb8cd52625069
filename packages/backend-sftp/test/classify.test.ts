import { StoreError } from "@borgstore/core";
import { expect, test } from "vitest";
import { classify, isFailure, isMissing, statusMeanings, statusOf } from "../src/classify.ts";
import { MalformedPacket } from "../src/protocol/packet-reader.ts";
import { status } from "../src/protocol/packet-types.ts";
import { SftpStatusError } from "../src/protocol/status-error.ts";

const rows: readonly [name: keyof typeof status, code: string, retryable: boolean][] = [
  ["noSuchFile", "NOT_FOUND", false],
  ["permissionDenied", "PERMISSION_DENIED", false],
  ["failure", "UNEXPECTED", false],
  ["badMessage", "INVALID_NAME", false],
  ["noConnection", "CONNECTION", true],
  ["connectionLost", "CONNECTION", true],
  ["opUnsupported", "UNSUPPORTED", false],
  ["invalidHandle", "UNEXPECTED", false],
  ["noSuchPath", "NOT_FOUND", false],
  ["fileAlreadyExists", "ALREADY_EXISTS", false],
  ["writeProtect", "PERMISSION_DENIED", false],
  ["noMedia", "UNAVAILABLE", true],
  ["noSpace", "NO_SPACE", false],
  ["quotaExceeded", "QUOTA_EXCEEDED", false],
  ["unknownPrincipal", "PERMISSION_DENIED", false],
  ["lockConflict", "UNAVAILABLE", true],
  ["dirNotEmpty", "NOT_EMPTY", false],
  ["notADirectory", "NOT_A_DIRECTORY", false],
  ["invalidFilename", "INVALID_NAME", false],
  ["linkLoop", "NOT_FOUND", false],
  // Both are answers and no errors, unless something else was asked.
  ["ok", "UNEXPECTED", false],
  ["eof", "UNEXPECTED", false],
];

test.each(rows)("%s is %s (worth repeating: %s)", (name, code, retryable) => {
  const cause = new SftpStatusError(status[name], "open", "as the server says it");
  expect(classify(cause, "data/a")).toMatchObject({ code, retryable, key: "data/a", cause });
});

test("every status of the protocol is tested here, and every row of the table is one of them", () => {
  expect(rows.map(([name]) => name).toSorted()).toEqual(Object.keys(status).toSorted());
  const known = new Set<number>(Object.values(status));
  expect(Object.keys(statusMeanings).filter((code) => !known.has(Number(code)))).toEqual([]);
});

test.each([22, 23, 31, 255, 4_294_967_295])("status %i is UNEXPECTED and its number is told", (code) => {
  const error = classify(new SftpStatusError(code, "mkdir", "whatever"));
  expect(error).toMatchObject({ code: "UNEXPECTED", retryable: false });
  expect(error.cause).toMatchObject({
    message: `the server answered mkdir with status ${code} (of a kind that is not known): whatever`,
  });
});

test("what a server says stands in the message in one printable line of some length", () => {
  const error = new SftpStatusError(4, "open", `Failure\n\u001B[31m${"x".repeat(1000)}ä`);
  expect(error.message).toMatch(/^the server answered open with status 4 \(failure\): Failure\?\?\[31mx+$/);
  expect(error.message.length).toBeLessThan(300);
});

test("an answer that makes no sense is UNEXPECTED", () => {
  const cause = new MalformedPacket("an answer is shorter than it says");
  expect(classify(cause, "a")).toMatchObject({ code: "UNEXPECTED", retryable: false, key: "a", cause });
  expect(classify(cause).message).toContain("makes no sense");
});

test.each([new Error("no code"), Object.assign(new Error("ENOENT"), { code: "ENOENT" }), "text", undefined])(
  "%s is UNEXPECTED",
  (cause) => {
    expect(classify(cause)).toMatchObject({ code: "UNEXPECTED", cause });
  },
);

test("what is classified already stays as it is", () => {
  const error = new StoreError("RANGE", { key: "first" });
  expect(classify(error, "other")).toBe(error);
  expect(error.key).toBe("first");
});

test("only a status tells that something is missing, or has failed", () => {
  const missing = [status.noSuchFile, status.noSuchPath].map((code) => new SftpStatusError(code, "stat", ""));
  expect(missing.map(isMissing)).toEqual([true, true]);
  expect(missing.map(isFailure)).toEqual([false, false]);
  expect(isFailure(new SftpStatusError(status.failure, "stat", ""))).toBe(true);
  for (const other of [new StoreError("NOT_FOUND"), new Error("No such file"), undefined]) {
    expect([isMissing(other), isFailure(other), statusOf(other)]).toEqual([false, false, undefined]);
  }
});
