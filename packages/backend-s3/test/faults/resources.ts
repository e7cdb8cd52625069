import { Socket } from "node:net";
import { mustEqual } from "./checks.ts";
import { until } from "./settled.ts";

/** What a backend could leave behind in this process, beside sockets, of which servers and others have some, too. */
const watched = /^(?:TLS|Pipe|Process|Timeout)/;

/** How many there are of each kind of resource. */
type Resources = ReadonlyMap<string, number>;

/** What keeps this process alive at this moment. */
export function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (watched.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Waits until there is nothing more than there was before. */
export async function nothingMoreThan(before: Resources): Promise<void> {
  const more = (): string[] =>
    [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind);
  await until(() => more().length === 0).catch(() => mustEqual(more(), [], "what is left in this process"));
}

/** How many sockets of this process are connected to a port. */
export function socketsTo(port: number): number {
  // There is no public way that tells more than their number.
  const list = Reflect.get(process, "_getActiveHandles") as () => unknown[];
  const handles = list.call(process);
  return handles.filter((handle) => handle instanceof Socket && handle.remotePort === port).length;
}
