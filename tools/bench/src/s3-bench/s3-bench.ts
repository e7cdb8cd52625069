import { commandWorks, rgwAvailable, startRgw } from "@borgstore/tools-peers";
import { bars, checkBars, type BarResult } from "../bars.ts";
import { formatSize, type BenchOptions } from "../bench-options.ts";
import { measureCalls, type CallsPlan } from "../calls/measure-calls.ts";
import { measureListings } from "../calls/measure-listings.ts";
import { measureLanes, openWholeLanes, relateToProgram } from "../large/large-lanes.ts";
import { openRcloneLanes, rcloneCommand, rcloneProgram } from "../large/rclone-program.ts";
import { makeValue } from "../measure/keys.ts";
import { Workspace } from "../measure/workspace.ts";
import type { Output } from "../report/output.ts";
import { openPeers } from "../peers/peers.ts";
import { s3PeerAdapters } from "../peers/s3-adapters.ts";
import { relate, type Figure } from "../report/report.ts";
import { findPythonBorgstore } from "../subjects/python-borgstore.ts";
import type { Subject } from "../subjects/subject.ts";
import { bareSdk } from "./bare-sdk.ts";
import { ourBackend, ourStore } from "./our-s3.ts";
import { rcloneTarget } from "./rclone-target.ts";
import { makePlace, urlOf, withoutKeys, type S3Place } from "./s3-place.ts";

const bareSubject = "bare SDK";

/** S3 against a RADOS Gateway of this machine: each call, listings, and large values. */
export async function benchS3(options: BenchOptions, output: Output): Promise<readonly BarResult[]> {
  const s3Bars = bars.filter((bar) => bar.bench === "s3");
  if (!rgwAvailable()) {
    output.note("s3 is not measured: radosgw or what it needs is not installed, or this is not root");
    return checkBars(s3Bars, []);
  }
  using workspace = new Workspace(options.directory);
  await using rgw = await startRgw();
  output.note("RADOS Gateway of Ceph on this machine, on a cluster of its own that keeps all in memory");
  const place = await makePlace(rgw);
  const figures: Figure[] = [];
  if (options.parts.includes("calls")) figures.push(...(await benchCalls(options, output, workspace, place)));
  if (options.parts.includes("list")) {
    const itemCount = options.listCount ?? 10_000;
    const subjects = [bareSdk(place), ourBackend(place), ourStore(place)];
    const measured = await measureListings("s3", subjects, itemCount, options.rounds, workspace);
    output.figures(`Listing ${itemCount} items by S3`, relateTo(bareSubject, measured));
    figures.push(...measured);
  }
  if (options.parts.includes("large")) figures.push(...(await benchLarge(options, output, workspace, place)));
  return checkBars(s3Bars, figures);
}

/** One value in both directions, in turns with the `rclone` program against the same bucket. */
async function benchLarge(
  { largeSize, rounds }: BenchOptions,
  output: Output,
  workspace: Workspace,
  place: S3Place,
): Promise<Figure[]> {
  const value = makeValue(largeSize);
  const hasProgram = commandWorks(rcloneCommand(), ["version"]);
  if (!hasProgram) output.note("without the rclone program: it is not installed, or does not run");
  const openers = [
    ...(hasProgram
      ? [() => Promise.resolve(openRcloneLanes(rcloneTarget(place, workspace), value, workspace))]
      : []),
    ...[bareSdk(place), ourBackend(place), ourStore(place)].map(
      (subject) => () => openWholeLanes(subject, value, workspace),
    ),
  ];
  const figures = await measureLanes("s3", openers, largeSize, rounds);
  const heading = `One value of ${formatSize(largeSize)} by S3, ratio to the rclone program`;
  output.figures(heading, relateToProgram(figures, rcloneProgram));
  return figures;
}

async function benchCalls(
  options: BenchOptions,
  output: Output,
  workspace: Workspace,
  place: S3Place,
): Promise<Figure[]> {
  const peers = options.peers ? await choosePeers(place, output, workspace) : [];
  const subjects = [...chooseSubjects(place, output), ...peers];
  const count = options.count ?? 1000;
  const all: Figure[] = [];
  for (const size of options.sizes ?? [1024, 2 ** 20]) {
    const plan: CallsPlan = {
      bench: "s3",
      operations: ["store-new", "store", "load", "info", "delete"],
      concurrencies: options.concurrencies ?? [1, 16, 32, 64],
      count: Math.ceil(count / 4),
      countOfMany: count,
      slices: 4,
      rounds: options.rounds,
    };
    const figures = await measureCalls(subjects, size, plan, workspace);
    output.figures(`Calls with values of ${formatSize(size)} by S3`, relateTo(bareSubject, figures));
    all.push(...figures);
  }
  return all;
}

function chooseSubjects(place: S3Place, output: Output): Subject[] {
  const python = findPythonBorgstore({
    urlOf: (directory) => urlOf(place, directory),
    env: { AWS_DEFAULT_REGION: place.region },
    modules: ["boto3"],
    name: "python borgstore",
  });
  if (typeof python === "string") output.note(`without the reference: ${python}`);
  // It has one lock for everything, so more callers only wait.
  const reference = typeof python === "string" ? [] : [{ ...python, callers: [1] }];
  return [bareSdk(place), ourBackend(place), ourStore(place), ...reference];
}

async function choosePeers(place: S3Place, output: Output, workspace: Workspace): Promise<Subject[]> {
  const onMissing = (name: string, reason: string): void => {
    output.note(`without ${name}: ${withoutKeys(place, reason)}`);
  };
  return await openPeers(s3PeerAdapters(place), onMissing, workspace);
}

/** Ratios to the bound with the same number of callers, where it has them. */
function relateTo(subject: string, figures: readonly Figure[]) {
  return relate(figures, ({ what, callers }) =>
    figures.find((other) => other.subject === subject && other.what === what && other.callers === callers),
  );
}
