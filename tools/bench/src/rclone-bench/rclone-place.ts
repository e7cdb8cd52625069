import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { rcloneBackend, type RcloneOptions } from "@borgstore/backend-rclone";

/** The rclone process that all take part in, ours and the bound. */
export interface RclonePlace extends AsyncDisposable {
  /** An empty file: without the user's remotes. */
  readonly configFile: string;
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** The value of the header by which it knows us. A secret. */
  readonly authorization: string;
}

/** Node tells here of every request of this process. */
const requestStarts = "http.client.request.start";

/**
 * Has our backend start rclone, and keeps it running. Backends with equal settings share the process, which is private to
 * them: where it is and its password are seen at the requests that are sent while it opens.
 *
 * @param directory of a storage that does not exist yet
 */
export async function openPlace(configFile: string, directory: string): Promise<RclonePlace> {
  let seen: { readonly port: number; readonly authorization: string } | undefined;
  const look = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    const [host, authorization] = [request.getHeader("host"), request.getHeader("authorization")];
    if (typeof host !== "string" || typeof authorization !== "string") return;
    seen = { port: Number(host.slice(host.indexOf(":") + 1)), authorization };
  };
  const keeper = rcloneBackend({ remote: directory, ...optionsOf({ configFile }) });
  subscribe(requestStarts, look);
  try {
    await keeper.create();
    await keeper.open();
  } finally {
    unsubscribe(requestStarts, look);
  }
  if (seen === undefined) throw new Error("no request to rclone was seen");
  return { configFile, ...seen, [Symbol.asyncDispose]: () => keeper.close() };
}

/** What all of our backends are given, so that they share a process. */
export function optionsOf({ configFile }: Pick<RclonePlace, "configFile">): RcloneOptions {
  return { configFile };
}

/** The URL of the storage that belongs to a directory, which does not exist yet. */
export function urlOf(directory: string): string {
  return `rclone:${remoteOf(directory)}`;
}

/** The same as rclone calls it. */
export function remoteOf(directory: string): string {
  return `${directory}/store`;
}
