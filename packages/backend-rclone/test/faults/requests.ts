import { AsyncLocalStorage } from "node:async_hooks";
import * as diagnostics from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

type OnRequest = (request: ClientRequest) => void;

/** Who watches the requests of some work; other work goes on at the same time. */
const watcher = new AsyncLocalStorage<OnRequest>();

/** Calls back for each request that some work makes to an rclone, when all of it was handed to Node. */
async function watching(onRequest: OnRequest, work: () => Promise<void>): Promise<void> {
  const notice = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    if (watcher.getStore() !== onRequest) return;
    // Those that ask whether rclone has started are none of a call.
    if (/^\/(?:operations\/|\[)/.test(request.path)) onRequest(request);
  };
  diagnostics.subscribe("http.client.request.start", notice);
  try {
    await watcher.run(onRequest, work);
  } finally {
    diagnostics.unsubscribe("http.client.request.start", notice);
  }
}

/** How long each request of some work took until its answer, in ms. */
export async function durationsOf(work: () => Promise<void>): Promise<readonly number[]> {
  const durations: number[] = [];
  await watching((request) => {
    const at = durations.push(0) - 1;
    const startMs = performance.now();
    request.once("response", () => (durations[at] = performance.now() - startMs));
  }, work);
  return durations;
}

/** Does something at one request of some work: the first is 1. Gives whether it has come to that. */
export async function atRequest(count: number, act: () => void, work: () => Promise<void>): Promise<boolean> {
  let seen = 0;
  await watching(() => {
    seen++;
    if (seen === count) act();
  }, work);
  return seen >= count;
}
