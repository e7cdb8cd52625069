import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { runProbe } from "../measure/child.ts";
import { interleave, repeatRounds } from "../measure/interleave.ts";
import { makeValue, nestKey } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";

/** A round copies the value twice in each direction: more of them would take minutes. */
const mostRounds = 3;
const pieceBytes = 2 ** 20;
const storedKey = "ab".repeat(32);
/** Copied by reading and writing, as every program must that does not leave the copy to the kernel. */
const cpOptions = ["--reflink=never", "--sparse=never"];

interface Answer {
  readonly ms: number;
  readonly peakMiB: number;
}

/** What both directions need. */
interface Place {
  readonly byteLength: number;
  readonly rounds: number;
  /** The storage. */
  readonly directory: string;
  /** Where the stored value is as a file. */
  readonly stored: string;
  /** A file on the storage's file system, which is not there. */
  readonly copy: string;
}

/**
 * Measures `storeStream` and `loadStream` of one large value in ms, each in a fresh process, in turns with `cp` of
 * the same file on the same file system, and the most memory that these processes have had, in MiB. What was written
 * is removed before the next one writes. Needs the built packages, and room for the value twice.
 */
export async function measureStreams(
  byteLength: number,
  rounds: number,
  workspace: Workspace,
): Promise<Figure[]> {
  const source = workspace.nameDirectory();
  const directory = workspace.nameDirectory();
  const place: Place = {
    byteLength,
    rounds: Math.min(rounds, mostRounds),
    directory,
    stored: `${directory}/data/${nestKey(storedKey)}`,
    copy: workspace.nameDirectory(),
  };
  try {
    writeNoise(source, byteLength);
    const storing = await measureStoring(source, place);
    // In the last round `cp` may have come last.
    if (!existsSync(place.stored)) await storeFile(source, place);
    rmSync(source);
    return [...storing, ...(await measureLoading(place))];
  } finally {
    for (const path of [source, place.copy, directory]) rmSync(path, { recursive: true, force: true });
  }
}

async function measureStoring(source: string, place: Place): Promise<Figure[]> {
  const makeRoom = (): void => rmSync(place.stored, { force: true });
  return await measureDirection("storeStream", place, {
    copy: async () => {
      makeRoom();
      return await copyFile(source, place.copy);
    },
    stream: async () => {
      makeRoom();
      return await storeFile(source, place);
    },
  });
}

async function storeFile(source: string, place: Place): Promise<Answer> {
  const answer = await runProbe<Answer>("stream-probe.mjs", ["store", place.directory, source]);
  checkLength(place.stored, place.byteLength);
  return answer;
}

async function measureLoading(place: Place): Promise<Figure[]> {
  return await measureDirection("loadStream", place, {
    copy: () => copyFile(place.stored, place.copy),
    stream: async () => {
      const answer = await runProbe<Answer>("stream-probe.mjs", ["load", place.directory, place.copy]);
      checkLength(place.copy, place.byteLength);
      return answer;
    },
  });
}

async function measureDirection(
  what: string,
  { rounds, copy: copyPath }: Place,
  lanes: { readonly copy: () => Promise<number>; readonly stream: () => Promise<Answer> },
): Promise<Figure[]> {
  const peaks: number[] = [];
  const stream = async (): Promise<number> => {
    const { ms, peakMiB } = await lanes.stream();
    peaks.push(peakMiB);
    return ms;
  };
  const measure = async (lane: () => Promise<number>): Promise<number> => {
    const ms = await lane();
    if (existsSync(copyPath)) rmSync(copyPath);
    return ms;
  };
  const values = await repeatRounds(
    rounds,
    async (round) => await interleave([lanes.copy, stream], 1, measure, round),
  );
  const name = { bench: "posixfs", callers: 1 };
  return [
    { ...name, what, subject: "cp", unit: "ms", rounds: values[0]?.ms ?? [] },
    { ...name, what, subject: "Store", unit: "ms", rounds: values[1]?.ms ?? [] },
    { ...name, what: `peak memory of ${what}`, subject: "Store", unit: "MiB", rounds: peaks.slice(1) },
  ];
}

async function copyFile(from: string, to: string): Promise<number> {
  const start = performance.now();
  const child = spawn("cp", [...cpOptions, from, to], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`cp ended with ${code}; its message is above`);
  return performance.now() - start;
}

function checkLength(file: string, expected: number): void {
  const { size } = statSync(file);
  if (size !== expected) throw new Error(`a stream of ${expected} bytes came to ${size}`);
}

/** Writes a file that has no holes and that nothing can make shorter. */
function writeNoise(path: string, byteLength: number): void {
  const piece = makeValue(pieceBytes);
  const file = openSync(path, "wx");
  try {
    let left = byteLength;
    while (left > 0) left -= writeSync(file, piece, 0, Math.min(left, pieceBytes));
  } finally {
    closeSync(file);
  }
}
