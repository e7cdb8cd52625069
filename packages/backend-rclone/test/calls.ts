import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

/** How many calls of which kind: a method of `operations/`, or `GET` and `HEAD` of an object. */
export type Calls = Readonly<Record<string, number>>;

/** What is sent to rclone while some work goes on, by Node's own account. */
export async function callsOf(work: () => Promise<unknown>): Promise<Calls> {
  const counts: Record<string, number> = {};
  const count = (message: unknown): void => {
    const { method, path } = (message as { readonly request: ClientRequest }).request;
    const kind = method === "POST" ? path.replace(/^\/(?:operations\/)?([^?]*).*/, "$1") : method;
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  await whileSubscribed("http.client.request.start", count, work);
  return counts;
}

/** How many connections are made while some work goes on. */
export async function connectionsOf(work: () => Promise<unknown>): Promise<number> {
  let connections = 0;
  await whileSubscribed("net.client.socket", () => connections++, work);
  return connections;
}

async function whileSubscribed(
  channel: string,
  listener: (message: unknown) => void,
  work: () => Promise<unknown>,
): Promise<void> {
  subscribe(channel, listener);
  try {
    await work();
  } finally {
    unsubscribe(channel, listener);
  }
}
