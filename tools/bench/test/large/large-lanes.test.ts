import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import {
  measureLanes,
  openWholeLanes,
  relateToProgram,
  type OpenLanes,
} from "../../src/large/large-lanes.ts";
import { Workspace } from "../../src/measure/workspace.ts";
import type { Figure } from "../../src/report/report.ts";
import { asyncSubject } from "../../src/subjects/async-subject.ts";

test("all store before all load, and everything is closed", async () => {
  using workspace = new Workspace(tmpdir());
  const done: string[] = [];
  const subject = (name: string) =>
    asyncSubject(name, async () => {
      let kept = new Uint8Array();
      return {
        store: async (_, value) => {
          done.push(`${name} stores`);
          kept = new Uint8Array(value);
        },
        load: async () => {
          done.push(`${name} loads`);
          return kept;
        },
        delete: () => Promise.resolve(),
        close: async () => void done.push(`${name} closes`),
      };
    });
  const value = new Uint8Array(1024);
  const openers = ["a", "b"].map((name) => () => openWholeLanes(subject(name), value, workspace));
  const figures = await measureLanes("sftp", openers, value.byteLength, 1);
  expect(done.slice(0, 4)).toEqual(["a stores", "b stores", "a loads", "b loads"]);
  expect(done.slice(-2)).toEqual(["a closes", "b closes"]);
  expect(figures.map(({ what, subject: name, unit, rounds }) => [what, name, unit, rounds.length])).toEqual([
    ["store 1KiB", "a", "ms", 1],
    ["store 1KiB", "b", "ms", 1],
    ["load 1KiB", "a", "ms", 1],
    ["load 1KiB", "b", "ms", 1],
  ]);
});

const bad = (): Promise<OpenLanes> => Promise.reject(new Error("no connection"));

test("what is open is closed when another one cannot be opened", async () => {
  let closed = 0;
  const good = async (): Promise<OpenLanes> => ({ lanes: [], close: async () => void closed++ });
  await expect(measureLanes("s3", [good, bad], 1, 1)).rejects.toThrow("no connection");
  expect(closed).toBe(1);
});

const figure = (what: string, subject: string, ms: number): Figure => {
  return { bench: "sftp", what, subject, callers: 1, unit: "ms", rounds: [ms] };
};

test("whole values and streams are held against the program, which moves whole ones", () => {
  const related = relateToProgram(
    [figure("store 1MiB", "program", 10), figure("store 1MiB", "a", 20), figure("storeStream 1MiB", "a", 30)],
    "program",
  );
  expect(related.map(({ ratio }) => ratio?.median)).toEqual([1, 2, 3]);
});
