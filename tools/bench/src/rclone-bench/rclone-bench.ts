import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { commandWorks } from "@borgstore/tools-peers";
import { bars, checkBars, type BarResult } from "../bars.ts";
import { formatSize, type BenchOptions } from "../bench-options.ts";
import { measureCalls, type CallsPlan } from "../calls/measure-calls.ts";
import { measureListings } from "../calls/measure-listings.ts";
import { measureLanes, openWholeLanes, relateToProgram } from "../large/large-lanes.ts";
import { openRcloneLanes, rcloneCommand, rcloneProgram } from "../large/rclone-program.ts";
import { makeValue } from "../measure/keys.ts";
import { Workspace } from "../measure/workspace.ts";
import type { Output } from "../report/output.ts";
import { relate, type Figure } from "../report/report.ts";
import { findPythonBorgstore } from "../subjects/python-borgstore.ts";
import type { Subject } from "../subjects/subject.ts";
import { bareHttp } from "./bare-http.ts";
import { ourBackend, ourStore } from "./our-rclone.ts";
import { openPlace, urlOf, type RclonePlace } from "./rclone-place.ts";

const bareSubject = "bare HTTP";
const defaultConcurrency = 8;

/** rclone with a directory of this machine: each call, listings, and large values. */
export async function benchRclone(options: BenchOptions, output: Output): Promise<readonly BarResult[]> {
  const rcloneBars = bars.filter((bar) => bar.bench === "rclone");
  const program = rcloneCommand();
  if (!commandWorks(program, ["version"])) {
    output.note("rclone is not measured: it is not installed, or does not run");
    return checkBars(rcloneBars, []);
  }
  using workspace = new Workspace(options.directory);
  const configFile = workspace.nameDirectory();
  writeFileSync(configFile, "");
  await using place = await openPlace(configFile, workspace.nameDirectory());
  const [version] = execFileSync(program, ["version"], { encoding: "utf8" }).split("\n", 1);
  output.note(`${version}, one process for all, files on ${workspace.fileSystem}`);
  const figures: Figure[] = [];
  if (options.parts.includes("calls")) figures.push(...(await benchCalls(options, output, workspace, place)));
  if (options.parts.includes("list")) {
    const itemCount = options.listCount ?? 10_000;
    const subjects = [bareHttp(place), ourBackend(place, "Backend", {}), ourStore(place, "Store", {})];
    const measured = await measureListings("rclone", subjects, itemCount, options.rounds, workspace);
    output.figures(`Listing ${itemCount} items by rclone`, relateTo(bareSubject, measured));
    figures.push(...measured);
  }
  if (options.parts.includes("large")) figures.push(...(await benchLarge(options, output, workspace, place)));
  return checkBars(rcloneBars, figures);
}

/** One value in both directions, in turns with the program copying from directory to directory. */
async function benchLarge(
  { largeSize, rounds }: BenchOptions,
  output: Output,
  workspace: Workspace,
  place: RclonePlace,
): Promise<Figure[]> {
  const value = makeValue(largeSize);
  const target = { remote: workspace.nameDirectory(), env: { RCLONE_CONFIG: place.configFile } };
  const subjects = [bareHttp(place), ourBackend(place, "Backend", {}), ourStore(place, "Store", {})];
  const openers = [
    () => Promise.resolve(openRcloneLanes(target, value, workspace)),
    ...subjects.map((subject) => () => openWholeLanes(subject, value, workspace)),
  ];
  const figures = await measureLanes("rclone", openers, largeSize, rounds);
  workspace.discard(target.remote);
  const heading = `One value of ${formatSize(largeSize)} by rclone, ratio to the rclone program`;
  output.figures(heading, relateToProgram(figures, rcloneProgram));
  return figures;
}

async function benchCalls(
  options: BenchOptions,
  output: Output,
  workspace: Workspace,
  place: RclonePlace,
): Promise<Figure[]> {
  const concurrencies = options.concurrencies ?? [1, 16];
  const subjects = chooseSubjects(place, concurrencies, output);
  const count = options.count ?? 1000;
  const all: Figure[] = [];
  for (const size of options.sizes ?? [1024, 64 * 1024, 2 ** 20]) {
    const plan: CallsPlan = {
      bench: "rclone",
      operations:
        size >= 2 ** 20 ? ["store-new", "store", "load"] : ["store-new", "store", "load", "info", "delete"],
      concurrencies,
      count: Math.ceil(count / 4),
      countOfMany: count,
      slices: 4,
      rounds: options.rounds,
    };
    const figures = await measureCalls(subjects, size, plan, workspace);
    output.figures(`Calls with values of ${formatSize(size)} by rclone`, relateTo(bareSubject, figures));
    all.push(...figures);
  }
  return all;
}

function chooseSubjects(place: RclonePlace, concurrencies: readonly number[], output: Output): Subject[] {
  // No caller waits for another one, as none does at the bound.
  const forAll = { concurrency: Math.max(...concurrencies) };
  const byDefault = {
    ...ourStore(place, `Store of ${defaultConcurrency}`, {}),
    callers: concurrencies.filter((callers) => callers > defaultConcurrency),
  };
  const python = findPythonBorgstore({
    urlOf,
    env: { RCLONE_CONFIG: place.configFile },
    modules: ["requests"],
    name: "python borgstore",
  });
  if (typeof python === "string") output.note(`without the reference: ${python}`);
  const reference = typeof python === "string" ? [] : [python];
  return [
    bareHttp(place),
    ourBackend(place, "Backend", forAll),
    ourStore(place, "Store", forAll),
    byDefault,
    ...reference,
  ];
}

/** Ratios to the bound with the same number of callers, where it has them. */
function relateTo(subject: string, figures: readonly Figure[]) {
  return relate(figures, ({ what, callers }) =>
    figures.find((other) => other.subject === subject && other.what === what && other.callers === callers),
  );
}
