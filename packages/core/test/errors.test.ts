import { expect, expectTypeOf, test } from "vitest";
import { errorCodes, StoreError, type StoreErrorCode } from "../src/index.ts";
import { annotateError } from "../src/errors.ts";

const codes = Object.keys(errorCodes) as StoreErrorCode[];

test("every code has a meaning, a status and an exit code, and the table is frozen", () => {
  expectTypeOf<keyof typeof errorCodes>().toEqualTypeOf<StoreErrorCode>();
  expect(codes).toHaveLength(28);
  expect(Object.isFrozen(errorCodes)).toBe(true);
  for (const code of codes) {
    const info = errorCodes[code];
    expect(Object.isFrozen(info)).toBe(true);
    expect(info.meaning).toMatch(/^[a-z]/);
    expect(info.httpStatus).toBeGreaterThanOrEqual(400);
    expect(info.httpStatus).toBeLessThan(600);
    expect(info.exitCode).toBeGreaterThanOrEqual(1);
    expect(info.exitCode).toBeLessThan(64);
  }
});

test("four codes are retryable, and they alone have exit code 11", () => {
  const retryable = codes.filter((code) => errorCodes[code].retryable);
  expect(retryable.toSorted()).toEqual(["CONNECTION", "RATE_LIMITED", "TIMEOUT", "UNAVAILABLE"]);
  expect(codes.filter((code) => errorCodes[code].exitCode === 11).toSorted()).toEqual(retryable.toSorted());
});

test("statuses are those of the REST protocol where it has one", () => {
  const statuses = {
    INVALID_NAME: 400,
    UNAUTHENTICATED: 401,
    PERMISSION_DENIED: 403,
    NOT_FOUND: 404,
    BACKEND_EXISTS: 409,
    BACKEND_NOT_FOUND: 410,
    NOT_OPEN: 412,
    ALREADY_OPEN: 412,
    RANGE: 416,
    INTEGRITY: 422,
    UNEXPECTED: 500,
    QUOTA_EXCEEDED: 507,
  } as const;
  for (const [code, status] of Object.entries(statuses)) {
    expect(errorCodes[code as StoreErrorCode].httpStatus).toBe(status);
  }
});

test("a message says what it means, the name in quotes, and the detail", () => {
  const cause = new Error("ENOENT");
  const error = new StoreError("NOT_FOUND", { key: 'a"b', detail: "moved away", backend: "posixfs", cause });
  expect(error.message).toBe('no object under this name: "a\\"b" (moved away)');
  expect(error).toMatchObject({
    name: "StoreError",
    code: "NOT_FOUND",
    key: 'a"b',
    backend: "posixfs",
    retryable: false,
    cause,
  });
  expect(new StoreError("TIMEOUT")).toMatchObject({ message: errorCodes.TIMEOUT.meaning, retryable: true });
  expect(new StoreError("TIMEOUT", { retryable: false }).retryable).toBe(false);
  expect("cause" in new StoreError("TIMEOUT")).toBe(false);
  expect("cause" in new StoreError("TIMEOUT", { cause: undefined })).toBe(true);
});

test("is recognises errors of ours by code, and nothing else", () => {
  const error = new StoreError("RANGE");
  expect(StoreError.is(error)).toBe(true);
  expect(StoreError.is(error, "RANGE")).toBe(true);
  expect(StoreError.is(error, "NOT_FOUND")).toBe(false);
  const lookalike = Object.assign(new Error("no"), { code: "RANGE", name: "StoreError" });
  for (const other of [lookalike, { code: "RANGE" }, null, undefined, "RANGE", 7]) {
    expect(StoreError.is(other)).toBe(false);
  }
});

test("two copies of the package agree on what a StoreError is", async () => {
  const copyOfModule: string = "../src/errors.ts?copy";
  const copy = (await import(copyOfModule)) as typeof import("../src/errors.ts");
  expect(copy.StoreError).not.toBe(StoreError);
  const theirs = new copy.StoreError("QUOTA_EXCEEDED");
  const ours = new StoreError("QUOTA_EXCEEDED");
  expect(theirs instanceof StoreError).toBe(false);
  expect(StoreError.is(theirs, "QUOTA_EXCEEDED")).toBe(true);
  expect(copy.StoreError.is(ours, "QUOTA_EXCEEDED")).toBe(true);
});

test("annotating fills in what is missing and keeps what is there", () => {
  const error = new StoreError("RANGE", { key: "inner" });
  expect(annotateError(error, { backend: "memory", operation: "load", key: "outer" })).toBe(error);
  expect(error).toMatchObject({ backend: "memory", operation: "load", key: "inner" });
});
