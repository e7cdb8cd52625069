import { formatSize, type BenchOptions } from "../bench-options.ts";
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
import { keyOperations, type KeyOperation, type OpenSubject, type Subject } from "../subjects/subject.ts";

const bytesPerRound = 256 * 2 ** 20;
// About 1,000 calls a slice: the garbage of fewer might not be collected within.
const slicesPerRound = 4;

/** A subject with so many callers: what takes turns in a round. */
interface Lane {
  readonly subject: Subject;
  readonly callers: number;
}

interface OpenLane extends Lane {
  readonly directory: string;
  readonly opened: OpenSubject;
}

/** Measures every call of every subject with values of one length; µs per call by round. */
export async function measureCalls(
  subjects: readonly Subject[],
  byteLength: number,
  options: BenchOptions,
  workspace: Workspace,
): Promise<Figure[]> {
  const lanes: Lane[] = subjects.flatMap((subject) =>
    (subject.concurrent ? options.concurrencies : [1]).map((callers) => ({ subject, callers })),
  );
  const count = Math.max(8, Math.min(options.count, Math.floor(bytesPerRound / byteLength / 2)));
  const keys = makeKeys(count);
  const value = makeValue(byteLength);
  const rounds = await repeatRounds(options.rounds, async () => {
    const open = await openLanes(lanes, workspace);
    try {
      return await measureRound(open, keys, value);
    } finally {
      await closeLanes(open, workspace);
    }
  });
  return nameFigures(lanes, count, formatSize(byteLength), rounds);
}

async function openLanes(lanes: readonly Lane[], workspace: Workspace): Promise<OpenLane[]> {
  const open: OpenLane[] = [];
  for (const lane of lanes) {
    const directory = workspace.makeDirectory();
    open.push({ ...lane, directory, opened: await lane.subject.open(directory) });
  }
  return open;
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
  keys: readonly string[],
  value: Uint8Array,
): Promise<Measurement[]> {
  const neighbours = makeNeighbourKeys(keys);
  const measurements: Measurement[] = [];
  for (const operation of keyOperations) {
    const slices = cutIntoSlices(operation === "store" ? neighbours : keys, slicesPerRound);
    measurements.push(...(await measureOperation(lanes, operation, slices, value)));
    if (operation === "info") measurements.push(...(await measureList(lanes, 2 * keys.length)));
  }
  return measurements;
}

async function measureOperation(
  lanes: readonly OpenLane[],
  operation: KeyOperation,
  slices: readonly (readonly string[])[],
  value: Uint8Array,
): Promise<Measurement[]> {
  return await interleave(lanes, slices.length, async ({ opened, callers }, slice) =>
    opened.has(operation) ? await opened.run(operation, slices[slice] ?? [], value, callers) : Number.NaN,
  );
}

async function measureList(lanes: readonly OpenLane[], expected: number): Promise<Measurement[]> {
  return await interleave(lanes, 1, async ({ opened, subject }) => {
    if (!opened.has("list")) return Number.NaN;
    const { count, ms } = await opened.list();
    if (count !== expected) throw new Error(`${subject.name} listed ${count} of ${expected} items`);
    return ms;
  });
}

/** In the order that `measureRound` has; listings stand behind `info`. */
const measured = ["store-new", "store", "replace", "load", "info", "list", "delete"] as const;

function nameFigures(
  lanes: readonly Lane[],
  count: number,
  size: string,
  rounds: readonly LaneRounds[],
): Figure[] {
  return measured.flatMap((operation, position) =>
    lanes.flatMap(({ subject, callers }, lane): Figure[] => {
      const isList = operation === "list";
      const values = rounds[position * lanes.length + lane];
      const { cpuRounds, ...figure } = perCall(values, isList ? 2 * count : count);
      // A listing is one call whatever the number of callers.
      if (figure.rounds.some(Number.isNaN) || (isList && callers !== lanes[0]?.callers)) return [];
      const name = { bench: "posixfs", what: `${operation} ${size}`, subject: subject.name, callers };
      return [{ ...name, unit: "us", ...figure, ...(subject.inProcess ? { cpuRounds } : {}) }];
    }),
  );
}
