import { afterEach, describe, expect, test, vi } from "vitest";
import { findNewestRclone, findProgram, rcloneAvailable, requirePeer } from "../src/index.ts";

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["is not set", undefined],
  ["is empty", ""],
  ["names a program that is not there", "/nowhere/rclone"],
  ["names another program", process.execPath],
])("there is no newest rclone when the variable %s", (_, value) => {
  vi.stubEnv("BORGSTORE_TEST_RCLONE", value);
  expect(findNewestRclone()).toBeUndefined();
});

describe.skipIf(!rclone.available)(`rclone ${rclone.tag}`, () => {
  test("the newest rclone is the one that the variable names", () => {
    const program = findProgram("rclone");
    vi.stubEnv("BORGSTORE_TEST_RCLONE", program);
    expect(findNewestRclone()).toBe(program);
  });
});
