import { Socket } from "node:net";
import { mustEqual } from "./checks.ts";
import { until } from "./settled.ts";

/** What a backend could leave behind in this process: sockets, pipes, children and timers. */
const watched = /^(?:TCP|TLS|Pipe|Process|Timeout)/;

/** How many there are of each kind of resource. */
export type Resources = ReadonlyMap<string, number>;

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (watched.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** What keeps this process alive although nobody is connected: some sockets may be about to close. */
export function idleResources(): Resources {
  const counts = resources();
  for (const kind of ["TCPSocketWrap", "ProcessWrap"]) counts.delete(kind);
  return counts;
}

/** Waits until there is nothing more than there was before. */
export async function nothingMoreThan(before: Resources): Promise<void> {
  const more = (): string[] =>
    [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind);
  await until(() => more().length === 0).catch(() => mustEqual(more(), [], "what is left in this process"));
}

/** How many sockets there are in this process, of both sides. */
export function sockets(): number {
  return resources().get("TCPSocketWrap") ?? 0;
}

/** How many sockets of this process are connected to a port. */
export function socketsTo(port: number): number {
  // There is no public way that tells more than their number.
  const list = Reflect.get(process, "_getActiveHandles") as () => unknown[];
  const handles = list.call(process);
  return handles.filter((handle) => handle instanceof Socket && handle.remotePort === port).length;
}
