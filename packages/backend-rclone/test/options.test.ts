import { inspect } from "node:util";
import { StoreError } from "@borgstore/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { rclone, rcloneBackend, type RcloneOptions } from "../src/index.ts";
import { checkOptions } from "../src/options.ts";

/** What `work` throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it was accepted");
}

/** Sets or deletes `RCLONE_BINARY` for one test. */
function withBinary(value: string | undefined): void {
  vi.stubEnv("RCLONE_BINARY", value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test("everything has a default", () => {
  withBinary(undefined);
  expect(checkOptions({})).toEqual({
    rcloneProgram: "rclone",
    configFile: undefined,
    environment: {},
    allowUnsafeReplace: true,
    concurrency: 8,
    startTimeoutMs: 30_000,
    connectTimeoutMs: 30_000,
    stallTimeoutMs: 30_000,
    requestTimeoutMs: 60_000,
    staleTempAgeMs: 86_400_000,
  });
});

test("undefined stands for the default", () => {
  const defaults = checkOptions({});
  const names = Object.keys(defaults);
  expect(names).toHaveLength(10);
  expect(checkOptions(Object.fromEntries(names.map((name) => [name, undefined])))).toEqual(defaults);
});

test("the environment says which program it is, unless the option does", () => {
  withBinary("/opt/rclone");
  expect(checkOptions({}).rcloneProgram).toBe("/opt/rclone");
  expect(checkOptions({ rcloneProgram: "mine" }).rcloneProgram).toBe("mine");
});

test("of the environment an empty text counts as none", () => {
  withBinary("");
  expect(checkOptions({}).rcloneProgram).toBe("rclone");
});

test("the environment is looked at when a backend is made, and not later", () => {
  const { rcloneProgram } = checkOptions({});
  withBinary("/opt/another");
  expect(rcloneProgram).not.toBe("/opt/another");
  expect(checkOptions({}).rcloneProgram).toBe("/opt/another");
});

test("variables are copied: what becomes of the object later does not count", () => {
  const environment: Record<string, string> = { A: "1" };
  const settings = checkOptions({ environment });
  environment["A"] = "2";
  expect(settings.environment).toEqual({ A: "1" });
});

test.each<RcloneOptions>([
  { rcloneProgram: "rclone-beta" },
  { rcloneProgram: "/opt/my programs/rclone" },
  { configFile: "/etc/rclone.conf" },
  { configFile: "relative.conf" },
  { environment: {} },
  { environment: { RCLONE_BWLIMIT: "10M", EMPTY: "", ODD: "a=b\nc ü" } },
  { allowUnsafeReplace: true },
  { allowUnsafeReplace: false },
  { concurrency: 1 },
  { concurrency: 256 },
  { startTimeoutMs: 1 },
  { startTimeoutMs: 2_147_483_647 },
  { connectTimeoutMs: 1 },
  { connectTimeoutMs: 2_147_483_647 },
  { stallTimeoutMs: 1 },
  { stallTimeoutMs: 2_147_483_647 },
  { requestTimeoutMs: 1 },
  { requestTimeoutMs: 2_147_483_647 },
  { staleTempAgeMs: 0 },
  { staleTempAgeMs: Number.MAX_SAFE_INTEGER },
])("%o is taken as it is", (options) => {
  expect(checkOptions(options)).toMatchObject(options);
});

test.each<object>([
  { rcloneProgram: "" },
  { rcloneProgram: "a\0b" },
  { rcloneProgram: 1 },
  { rcloneProgram: null },
  { configFile: "" },
  { configFile: "a\0b" },
  { configFile: 1 },
  { environment: null },
  { environment: "A=1" },
  { environment: ["A=1"] },
  { environment: { A: 1 } },
  { environment: { A: undefined } },
  { environment: { A: null } },
  { environment: { A: "a\0b" } },
  { environment: { "": "a" } },
  { environment: { "A=B": "a" } },
  { environment: { "A\0B": "a" } },
  { allowUnsafeReplace: 1 },
  { allowUnsafeReplace: "true" },
  { allowUnsafeReplace: null },
  { concurrency: 0 },
  { concurrency: 257 },
  { concurrency: 1.5 },
  { concurrency: "8" },
  { concurrency: Number.NaN },
  { startTimeoutMs: 0 },
  { startTimeoutMs: 2_147_483_648 },
  { connectTimeoutMs: 0 },
  { connectTimeoutMs: Infinity },
  { stallTimeoutMs: 0 },
  { stallTimeoutMs: -1 },
  { requestTimeoutMs: 0 },
  { requestTimeoutMs: null },
  { staleTempAgeMs: -1 },
  { staleTempAgeMs: 0.5 },
])("%o is refused, by its name", (options) => {
  const error = thrownBy(() => checkOptions(options));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
  expect((error as StoreError).message).toContain(Object.keys(options)[0]);
});

test.each(["remote", "concurency", "timeout", "toString", "program"])("there is no option %j", (name) => {
  const options = { [name]: "x" };
  for (const work of [
    () => checkOptions(options),
    () => rclone.fromUrl("rclone:remote:path", options),
    () => rcloneBackend({ ...options, remote: "remote:path", nothing: 1 } as never),
  ]) {
    expect(thrownBy(work)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/there is no option/) as unknown,
    });
  }
});

test("values of variables, which may be secrets, are in no message", () => {
  for (const environment of [{ "A=": "geheim5" }, { A: "geheim5\0" }, "geheim5", ["geheim5"]]) {
    const error = thrownBy(() => checkOptions({ environment } as never));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("geheim5");
  }
});

test("options are checked by whoever makes a backend", () => {
  expect(thrownBy(() => rclone.fromUrl("rclone:remote:path", { concurrency: 0 }))).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(thrownBy(() => rcloneBackend({ remote: "remote:path", concurrency: 0 }))).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(rclone.fromUrl("rclone:remote:path", { concurrency: 3 }).capabilities.concurrency).toBe(3);
});

test("before a backend is open it promises what every remote can do", () => {
  expect(rcloneBackend({ remote: "remote:path" }).capabilities).toEqual({
    atomicReplace: false,
    atomicMove: false,
    createIfAbsent: false,
    directories: true,
    rangedLoad: true,
    nativeHash: true,
    accessTime: false,
    durable: false,
    remote: true,
    concurrency: 8,
  });
});
