import { formatSize } from "../bench-options.ts";
import { interleave, repeatRounds, type LaneRounds } from "../measure/interleave.ts";
import { makeKeys } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import { relate, type Figure, type ReportedFigure } from "../report/report.ts";
import type { OpenSubject, Subject } from "../subjects/subject.ts";

/** One thing that moves a large value; takes turns with the others. */
interface LargeLane {
  /** What it does, without the size. */
  readonly what: "store" | "storeStream" | "load" | "loadStream";
  readonly subject: string;
  readonly inProcess: boolean;
  /** Moves it once, and returns the elapsed time in ms. */
  run(): Promise<number>;
}

/** Lanes of one subject that is open. */
export interface OpenLanes {
  readonly lanes: readonly LargeLane[];
  readonly close: () => Promise<void>;
}

/** In the order of running: all store before all load. */
const whats: readonly LargeLane["what"][] = ["store", "storeStream", "load", "loadStream"];

/**
 * Measures lanes that move one value of some length, in turns, in ms. What was opened is closed in the end, also when
 * opening another one fails.
 */
export async function measureLanes(
  bench: string,
  openers: readonly (() => Promise<OpenLanes>)[],
  byteLength: number,
  rounds: number,
): Promise<Figure[]> {
  const open: OpenLanes[] = [];
  try {
    for (const opener of openers) open.push(await opener());
    const lanes = open
      .flatMap((one) => one.lanes)
      .toSorted((a, b) => whats.indexOf(a.what) - whats.indexOf(b.what));
    const values = await repeatRounds(rounds, async () => await interleave(lanes, 1, (lane) => lane.run()));
    return lanes.map((lane, index) => figureOf(bench, lane, formatSize(byteLength), values[index]));
  } finally {
    for (const { close } of open) await close();
  }
}

function figureOf(
  bench: string,
  { what, subject, inProcess }: LargeLane,
  size: string,
  values: LaneRounds | undefined,
): Figure {
  const { ms = [], cpuMs = [] } = values ?? {};
  const name = { bench, what: `${what} ${size}`, subject, callers: 1 };
  return { ...name, unit: "ms", rounds: ms, ...(inProcess ? { cpuRounds: cpuMs } : {}) };
}

/** Opens a subject that stores and loads the value whole, always under the same key. */
export async function openWholeLanes(
  subject: Subject,
  value: Uint8Array,
  workspace: Workspace,
): Promise<OpenLanes> {
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

/** Ratios to a program, which moves values whole: streams are held against it too. */
export function relateToProgram(figures: readonly Figure[], program: string): ReportedFigure[] {
  return relate(figures, ({ what }) => {
    const whole = what.replace("Stream", "");
    return figures.find((other) => other.subject === program && other.what === whole);
  });
}
