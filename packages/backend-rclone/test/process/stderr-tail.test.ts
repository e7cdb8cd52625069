import { expect, test } from "vitest";
import { StderrTail } from "../../src/process/stderr-tail.ts";

function tailOf(...pieces: readonly string[]): StderrTail {
  const tail = new StderrTail();
  for (const piece of pieces) tail.append(piece);
  return tail;
}

test("quotes the last three lines, without dates and the notice with the port", () => {
  const lines = ["one", "two", "three", "four"].map((word) => `2026/11/26 01:02:03 ERROR : ${word}\n`);
  const notice = "2026/11/26 01:02:04 NOTICE: Serving remote control on http://127.0.0.1:1/\n";
  expect(tailOf(...lines, notice).lastLines([])).toBe("ERROR : two; ERROR : three; ERROR : four");
});

test("leaves out the stacks of Go", () => {
  const tail = tailOf(
    "2026/11/26 01:02:03 ERROR : x\npanic: oh",
    "\n\ngoroutine 1 [running]:\nmain.main()\n",
  );
  expect(tail.lastLines([])).toBe("ERROR : x; panic: oh");
});

test("takes what there is from other programs", () => {
  expect(tailOf("usage: this\n\n  or that\n").lastLines([])).toBe("usage: this;   or that");
  expect(tailOf().lastLines([])).toBe("");
});

test("removes secrets, and shortens afterwards", () => {
  const tail = tailOf(`${"x".repeat(500)} hunter2 key=abc\n`);
  const lines = tail.lastLines(["hunter2"]);
  expect(lines).toHaveLength(400);
  expect(lines.endsWith("x *** key=***")).toBe(true);
});

test("keeps the last 8 KiB, from the beginning of a line", () => {
  const tail = tailOf(`password=${"s".repeat(9000)}\n`, "second\n");
  expect(tail.text).toBe("second\n");
  tail.append("y".repeat(100_000));
  expect(tail.text.length).toBeLessThanOrEqual(8192);
});
