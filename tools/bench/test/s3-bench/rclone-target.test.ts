import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { Workspace } from "../../src/measure/workspace.ts";
import { rcloneTarget } from "../../src/s3-bench/rclone-target.ts";

test("the key is in the environment of rclone, and in nothing that is on its command line", () => {
  using workspace = new Workspace(tmpdir());
  const place = {
    endpoint: "http://127.0.0.1:7480",
    region: "us-east-1",
    bucket: "bench",
    accessKeyId: "KEY",
    secretAccessKey: "secret",
  };
  const { remote, env } = rcloneTarget(place, workspace);
  expect(remote).toMatch(/^bench:bench\/\d+\/store$/);
  expect(env).toMatchObject({
    RCLONE_CONFIG_BENCH_TYPE: "s3",
    RCLONE_CONFIG_BENCH_ENDPOINT: "http://127.0.0.1:7480",
    RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: "KEY",
    RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: "secret",
  });
});
