import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

/** What benches have of these is run. */
const allParts = [
  "calls",
  "list",
  "loop",
  "syscalls",
  "durable",
  "streams",
  "growth",
  "large",
  "distance",
  "import",
  "size",
] as const;

type BenchPart = (typeof allParts)[number];

/** What a run was asked for. */
export interface BenchOptions {
  /** Names of benches, in the order of running. */
  readonly benches: readonly string[];
  /** Lengths of values in bytes. `undefined`, as for the three that follow: the bench's own. */
  readonly sizes: readonly number[] | undefined;
  /** Numbers of callers. */
  readonly concurrencies: readonly number[] | undefined;
  /** Calls of each kind per round; of large values fewer, so that a round stays below 256 MiB a subject. */
  readonly count: number | undefined;
  /** Items of the list bench. */
  readonly listCount: number | undefined;
  /** Length of a value that is large, in bytes. */
  readonly largeSize: number;
  /** Rounds that count; one more to warm up. */
  readonly rounds: number;
  /** Whether npm peers take part. */
  readonly peers: boolean;
  readonly parts: readonly BenchPart[];
  /** Existing directory to work in, by default in memory. */
  readonly directory: string;
  /** Existing directory on a disk, for the delay of the event loop. */
  readonly diskDirectory: string;
  /** File for the JSON lines; `undefined` is the default place. */
  readonly jsonFile: string | undefined;
  /** Whether a missed bar fails the run. */
  readonly check: boolean;
}

/** The text of `--help`. */
export const usage: string = `usage: pnpm bench [posixfs] [core] [sftp] [s3] [rclone] [options]
       pnpm bench report FILE... [--docs DIR]

  --sizes LIST        lengths of values: 1KiB,64KiB,4MiB (sftp: 1KiB; s3: 1KiB,1MiB; rclone: 1KiB,64KiB,1MiB)
  --concurrency LIST  numbers of callers: 1,16,64 (s3: 1,16,32,64; rclone and posixfs from 64KiB: 1,16)
  --count N           calls of each kind per round: 4000 (sftp, s3, rclone: 1000)
  --list-count N      items of the list bench: 100000 (sftp, s3, rclone: 10000); ten times as many where memory
                      and growth are measured
  --large-size SIZE   length of a large value: 64MiB; streams of posixfs are 128 times as long
  --rounds N          rounds that count, after one to warm up: 5
  --parts LIST        of posixfs: calls,list,loop,durable,streams,growth,syscalls; of core: calls,growth,import,size;
                      of sftp: calls,list,large,distance; of s3 and rclone: calls,list,large
  --syscalls          the same as --parts syscalls
  --peers             with npm peers, installed into a cache directory
  --dir DIR           where to work: /dev/shm, else the temp directory
  --disk-dir DIR      on a disk, for the delay of the event loop: the temp directory
  --json FILE         JSON lines: tools/bench/results/DATE-BENCH.jsonl; beside it a page of HTML with the same name
  --check             exit code 1 when a bar is missed

report makes the pages of the documentation from JSON lines of runs on one machine:

  --docs DIR          where BENCH.md, BENCH.svg and README.md go: docs/performance
`;

/**
 * Reads the command line.
 *
 * @param known names of the benches there are; all of them when none is named.
 * @throws TypeError saying what is wrong with it.
 */
export function parseBenchOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      sizes: { type: "string" },
      concurrency: { type: "string" },
      count: { type: "string" },
      "list-count": { type: "string" },
      "large-size": { type: "string", default: "64MiB" },
      rounds: { type: "string", default: "5" },
      parts: { type: "string", default: allParts.join(",") },
      syscalls: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
      dir: { type: "string", default: existsSync("/dev/shm") ? "/dev/shm" : tmpdir() },
      "disk-dir": { type: "string", default: tmpdir() },
      json: { type: "string" },
      check: { type: "boolean", default: false },
    },
  });
  return {
    benches: positionals.length === 0 ? known : oneOfEach(positionals, known, "bench"),
    sizes: values.sizes?.split(",").map(parseSize),
    concurrencies: values.concurrency?.split(",").map((text) => parseCount(text, "--concurrency")),
    count: parseOptionalCount(values.count, "--count"),
    listCount: parseOptionalCount(values["list-count"], "--list-count"),
    largeSize: parseSize(values["large-size"]),
    rounds: parseCount(values.rounds, "--rounds"),
    peers: values.peers,
    parts: values.syscalls ? ["syscalls"] : oneOfEach(values.parts.split(","), allParts, "part"),
    directory: values.dir,
    diskDirectory: values["disk-dir"],
    jsonFile: values.json,
    check: values.check,
  };
}

function oneOfEach<T extends string>(names: readonly string[], known: readonly T[], what: string): T[] {
  return names.map((name) => {
    const found = known.find((candidate) => candidate === name);
    if (found === undefined) throw new TypeError(`no ${what} "${name}"; there are ${known.join(", ")}`);
    return found;
  });
}

function parseOptionalCount(text: string | undefined, option: string): number | undefined {
  return text === undefined ? undefined : parseCount(text, option);
}

function parseCount(text: string, option: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text))
    throw new TypeError(`${option} takes whole numbers from 1, not "${text}"`);
  return Number(text);
}

/**
 * Reads a length in bytes: `512`, `1KiB`, `4MiB`.
 *
 * @throws TypeError for anything else.
 */
export function parseSize(text: string): number {
  const match = /^([1-9][0-9]{0,8})(KiB|MiB)?$/.exec(text);
  if (match === null) throw new TypeError(`a size is like 512, 1KiB or 4MiB, not "${text}"`);
  const unit = match[2] === "KiB" ? 2 ** 10 : match[2] === "MiB" ? 2 ** 20 : 1;
  return Number(match[1]) * unit;
}

/** Writes a length as {@link parseSize} reads it. */
export function formatSize(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}MiB`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10}KiB` : String(bytes);
}
