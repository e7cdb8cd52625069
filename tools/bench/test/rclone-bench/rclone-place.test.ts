import { expect, test } from "vitest";
import { remoteOf, urlOf } from "../../src/rclone-bench/rclone-place.ts";

test("each directory has a storage of its own, by its path", () => {
  expect(remoteOf("/dev/shm/bench-1/a")).toBe("/dev/shm/bench-1/a/store");
  expect(urlOf("/dev/shm/bench-1/a")).toBe("rclone:/dev/shm/bench-1/a/store");
});
