import { expect, it } from "vitest";
import { formatBytes, formatRate } from "../src/format.ts";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.00 kB"],
  [182.1235714818245, "182 B"],
  [0.123456, "0.123 B"],
  [1_234_567, "1.23 MB"],
])("%d bytes are shown with three digits", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it("shows a slow rate with three digits too", () => {
  expect(formatRate(1000, 7)).toBe("143 B/s");
  expect(formatRate(1000, 0)).toBe("-");
});
