import { describe, expect, it } from "vitest";
import { Progress, renderBar, renderLine, type ProgressState } from "../src/progress.ts";

const half: ProgressState = {
  label: "storing",
  unit: "files",
  count: 3138,
  totalCount: 6276,
  bytes: 125e6,
  totalBytes: 250e6,
  seconds: 1.25,
};

function stream(isTTY: boolean): {
  isTTY: boolean;
  columns: number;
  written: string[];
  write(text: string): void;
} {
  const written: string[] = [];
  return { isTTY, columns: 80, written, write: (text) => void written.push(text) };
}

describe("a progress bar", () => {
  it("shows how far it is", () => {
    expect(renderBar(half, 120)).toBe(
      `   storing [${"#".repeat(20)}${"-".repeat(20)}]   50 %  3,138/6,276 files  125 MB/250 MB  100 MB/s  2 s left`,
    );
  });

  it("never is wider than there is room, and drops figures first", () => {
    for (let width = 0; width <= 140; width++) {
      expect(renderBar(half, width).length).toBeLessThanOrEqual(width);
    }
    expect(renderBar(half, 40)).toMatch(/^ {3}storing \[#+-+\] {3}50 %$/);
  });

  it("goes by count where there are no bytes, and is full when there is nothing to do", () => {
    expect(renderBar({ ...half, bytes: 0, totalBytes: 0, count: 0 }, 40)).toContain("  0 %");
    expect(renderBar({ ...half, bytes: 0, totalBytes: 0, count: 0, totalCount: 0 }, 40)).toContain("100 %");
  });

  it("does not exceed 100 % when more came than was expected", () => {
    expect(renderBar({ ...half, bytes: 300e6 }, 60)).toContain("100 %");
  });
});

describe("progress", () => {
  it("redraws one line on a terminal, narrower than it is, and clears it", () => {
    const terminal = stream(true);
    const progress = new Progress(terminal, { lineMs: 1000, redraw: true });
    progress.start("storing", "files", 10);
    progress.advance(10);
    progress.stop();
    expect(terminal.written.at(-1)).toBe("\r\u001b[2K");
    for (const text of terminal.written) {
      expect(text.startsWith("\r\u001b[2K")).toBe(true);
      expect(text.length - "\r\u001b[2K".length).toBeLessThan(80);
      expect(text).not.toContain("\n");
    }
  });

  it("writes plain lines elsewhere, without control characters", () => {
    const file = stream(false);
    const progress = new Progress(file, { lineMs: 0 });
    progress.start("storing", "files", 2, 1000);
    progress.advance(1, 500);
    progress.stop();
    expect(file.written).toHaveLength(1);
    expect(file.written[0]).toMatch(/^ {3}\.\.\. storing, 50 %, 1\/2 files, 500 B\/1\.00 kB, .*s\n$/);
  });

  it("writes no line before the time has passed", () => {
    const file = stream(false);
    const progress = new Progress(file, { lineMs: 3_600_000 });
    progress.start("storing", "files", 2);
    progress.advance(2);
    progress.stop();
    expect(file.written).toEqual([]);
  });

  it("tells the time in plain lines", () => {
    expect(renderLine(half)).toBe("storing, 50 %, 3,138/6,276 files, 125 MB/250 MB, 100 MB/s, 1.3 s");
  });
});
