import { interleave, repeatRounds } from "../measure/interleave.ts";
import { makeKeys } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import type { OpenSubject, Subject } from "../subjects/subject.ts";

const value = new Uint8Array(1);
const callers = 32;

/** Measures listings of a storage of two levels that each subject has filled; ms. */
export async function measureListings(
  bench: string,
  subjects: readonly Subject[],
  itemCount: number,
  rounds: number,
  workspace: Workspace,
): Promise<Figure[]> {
  const opened: OpenSubject[] = [];
  try {
    const keys = makeKeys(itemCount, "list");
    for (const subject of subjects) {
      const open = await subject.open(workspace.makeDirectory());
      opened.push(open);
      await open.run("store-new", keys, value, callers);
    }
    const values = await repeatRounds(
      rounds,
      async (round) => await interleave(opened, 1, (open) => time(open, itemCount), round),
    );
    return subjects.map(({ name: subject }, at) => ({
      bench,
      what: "list",
      subject,
      callers: 1,
      unit: "ms",
      rounds: values[at]?.ms ?? [],
      cpuRounds: values[at]?.cpuMs ?? [],
    }));
  } finally {
    for (const open of opened) await open.close();
  }
}

async function time(open: OpenSubject, expected: number): Promise<number> {
  const { count, ms } = await open.list();
  if (count !== expected) throw new Error(`${count} of ${expected} items were listed`);
  return ms;
}
