import { formatSize } from "../bench-options.ts";
import {
  cutIntoSlices,
  interleave,
  perCall,
  repeatRounds,
  type LaneRounds,
  type Measurement,
} from "../measure/interleave.ts";
import { makeKeys, makeNeighbourKeys, makeValue } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import type { KeyOperation, OpenSubject, Subject } from "../subjects/subject.ts";

const bytesPerRound = 256 * 2 ** 20;

/** What is measured, and how often. */
export interface CallsPlan {
  /** Name of the bench, for the figures. */
  readonly bench: string;
  /** In the order of running; `list` lists all that is there by then. */
  readonly operations: readonly (KeyOperation | "list")[];
  /** Numbers of callers. */
  readonly concurrencies: readonly number[];
  /** Calls of each kind per round with one caller; of large values fewer, so that a round stays below 256 MiB. */
  readonly count: number;
  /** Calls of each kind with several callers. Default: as many as with one. */
  readonly countOfMany?: number;
  /** Parts of a round in which the subjects take turns. */
  readonly slices: number;
  /** What is collected before each slice, see `interleave`. Default: `minor`. */
  readonly garbage?: "minor" | "major";
  /** Rounds that count. */
  readonly rounds: number;
}

/** A subject with so many callers and so many calls: what takes turns in a round. */
interface Lane {
  readonly subject: Subject;
  readonly callers: number;
  readonly keys: readonly string[];
}

interface OpenLane extends Lane {
  readonly directory: string;
  readonly opened: OpenSubject;
}

/** Measures every call of every subject with values of one length; µs per call by round. */
export async function measureCalls(
  subjects: readonly Subject[],
  byteLength: number,
  plan: CallsPlan,
  workspace: Workspace,
): Promise<Figure[]> {
  const lanes = subjects.flatMap((subject) =>
    callersOf(subject, plan).map((callers): Lane => {
      const count = callers === 1 ? plan.count : (plan.countOfMany ?? plan.count);
      const most = Math.floor(bytesPerRound / byteLength / 2);
      return { subject, callers, keys: makeKeys(Math.max(8, Math.min(count, most))) };
    }),
  );
  const value = makeValue(byteLength);
  const rounds = await repeatRounds(plan.rounds, async (round) => {
    const open: OpenLane[] = [];
    try {
      await openLanes(lanes, open, workspace);
      return await measureRound(open, plan, value, round);
    } finally {
      await closeLanes(open, workspace);
    }
  });
  return nameFigures(lanes, plan, formatSize(byteLength), rounds);
}

function callersOf(subject: Subject, { concurrencies }: CallsPlan): readonly number[] {
  if (!subject.concurrent) return [1];
  const { callers } = subject;
  return callers === undefined ? concurrencies : concurrencies.filter((number) => callers.includes(number));
}

async function openLanes(lanes: readonly Lane[], open: OpenLane[], workspace: Workspace): Promise<void> {
  for (const lane of lanes) {
    const directory = workspace.makeDirectory();
    open.push({ ...lane, directory, opened: await lane.subject.open(directory) });
  }
}

async function closeLanes(lanes: readonly OpenLane[], workspace: Workspace): Promise<void> {
  for (const { directory, opened } of lanes) {
    await opened.close();
    workspace.discard(directory);
  }
}

/** One value for each operation of each lane, operation by operation; NaN where a subject has none. */
async function measureRound(
  lanes: readonly OpenLane[],
  plan: CallsPlan,
  value: Uint8Array,
  round: number,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const done: KeyOperation[] = [];
  for (const operation of plan.operations) {
    if (operation === "list") {
      measurements.push(...(await measureList(lanes, done, round)));
    } else {
      measurements.push(...(await measureOperation(lanes, operation, plan, value, round)));
      done.push(operation);
    }
  }
  return measurements;
}

async function measureOperation(
  lanes: readonly OpenLane[],
  operation: KeyOperation,
  { slices, garbage }: CallsPlan,
  value: Uint8Array,
  round: number,
): Promise<Measurement[]> {
  const keysOf = (keys: readonly string[]): readonly string[] =>
    operation === "store" ? makeNeighbourKeys(keys) : keys;
  const cut = lanes.map((lane) => ({ ...lane, parts: cutIntoSlices(keysOf(lane.keys), slices) }));
  const run = async ({ opened, callers, parts }: (typeof cut)[number], slice: number): Promise<number> =>
    opened.has(operation) ? await opened.run(operation, parts[slice] ?? [], value, callers) : Number.NaN;
  return await interleave(cut, slices, run, round, garbage);
}

async function measureList(
  lanes: readonly OpenLane[],
  done: readonly KeyOperation[],
  round: number,
): Promise<Measurement[]> {
  const list = async ({ opened, subject, keys }: OpenLane): Promise<number> => {
    if (!opened.has("list")) return Number.NaN;
    const { count, ms } = await opened.list();
    const expected = storedBy(done, keys.length);
    if (count !== expected) throw new Error(`${subject.name} listed ${count} of ${expected} items`);
    return ms;
  };
  return await interleave(lanes, 1, list, round);
}

/** How many items are there after these operations with so many keys. */
function storedBy(done: readonly KeyOperation[], keys: number): number {
  const sets = Number(done.includes("store-new")) + Number(done.includes("store"));
  return sets * keys;
}

function nameFigures(
  lanes: readonly Lane[],
  { bench, operations }: CallsPlan,
  size: string,
  rounds: readonly LaneRounds[],
): Figure[] {
  return operations.flatMap((operation, position) =>
    lanes.flatMap(({ subject, callers, keys }, lane): Figure[] => {
      const isList = operation === "list";
      const done = operations.slice(0, position).filter((earlier) => earlier !== "list");
      const values = rounds[position * lanes.length + lane];
      const { cpuRounds, ...figure } = perCall(values, isList ? storedBy(done, keys.length) : keys.length);
      // A listing is one call whatever the number of callers.
      if (figure.rounds.some(Number.isNaN) || (isList && callers !== lanes[0]?.callers)) return [];
      const name = { bench, what: `${operation} ${size}`, subject: subject.name, callers };
      return [{ ...name, unit: "us", ...figure, ...(subject.inProcess ? { cpuRounds } : {}) }];
    }),
  );
}
