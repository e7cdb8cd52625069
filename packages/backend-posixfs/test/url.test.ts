import { StoreError } from "@borgstore/core";
import { expect, test } from "vitest";
import { posixfs } from "../src/index.ts";
import { pathOfUrl } from "../src/url.ts";

// What the reference makes of these on Linux.
test.each([
  ["file:///a/b", "/a/b"],
  ["file:///a/b/", "/a/b"],
  ["file:///", "/"],
  ["file:///a/../b", "/a/../b"],
  ["file:///a//b", "/a/b"],
  ["file:////a", "/a"],
  ["file:///a%20b", "/a b"],
  ["file:///a%2Fb", "/a/b"],
  ["file:///a%3Fb", "/a?b"],
  ["file:///a?b#c", "/a?b#c"],
  ["file:///a%", "/a%"],
  ["file:///a%zz", "/a%zz"],
  ["file:///a%2", "/a%2"],
  ["file:///a%2525", "/a%25"],
  ["file:///a%C3%A4", "/aä"],
  ["file:///ä", "/ä"],
  ["file:///~/x", "/~/x"],
  ["file:///C:/x", "/C:/x"],
  ["file:///c|/x", "/c|/x"],
])("%s is the path %s", (url, path) => {
  expect(pathOfUrl(url, "linux")).toBe(path);
});

test.each([
  ["file:///C:/x", "C:/x"],
  ["file:///c:/", "c:/"],
  ["file:///C:/a%20b//c/", "C:/a b/c"],
  ["file:///x", "/x"],
])("on Windows %s is the path %s", (url, path) => {
  expect(pathOfUrl(url, "win32")).toBe(path);
});

test.each([
  "file:/a/b",
  "file:a",
  "file://",
  "file://localhost/a",
  "file://host/a",
  "file://./a",
  "FILE:///a",
  " file:///a",
  "/a/b",
  "a/b",
  "sftp://host/p",
  "file:///a%00b",
  "",
])("%j is refused with the right form in the message", (url) => {
  const attempt = (): unknown => posixfs.fromUrl(url);
  expect(attempt).toThrow(/file:\/\/\/absolute\/path/);
  expect(attempt).toThrow(StoreError);
  expect(attempt).toThrow(expect.objectContaining({ code: "INVALID_URL" }));
});

test("a backend says where it is", () => {
  expect(String(posixfs.fromUrl("file:///srv/store/"))).toBe("posixfs(/srv/store)");
});
