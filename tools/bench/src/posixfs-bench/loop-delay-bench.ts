import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { interleave, repeatRounds } from "../measure/interleave.ts";
import { makeKeys, makeValue } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import { callForEach } from "../subjects/async-subject.ts";
import { openPosixfsStore } from "../subjects/ours.ts";

const callers = 64;
const valueLength = 1024;
/** The monitor is a timer of this period: what it shows above the period is delay. */
const resolutionMs = 1;

/** Measures how late timers are while many callers store small values on a disk: p99 in ms by round. */
export async function measureLoopDelay(
  count: number,
  rounds: number,
  workspace: Workspace,
): Promise<Figure[]> {
  const value = makeValue(valueLength);
  const values = await repeatRounds(rounds, async (round) => {
    const directory = workspace.makeDirectory();
    const keys = makeKeys(count, `loop ${round}`);
    await using store = await openPosixfsStore(directory);
    let storingMs = 0;
    const storing = async (): Promise<void> => {
      const start = performance.now();
      await callForEach(
        keys,
        callers,
        (key) => store.store(`data/${key}`, value),
        () => undefined,
      );
      storingMs = performance.now() - start;
    };
    // As long idle as at work, to see what the machine does to timers without us.
    const idle = async (): Promise<void> => await sleep(storingMs);
    return await interleave([storing, idle], 1, delayWhile);
  });
  const what = "p99 delay of the event loop, store 1KiB on disk";
  return [
    { bench: "posixfs", what, subject: "Store", callers, unit: "ms", rounds: values[0]?.ms ?? [] },
    {
      bench: "posixfs",
      what,
      subject: "nothing running",
      callers: 0,
      unit: "ms",
      rounds: values[1]?.ms ?? [],
    },
  ];
}

async function delayWhile(work: () => Promise<void>): Promise<number> {
  const monitor = monitorEventLoopDelay({ resolution: resolutionMs });
  monitor.enable();
  await work();
  monitor.disable();
  return Math.max(0, monitor.percentile(99) / 1e6 - resolutionMs);
}
