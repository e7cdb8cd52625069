import { opensshAvailable, opensshReason, startSshd } from "@borgstore/tools-peers";
import { startFaultProxy } from "@borgstore/backend-testkit";
import { bars, checkBars, type BarResult } from "../bars.ts";
import { formatSize, type BenchOptions } from "../bench-options.ts";
import { measureCalls, type CallsPlan } from "../calls/measure-calls.ts";
import { relateToProgram } from "../large/large-lanes.ts";
import { Workspace } from "../measure/workspace.ts";
import { openPeers } from "../peers/peers.ts";
import { sftpPeerAdapters } from "../peers/sftp-adapters.ts";
import type { Output } from "../report/output.ts";
import { relate, type Figure } from "../report/report.ts";
import { findPythonBorgstore } from "../subjects/python-borgstore.ts";
import type { Subject } from "../subjects/subject.ts";
import { bareSsh2 } from "./bare-ssh2.ts";
import { measureLarge, programSubject } from "./large-bench.ts";
import { measureSftpListings } from "./list-bench.ts";
import { sftpBackend, sftpBackendOfMany, sftpStore, transports } from "./our-sftp.ts";
import { describePlace, urlOf, type SftpPlace } from "./sftp-place.ts";

const bareSubject = "bare ssh2";
const oneWayDelayMs = 5;
const mebibyte = 2 ** 20;

/** The parts of a run, with what they share. */
interface Run {
  readonly options: BenchOptions;
  readonly output: Output;
  readonly workspace: Workspace;
  readonly place: SftpPlace;
  /** The same server, 10 ms away. */
  readonly farPlace: SftpPlace;
}

/** SFTP against an sshd of this machine: each call, listings, large values, and each call at a distance. */
export async function benchSftp(options: BenchOptions, output: Output): Promise<readonly BarResult[]> {
  const sftpBars = bars.filter((bar) => bar.bench === "sftp");
  if (!opensshAvailable()) {
    output.note(`sftp is not measured: ${opensshReason()}`);
    return checkBars(sftpBars, []);
  }
  using workspace = new Workspace(options.directory);
  await using sshd = await startSshd({ directory: workspace.nameDirectory() });
  await using proxy = await startFaultProxy({ port: sshd.port, delayMs: oneWayDelayMs });
  output.note(
    `sshd of OpenSSH on this machine, files on ${workspace.fileSystem}; ssh2 without its native part`,
  );
  const place = describePlace(sshd, workspace.nameDirectory(), sshd.port);
  const farPlace = describePlace(sshd, workspace.nameDirectory(), proxy.port);
  const run: Run = { options, output, workspace, place, farPlace };
  const figures: Figure[] = [];
  if (options.parts.includes("calls")) figures.push(...(await benchCalls(run)));
  if (options.parts.includes("list")) figures.push(...(await benchListings(run)));
  if (options.parts.includes("large")) figures.push(...(await benchLarge(run)));
  if (options.parts.includes("distance")) figures.push(...(await benchDistance(run)));
  return checkBars(sftpBars, figures);
}

async function benchCalls(run: Run): Promise<Figure[]> {
  const { options, output, workspace, place } = run;
  const subjects = await chooseSubjects(run, place);
  const count = options.count ?? 1000;
  const plan: CallsPlan = {
    bench: "sftp",
    operations: ["store-new", "store", "load", "info", "delete"],
    concurrencies: options.concurrencies ?? [1, 16, 64],
    // One caller is five times slower, and as steady with fewer calls.
    count: Math.ceil(count / 4),
    countOfMany: count,
    slices: 2,
    rounds: options.rounds,
  };
  const all: Figure[] = [];
  for (const size of options.sizes ?? [1024]) {
    const figures = await measureCalls(subjects, size, plan, workspace);
    output.figures(`Calls with values of ${formatSize(size)} by SFTP`, relateTo(bareSubject, figures));
    all.push(...figures);
  }
  return all;
}

/** The same at a distance, where round trips are what costs. */
async function benchDistance(run: Run): Promise<Figure[]> {
  const { options, output, workspace, farPlace } = run;
  const subjects = await chooseSubjects(run, farPlace, true);
  const count = options.count ?? 1000;
  const plan: CallsPlan = {
    bench: "sftp",
    operations: ["store-new", "store", "load", "info", "delete"],
    concurrencies: (options.concurrencies ?? [1, 64]).filter((callers) => callers !== 16),
    count: Math.ceil(count / 100),
    countOfMany: Math.ceil(count / 4),
    slices: 1,
    // Delays are the same each time.
    rounds: Math.min(options.rounds, 3),
  };
  const measured = await measureCalls(subjects, 1024, plan, workspace);
  // Without processor times, which would be those of the proxy as well.
  const figures = measured.map(({ bench, what, subject, callers, unit, rounds }): Figure => {
    return { bench, what: `${what} at 10 ms`, subject, callers, unit, rounds };
  });
  output.figures(
    `Calls with values of 1KiB by SFTP, round trip of ${2 * oneWayDelayMs} ms`,
    relateTo(bareSubject, figures),
  );
  return figures;
}

async function benchListings(run: Run): Promise<Figure[]> {
  const { options, output, workspace, place } = run;
  const itemCount = options.listCount ?? 10_000;
  const others = [bareSsh2(place), ...(await choosePeers(run, place, false))];
  const all: Figure[] = [];
  for (const levels of [1, 2] as const) {
    const { rounds } = options;
    all.push(...(await measureSftpListings(others, itemCount, levels, rounds, place, workspace)));
  }
  output.figures(`Listing ${itemCount} items by SFTP`, relateTo(bareSubject, all));
  return all;
}

async function benchLarge(run: Run): Promise<Figure[]> {
  const { options, output, workspace, place } = run;
  const ofOne = (await chooseSubjects(run, place)).filter(
    ({ callers }) => callers === undefined || callers.includes(1),
  );
  const { largeSize, rounds } = options;
  const figures = await measureLarge(ofOne, largeSize, rounds, place, workspace);
  const heading = `One value of ${largeSize / mebibyte} MiB by SFTP, ratio to the sftp program`;
  output.figures(heading, relateToProgram(figures, programSubject));
  return figures;
}

async function chooseSubjects(run: Run, place: SftpPlace, far = false): Promise<Subject[]> {
  const ours = transports.flatMap((transport) => [
    sftpBackend(place, transport),
    sftpBackendOfMany(place, transport),
    sftpStore(place, transport),
  ]);
  const python = findPythonBorgstore({
    urlOf: (directory) => urlOf(place, `${directory}/store`),
    env: { HOME: place.home },
    modules: ["paramiko"],
    name: "python borgstore",
  });
  if (typeof python === "string") run.output.note(`without the reference: ${python}`);
  // Its threads wait for each other: 64 of them take as long as one, which at a distance is minutes.
  const reference = typeof python === "string" ? [] : [far ? { ...python, callers: [1] } : python];
  return [bareSsh2(place), ...ours, ...reference, ...(await choosePeers(run, place, far))];
}

async function choosePeers(
  { options, output, workspace }: Run,
  place: SftpPlace,
  far: boolean,
): Promise<Subject[]> {
  if (!options.peers) return [];
  const onMissing = (name: string, reason: string): void => output.note(`without ${name}: ${reason}`);
  return await openPeers(sftpPeerAdapters(place, far), onMissing, workspace);
}

/** Ratios to the bound with the same number of callers, where it has them. */
function relateTo(subject: string, figures: readonly Figure[]) {
  return relate(figures, ({ what, callers }) =>
    figures.find((other) => other.subject === subject && other.what === what && other.callers === callers),
  );
}
