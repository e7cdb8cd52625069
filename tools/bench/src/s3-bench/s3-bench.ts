import { rgwAvailable, startRgw } from "@borgstore/tools-peers";
import { bars, checkBars, type BarResult } from "../bars.ts";
import { formatSize, type BenchOptions } from "../bench-options.ts";
import { measureCalls, type CallsPlan } from "../calls/measure-calls.ts";
import { measureListings } from "../calls/measure-listings.ts";
import { Workspace } from "../measure/workspace.ts";
import type { Output } from "../report/output.ts";
import { relate, type Figure } from "../report/report.ts";
import { findPythonBorgstore } from "../subjects/python-borgstore.ts";
import type { Subject } from "../subjects/subject.ts";
import { bareSdk } from "./bare-sdk.ts";
import { ourBackend, ourStore } from "./our-s3.ts";
import { makePlace, urlOf, type S3Place } from "./s3-place.ts";

const bareSubject = "bare SDK";

/** S3 against a RADOS Gateway of this machine: each call, and listings. */
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
  return checkBars(s3Bars, figures);
}

async function benchCalls(
  options: BenchOptions,
  output: Output,
  workspace: Workspace,
  place: S3Place,
): Promise<Figure[]> {
  const subjects = chooseSubjects(place, output);
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

/** Ratios to the bound with the same number of callers, where it has them. */
function relateTo(subject: string, figures: readonly Figure[]) {
  return relate(figures, ({ what, callers }) =>
    figures.find((other) => other.subject === subject && other.what === what && other.callers === callers),
  );
}
