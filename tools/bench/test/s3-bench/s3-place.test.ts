import { expect, test } from "vitest";
import { prefixOf, urlOf, withoutKeys } from "../../src/s3-bench/s3-place.ts";

test("each directory is a storage of its own in the bucket", () => {
  const place = {
    endpoint: "http://127.0.0.1:7480",
    region: "us-east-1",
    bucket: "bench",
    accessKeyId: "KEY",
    secretAccessKey: "secret",
  };
  expect(prefixOf("/dev/shm/bench-1/a")).toBe("a/store");
  expect(urlOf(place, "/dev/shm/bench-1/a")).toBe("s3:KEY:secret@http://127.0.0.1:7480/bench/a/store");
});

test("texts that others made are shown without the key", () => {
  const place = { endpoint: "", region: "", bucket: "", accessKeyId: "KEY", secretAccessKey: "secret" };
  expect(withoutKeys(place, "KEY may not, secret: 403")).toBe("(a key) may not, (a secret): 403");
});
