import { expect, test } from "vitest";
import { redactUrl } from "../src/index.ts";

test.each([
  ["file:///srv/store", "file:///srv/store"],
  ["sftp://host/store", "sftp://host/store"],
  ["sftp://me@host:2222/store", "sftp://me@host:2222/store"],
  ["sftp://me:secret@host:22/store", "sftp://me:***@host:22/store"],
  ["sftp://me:se@cr:et@host/store", "sftp://me:***@host/store"],
  ["sftp://me:sec/ret@host/store", "sftp://me:***@host/store"],
  ["sftp://me:sec?ret#x@host/store", "sftp://me:***@host/store"],
  ["https://:secret@host/", "https://:***@host/"],
  ["s3:/bucket/path", "s3:/bucket/path"],
  ["s3:AKIA:secret@https://host:9000/bucket", "s3:***@https://host:9000/bucket"],
  ["s3:profile@/bucket/path", "s3:***@/bucket/path"],
  ["b2:id:secret@/bucket", "b2:***@/bucket"],
  ["https://host/path?token=secret&x=1", "https://host/path?***"],
  ["https://host/path#secret", "https://host/path#***"],
  ["rclone:remote:some/path", "rclone:remote:some/path"],
  ["rclone:remote,pass=secret:path", "rclone:remote,***"],
  ["rclone::sftp,host=h,pass='a:b@c':path", "rclone::sftp,***"],
  ["user:secret@host", "user:***@host"],
  ["AKIA:secret@https://host/bucket", "AKIA:***@https://host/bucket"],
  ["/srv/store", "/srv/store"],
  ["", ""],
  ["file:///a\nb\u001b[31m", "file:///a?b?[31m"],
])("%j is shown as %j", (url, expected) => {
  expect(redactUrl(url)).toBe(expected);
});
