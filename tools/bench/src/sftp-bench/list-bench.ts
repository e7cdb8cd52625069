import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { interleave, repeatRounds } from "../measure/interleave.ts";
import { makeKeys, nestKey } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import type { Subject } from "../subjects/subject.ts";
import { openSftpBackend, openSftpStore, transports, type Transport } from "./our-sftp.ts";
import type { SftpPlace } from "./sftp-place.ts";

/** One way to list the tree. */
interface Way {
  readonly subject: string;
  list(): Promise<{ readonly count: number; readonly ms: number }>;
  close(): Promise<void>;
}

/**
 * Measures listings of one tree of one or two levels, with sizes and times, which come along with SFTP; ms.
 *
 * @param subjects others than ours; those that cannot list are left out.
 */
export async function measureSftpListings(
  subjects: readonly Subject[],
  itemCount: number,
  levels: 1 | 2,
  rounds: number,
  place: SftpPlace,
  workspace: Workspace,
): Promise<Figure[]> {
  const directory = workspace.makeDirectory();
  // The store makes its storage itself, so that the tree is one that it accepts.
  await (await openSftpStore(place, directory, levels, {})).close();
  makeTree(`${directory}/data`, itemCount, levels);
  const ways: Way[] = [];
  try {
    for (const subject of subjects) {
      const opened = await subject.open(directory);
      if (!opened.has("list")) await opened.close();
      else ways.push({ subject: subject.name, list: () => opened.list(), close: () => opened.close() });
    }
    for (const transport of transports) ways.push(...(await ourWays(place, directory, levels, transport)));
    const values = await repeatRounds(
      rounds,
      async () => await interleave(ways, 1, (way) => time(way, itemCount)),
    );
    return ways.map(({ subject }, way) => ({
      bench: "sftp",
      what: `list, ${levels} ${levels === 1 ? "level" : "levels"}`,
      subject,
      callers: 1,
      unit: "ms",
      rounds: values[way]?.ms ?? [],
      cpuRounds: values[way]?.cpuMs ?? [],
    }));
  } finally {
    for (const way of ways) await way.close();
    workspace.discard(directory);
  }
}

function makeTree(root: string, itemCount: number, levels: 1 | 2): void {
  for (const key of makeKeys(itemCount, "list")) {
    const path = `${root}/${levels === 2 ? nestKey(key) : `${key.slice(0, 2)}/${key}`}`;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "value");
  }
}

async function ourWays(
  place: SftpPlace,
  directory: string,
  levels: number,
  transport: Transport,
): Promise<Way[]> {
  const backend = await openSftpBackend(place, directory, { transport });
  const store = await openSftpStore(place, directory, levels, { transport });
  return [
    {
      subject: `Backend ${transport}`,
      list: async () => await count(backend.list("data", { recursive: true }), (page) => page.length),
      close: () => backend.close(),
    },
    {
      subject: `Store ${transport}`,
      list: async () => await count(store.list("data"), () => 1),
      close: () => store.close(),
    },
  ];
}

async function count<T>(
  listing: AsyncIterable<T>,
  lengthOf: (part: T) => number,
): Promise<{ readonly count: number; readonly ms: number }> {
  const start = performance.now();
  let found = 0;
  for await (const part of listing) found += lengthOf(part);
  return { count: found, ms: performance.now() - start };
}

async function time(way: Way, expected: number): Promise<number> {
  const { count: found, ms } = await way.list();
  if (found !== expected) throw new Error(`${way.subject} listed ${found} of ${expected} items`);
  return ms;
}
