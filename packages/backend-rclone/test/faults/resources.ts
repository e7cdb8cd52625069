import { Socket } from "node:net";
import { mustEqual } from "./checks.ts";
import { until } from "./settled.ts";

/** What a backend could leave behind in this process, beside connections. */
const watched = /^(?:Pipe|Process|Timeout)/;

/** What there is in this process at one moment. */
export interface Resources {
  readonly counts: ReadonlyMap<string, number>;
  /** Also those that do not keep the process alive. */
  readonly sockets: ReadonlySet<unknown>;
}

/** What keeps this process alive, and its connections to servers. */
export function resources(): Resources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (watched.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  // There is no public way that tells more than their number.
  const list = Reflect.get(process, "_getActiveHandles") as () => unknown[];
  const handles = list.call(process);
  const sockets = handles.filter((handle) => handle instanceof Socket && handle.remotePort !== undefined);
  return { counts, sockets: new Set(sockets) };
}

/** Waits until there is nothing more than there was before. */
export async function nothingMoreThan(before: Resources): Promise<void> {
  const more = (): string[] => {
    const { counts, sockets } = resources();
    const kinds = [...counts].filter(([kind, count]) => count > (before.counts.get(kind) ?? 0));
    const isNew = [...sockets].some((socket) => !before.sockets.has(socket));
    return [...kinds.map(([kind]) => kind), ...(isNew ? ["Socket"] : [])];
  };
  await until(() => more().length === 0, "nothing is left in this process").catch(() =>
    mustEqual(more(), [], "what is left in this process"),
  );
}
