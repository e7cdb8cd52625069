import { StoreError } from "@borgstore/core";
import { expect, test } from "vitest";
import { classify, errnoMeanings } from "../src/classify.ts";

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code });
}

const rows: [errno: string, code: string, retryable: boolean][] = [
  ["ENOENT", "NOT_FOUND", false],
  ["EEXIST", "ALREADY_EXISTS", false],
  ["ENOTEMPTY", "NOT_EMPTY", false],
  ["EISDIR", "IS_DIRECTORY", false],
  ["ENOTDIR", "NOT_A_DIRECTORY", false],
  ["ELOOP", "NOT_FOUND", false],
  ["ENXIO", "NOT_FOUND", false],
  ["ESPIPE", "NOT_FOUND", false],
  ["ENAMETOOLONG", "INVALID_NAME", false],
  ["EILSEQ", "INVALID_NAME", false],
  ["EACCES", "PERMISSION_DENIED", false],
  ["EPERM", "PERMISSION_DENIED", false],
  ["EROFS", "PERMISSION_DENIED", false],
  ["ENOSPC", "NO_SPACE", false],
  ["EDQUOT", "QUOTA_EXCEEDED", false],
  ["EFBIG", "UNSUPPORTED", false],
  ["EMFILE", "UNAVAILABLE", true],
  ["ENFILE", "UNAVAILABLE", true],
  ["ENOMEM", "UNAVAILABLE", true],
  ["EAGAIN", "UNAVAILABLE", true],
  ["EINTR", "UNAVAILABLE", true],
  ["EBUSY", "UNAVAILABLE", true],
  ["ETXTBSY", "UNAVAILABLE", true],
  ["ESTALE", "UNAVAILABLE", true],
  ["ETIMEDOUT", "TIMEOUT", true],
  ["ECONNREFUSED", "CONNECTION", true],
  ["ECONNRESET", "CONNECTION", true],
  ["EHOSTDOWN", "CONNECTION", true],
  ["EHOSTUNREACH", "CONNECTION", true],
  ["ENOTCONN", "CONNECTION", true],
  ["EIO", "UNEXPECTED", false],
  ["EXDEV", "UNSUPPORTED", false],
  ["EMLINK", "UNSUPPORTED", false],
  ["ENOSYS", "UNSUPPORTED", false],
  ["ENOTSUP", "UNSUPPORTED", false],
  ["EOPNOTSUPP", "UNSUPPORTED", false],
];

test.each(rows)("%s is %s (worth repeating: %s)", (errno, code, retryable) => {
  const cause = failure(errno);
  const error = classify(cause, "data/a");
  expect(error).toMatchObject({ code, retryable, key: "data/a", cause });
});

test("every row of the table is tested here", () => {
  expect(rows.map(([errno]) => errno).sort()).toEqual(Object.keys(errnoMeanings).sort());
});

test.each([failure("EWHATEVER"), new Error("no code"), "a string", undefined])(
  "%s is UNEXPECTED",
  (cause) => {
    expect(classify(cause)).toMatchObject({ code: "UNEXPECTED", cause });
  },
);

test("what is classified already stays as it is", () => {
  const error = new StoreError("RANGE");
  expect(classify(error)).toBe(error);
});
