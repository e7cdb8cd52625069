import { statfsSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { expect, test } from "vitest";
import { roomIn } from "../../src/measure/room.ts";

test("there is no more room than the file system has, and in memory than the machine has", () => {
  const { blocks, bsize } = statfsSync(tmpdir());
  const onDisk = roomIn(tmpdir(), "ext4");
  expect(onDisk).toBeGreaterThan(0);
  expect(onDisk).toBeLessThanOrEqual(blocks * bsize);
  const inMemory = roomIn(tmpdir(), "tmpfs");
  expect(inMemory).toBeGreaterThan(0);
  expect(inMemory).toBeLessThanOrEqual(totalmem());
});
