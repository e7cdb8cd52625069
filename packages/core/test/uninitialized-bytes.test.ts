import { afterEach, expect, test, vi } from "vitest";
import { uninitializedBytes } from "../src/uninitialized-bytes.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([0, 1, 100, 5_000_000])("%i bytes have memory of their own, and are no Buffer", (byteLength) => {
  const bytes = uninitializedBytes(byteLength);
  expect(bytes.constructor).toBe(Uint8Array);
  expect(bytes.byteLength).toBe(byteLength);
  expect(bytes.byteOffset).toBe(0);
  expect(bytes.buffer.byteLength).toBe(byteLength);
});

test("where there is no Buffer, the memory is zeroed", () => {
  vi.stubGlobal("Buffer", undefined);
  expect(uninitializedBytes(3)).toEqual(new Uint8Array(3));
});
