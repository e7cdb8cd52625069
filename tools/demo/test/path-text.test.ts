import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePath, encodePath, showPath } from "../src/path-text.ts";

describe("path text", () => {
  it("gives any bytes back, also through JSON", () => {
    assert(
      property(uint8Array({ maxLength: 40 }), (bytes) => {
        const text = JSON.parse(JSON.stringify(decodePath(bytes))) as string;
        expect([...encodePath(text)]).toEqual([...bytes]);
      }),
    );
  });

  it("is the name itself where that is UTF-8, a byte order mark included", () => {
    for (const name of ["plain", "ünïcödé \u{1F600}", "\uFEFFmarked", "line\nbreak"]) {
      expect(decodePath(Buffer.from(name))).toBe(name);
      expect(encodePath(name).toString()).toBe(name);
    }
  });

  it("escapes only the bytes that are not UTF-8, as Python does", () => {
    expect(decodePath(Buffer.from([0x61, 0xff, 0xc3, 0xa4, 0xc3]))).toBe("a\uDCFFä\uDCC3");
  });

  it("is shown in quotes when it could confuse a terminal", () => {
    expect(showPath("a/plain-name.txt")).toBe("a/plain-name.txt");
    expect(showPath("\u001b[2J")).toBe('"\\u001b[2J"');
    expect(showPath("\u009b2J\u202e")).toBe('"\\u009b2J\\u202e"');
    expect(showPath("-rf")).toBe('"-rf"');
  });
});
