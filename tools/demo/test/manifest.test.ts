import { describe, expect, it } from "vitest";
import { isValidName } from "@borgstore/core";
import { decodeManifest, encodeManifest, snapshotName, type ManifestEntry } from "../src/manifest.ts";

const file: ManifestEntry = {
  path: "a/b",
  type: "file",
  mode: 0o644,
  size: 3,
  modifiedAtMs: 1.5,
  changedAtMs: 2,
  chunks: [{ id: "ab".repeat(32), size: 3 }],
};

function encoded(entry: object): Uint8Array {
  const entries = [{ ...file, ...entry }];
  return encodeManifest({ format: "borgstore-demo-1", takenAt: "", directory: "/", entries });
}

describe("a manifest", () => {
  it("comes back as it was, with names that are not UTF-8", () => {
    const entry = { ...file, path: "odd\uDCFF\n" };
    expect(decodeManifest(encoded(entry)).entries).toEqual([entry]);
  });

  it.each([
    ["leads out of the directory", { path: "../x" }],
    ["leads out further down", { path: "a/../../x" }],
    ["is absolute", { path: "/etc/passwd" }],
    ["holds a NUL", { path: "a\0b" }],
    ["is empty", { path: "" }],
  ])("is refused when a path %s", (_, entry) => {
    expect(() => decodeManifest(encoded(entry))).toThrow(/bad entry/);
  });

  it.each([
    ["a chunk has no digest as its name", { chunks: [{ id: "../config/x", size: 3 }] }],
    ["a file has no chunks", { chunks: undefined }],
    ["a link has no target", { type: "link" }],
    ["a mode is none", { mode: -1 }],
    ["a type is unknown", { type: "socket" }],
  ])("is refused when %s", (_, entry) => {
    expect(() => decodeManifest(encoded(entry))).toThrow(/bad entry/);
  });

  it("is refused when it is something else", () => {
    for (const text of ["", "null", "{}", '{"format":"borgstore-demo-2","entries":[]}']) {
      expect(() => decodeManifest(Buffer.from(text))).toThrow(expect.objectContaining({ code: "INTEGRITY" }));
    }
  });

  it("gets a name that is valid and never the same twice", () => {
    const names = Array.from({ length: 100 }, () => snapshotName("2026-01-02T03:04:05.678Z"));
    expect(names.every((name) => isValidName(name))).toBe(true);
    expect(names[0]).toMatch(/^config\/snapshot-20260102t030405678z-[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(100);
  });
});
