import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as (options?: { readonly type: "minor" | "major" }) => void;

/** What a measurement took. */
export interface Measurement {
  /** Elapsed time. */
  readonly ms: number;
  /** Processor time of all threads of this process; says nothing of work in another process. */
  readonly cpuMs: number;
}

/** What a lane took in each round. */
export interface LaneRounds {
  readonly ms: readonly number[];
  readonly cpuMs: readonly number[];
}

/**
 * Measures several lanes in slices that take turns, so that a disturbance of the machine hits all of them alike.
 * The order rotates from slice to slice: nobody always comes first or behind the same neighbour. Young garbage is
 * collected before each slice, outside the measured time, so that nobody pays for what others left; slices must
 * be long enough that a lane's own garbage is collected within.
 *
 * @param measure runs one slice of one lane and returns its elapsed time in ms.
 * @param first which lane comes first in the first slice: the number of the round, where slices are so few that the
 *   order would hardly rotate within one.
 * @param garbage what is collected before each slice; `major` where a slice leaves so much outside the heap that the
 *   engine has begun to mark it, which the next lane would end.
 * @returns for each lane the sum over its slices, in the order of `lanes`.
 */
export async function interleave<Lane>(
  lanes: readonly Lane[],
  slices: number,
  measure: (lane: Lane, slice: number) => number | Promise<number>,
  first = 0,
  garbage: "minor" | "major" = "minor",
): Promise<Measurement[]> {
  const totals = lanes.map(() => ({ ms: 0, cpuMs: 0 }));
  for (let slice = 0; slice < slices; slice++) {
    for (let turn = 0; turn < lanes.length; turn++) {
      const index = (turn + slice + first) % lanes.length;
      const total = totals[index] as { ms: number; cpuMs: number };
      collectGarbage({ type: garbage });
      const before = process.cpuUsage();
      total.ms += await measure(lanes[index] as Lane, slice);
      const { user, system } = process.cpuUsage(before);
      total.cpuMs += (user + system) / 1000;
    }
  }
  return totals;
}

/**
 * Repeats a measurement of several lanes: one round to warm up, whose result is dropped, then `rounds` that
 * count. All garbage is collected before each round.
 *
 * @returns for each lane its values by round.
 */
export async function repeatRounds(
  rounds: number,
  measureRound: (round: number) => Promise<readonly Measurement[]>,
): Promise<LaneRounds[]> {
  const byLane: { readonly ms: number[]; readonly cpuMs: number[] }[] = [];
  for (let round = 0; round <= rounds; round++) {
    collectGarbage({ type: "major" });
    const measurements = await measureRound(round);
    if (round === 0) byLane.push(...measurements.map(() => ({ ms: [], cpuMs: [] })));
    else {
      for (const [lane, { ms, cpuMs }] of measurements.entries()) {
        byLane[lane]?.ms.push(ms);
        byLane[lane]?.cpuMs.push(cpuMs);
      }
    }
  }
  return byLane;
}

/** Adds up what the same lanes took in two parts of a round. */
export function addMeasurements(
  measurements: readonly Measurement[],
  others: readonly Measurement[],
): Measurement[] {
  return measurements.map(({ ms, cpuMs }, lane) => {
    const { ms: otherMs = 0, cpuMs: otherCpuMs = 0 } = others[lane] ?? {};
    return { ms: ms + otherMs, cpuMs: cpuMs + otherCpuMs };
  });
}

/** The figures of a lane in µs per call: what it took, shared out among so many calls. */
export function perCall(
  lane: LaneRounds | undefined,
  calls: number,
): { readonly rounds: readonly number[]; readonly cpuRounds: readonly number[] } {
  const share = (ms: number): number => (ms * 1000) / calls;
  return { rounds: lane?.ms.map(share) ?? [], cpuRounds: lane?.cpuMs.map(share) ?? [] };
}

/** Cuts an array into `count` parts in order, as equal as possible; fewer when there are fewer elements. */
export function cutIntoSlices<T>(array: readonly T[], count: number): (readonly T[])[] {
  const slices: (readonly T[])[] = [];
  const parts = Math.max(1, Math.min(count, array.length));
  for (let part = 0; part < parts; part++) {
    const start = Math.floor((part * array.length) / parts);
    slices.push(array.slice(start, Math.floor(((part + 1) * array.length) / parts)));
  }
  return slices;
}
