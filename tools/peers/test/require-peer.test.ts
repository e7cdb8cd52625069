import { afterEach, expect, test, vi } from "vitest";
import { commandWorks, requirePeer } from "../src/index.ts";

afterEach(() => vi.unstubAllEnvs());

test("a peer that is there is named in its tag", () => {
  const peer = requirePeer("strace", true, "not installed");
  expect(peer).toEqual({ name: "strace", available: true, tag: "[peer: strace]" });
});

test("a missing peer carries the reason in its tag", () => {
  vi.stubEnv("BORGSTORE_REQUIRE_PEERS", "");
  expect(requirePeer("strace", false, "not installed").tag).toBe("[peer: strace: not installed]");
});

test("a missing peer fails the run where peers are required", () => {
  vi.stubEnv("BORGSTORE_REQUIRE_PEERS", "1");
  vi.stubEnv("BORGSTORE_EXCUSED_PEERS", "");
  expect(() => requirePeer("strace", false, "not installed")).toThrow(/"strace".*not installed/);
});

test("an excused peer may be missing even where peers are required", () => {
  vi.stubEnv("BORGSTORE_REQUIRE_PEERS", "1");
  vi.stubEnv("BORGSTORE_EXCUSED_PEERS", "small tmpfs, python borgstore");
  expect(requirePeer("python borgstore", false, "no package index").available).toBe(false);
  expect(() => requirePeer("strace", false, "not installed")).toThrow(/strace/);
});

test("a command works only when it exists and succeeds", () => {
  expect(commandWorks(process.execPath)).toBe(true);
  expect(commandWorks(process.execPath, ["-e", "process.exit(1)"])).toBe(false);
  expect(commandWorks("a-program-that-nobody-has")).toBe(false);
});
