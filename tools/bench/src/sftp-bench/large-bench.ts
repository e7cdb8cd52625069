import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "@borgstore/core";
import { formatSize } from "../bench-options.ts";
import { interleave, repeatRounds, type LaneRounds } from "../measure/interleave.ts";
import { makeKeys, makeValue } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import type { OpenSubject, Subject } from "../subjects/subject.ts";
import { openSftpBackend, transports } from "./our-sftp.ts";
import type { SftpPlace } from "./sftp-place.ts";
import { hasSftpProgram, timeSftpProgram } from "./sftp-program.ts";

/** Pieces that a stream of ours is stored from, as pipes and files give them. */
const pieceBytes = 64 * 1024;

/** The bound of large values. */
export const programSubject = "sftp program";

/** One thing that moves a large value; takes turns with the others. */
interface Lane {
  readonly what: string;
  readonly subject: string;
  readonly inProcess: boolean;
  /** Moves it once, and returns the elapsed time in ms. */
  run(): Promise<number>;
}

interface OpenLanes {
  readonly lanes: readonly Lane[];
  readonly close: () => Promise<void>;
}

/**
 * Measures one value of some length in both directions, whole and in pieces, in turns with the `sftp` program of the
 * system, in ms.
 */
export async function measureLarge(
  subjects: readonly Subject[],
  byteLength: number,
  rounds: number,
  place: SftpPlace,
  workspace: Workspace,
): Promise<Figure[]> {
  const value = makeValue(byteLength);
  const open: OpenLanes[] = [];
  try {
    if (hasSftpProgram()) open.push(programLanes(place, value, workspace));
    for (const subject of subjects) open.push(await wholeLanes(subject, value, workspace));
    for (const transport of transports) open.push(await streamLanes(place, transport, value, workspace));
    // All store before all load.
    const lanes = open.flatMap((one) => one.lanes).toSorted((a, b) => order(a) - order(b));
    const values = await repeatRounds(rounds, async () => await interleave(lanes, 1, (lane) => lane.run()));
    return lanes.map((lane, index) => figureOf(lane, formatSize(byteLength), values[index]));
  } finally {
    for (const { close } of open) await close();
  }
}

function figureOf({ what, subject, inProcess }: Lane, size: string, values: LaneRounds | undefined): Figure {
  const { ms = [], cpuMs = [] } = values ?? {};
  const name = { bench: "sftp", what: `${what} ${size}`, subject, callers: 1 };
  return { ...name, unit: "ms", rounds: ms, ...(inProcess ? { cpuRounds: cpuMs } : {}) };
}

const whats = ["store", "storeStream", "load", "loadStream"];

function order({ what }: Lane): number {
  return whats.indexOf(what);
}

/** The program, which compares with both ways that we have. */
function programLanes(place: SftpPlace, value: Uint8Array, workspace: Workspace): OpenLanes {
  const directory = workspace.makeDirectory();
  const local = join(directory, "local");
  const remote = join(directory, "remote");
  const batch = join(directory, "batch");
  writeFileSync(local, value);
  const lane = { subject: programSubject, inProcess: false };
  return {
    lanes: [
      { ...lane, what: "store", run: () => timeSftpProgram(place, "put", local, remote, batch) },
      {
        ...lane,
        what: "load",
        run: () => timeSftpProgram(place, "get", remote, join(directory, "got"), batch),
      },
    ],
    close: async () => workspace.discard(directory),
  };
}

async function wholeLanes(subject: Subject, value: Uint8Array, workspace: Workspace): Promise<OpenLanes> {
  const directory = workspace.makeDirectory();
  const opened: OpenSubject = await subject.open(directory);
  const keys = makeKeys(1, "large");
  const lane = { subject: subject.name, inProcess: subject.inProcess };
  return {
    lanes: [
      { ...lane, what: "store", run: () => opened.run("store", keys, value, 1) },
      { ...lane, what: "load", run: () => opened.run("load", keys, value, 1) },
    ],
    close: async () => {
      await opened.close();
      workspace.discard(directory);
    },
  };
}

async function streamLanes(
  place: SftpPlace,
  transport: (typeof transports)[number],
  value: Uint8Array,
  workspace: Workspace,
): Promise<OpenLanes> {
  const directory = workspace.makeDirectory();
  const backend = await openSftpBackend(place, directory, { transport });
  const lane = { subject: `Backend ${transport}`, inProcess: true };
  return {
    lanes: [
      { ...lane, what: "storeStream", run: () => timeStoreStream(backend, value) },
      { ...lane, what: "loadStream", run: () => timeLoadStream(backend, value.byteLength) },
    ],
    close: async () => {
      await backend.close();
      workspace.discard(directory);
    },
  };
}

async function timeStoreStream(backend: Backend, value: Uint8Array): Promise<number> {
  const start = performance.now();
  await backend.storeStream("data/stream", cut(value));
  return performance.now() - start;
}

async function timeLoadStream(backend: Backend, byteLength: number): Promise<number> {
  const start = performance.now();
  let count = 0;
  for await (const piece of backend.loadStream("data/stream")) count += piece.byteLength;
  if (count !== byteLength) throw new Error(`${count} of ${byteLength} bytes came`);
  return performance.now() - start;
}

async function* cut(value: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < value.byteLength; at += pieceBytes) yield value.subarray(at, at + pieceBytes);
}
