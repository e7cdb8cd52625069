import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { nestKey } from "../measure/keys.ts";
import type { SftpPlace } from "../sftp-bench/sftp-place.ts";
import { walkRemote } from "../sftp-bench/walk-remote.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import type { PeerAdapter } from "./adapters.ts";
import { importFiles } from "./files-sdk.ts";
import type { ImportPeer } from "./install.ts";

const defaultPeer = "ssh2-sftp-client";
const noDelayPeer = "ssh2-sftp-client nodelay";
const filesPeer = "files-sdk nodelay";

/** Names of the subjects that take part on one machine. */
export const sftpPeerNames: readonly string[] = [noDelayPeer, filesPeer];

interface ListEntry {
  readonly name: string;
  /** `d` for a directory. */
  readonly type: string;
}

interface SftpClient {
  /** The client of ssh2 below it, on which it has some listeners for each call that runs. */
  readonly client: { setNoDelay(noDelay: boolean): void; setMaxListeners(count: number): void };
  connect(options: object): Promise<unknown>;
  put(value: Buffer, path: string): Promise<unknown>;
  get(path: string): Promise<Buffer>;
  stat(path: string): Promise<{ readonly size: number }>;
  delete(path: string): Promise<unknown>;
  list(path: string): Promise<readonly ListEntry[]>;
  end(): Promise<unknown>;
}

/**
 * As it is, and with TCP_NODELAY, which it has no option for. It does not store atomically, and it makes no directories
 * by itself: they are made for it, on the server, when a store fails. Its own mkdir would take several round trips for
 * each, and fails when two callers make the same one.
 */
const ssh2SftpClient =
  (name: string, place: SftpPlace, noDelay: boolean): PeerAdapter =>
  async (importPeer) => {
    const connect = await importClient(importPeer, place, noDelay);
    return asyncSubject(name, async (directory) => {
      const client = await connect();
      const pathOf = (key: string): string => `${directory}/data/${nestKey(key)}`;
      return {
        store: async (key, value) => {
          const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
          const path = pathOf(key);
          try {
            return await client.put(bytes, path);
          } catch {
            mkdirSync(dirname(path), { recursive: true });
            return await client.put(bytes, path);
          }
        },
        load: (key) => client.get(pathOf(key)),
        info: (key) => client.stat(pathOf(key)),
        delete: (key) => client.delete(pathOf(key)),
        list: async () =>
          await walkRemote(`${directory}/data`, async (path) => {
            const entries = await client.list(path);
            return entries.map((entry) => ({ name: entry.name, isDirectory: entry.type === "d" }));
          }),
        close: async () => {
          await client.end();
        },
      };
    });
  };

/**
 * files-sdk on a connection of ssh2-sftp-client that it is given: by itself it makes one for each call, which takes some
 * 100 ms. It makes directories by itself, and fails when two callers make the same one, so it has one caller.
 */
const filesSdk =
  (place: SftpPlace): PeerAdapter =>
  async (importPeer) => {
    const connect = await importClient(importPeer, place, true);
    const openFiles = await importFiles(importPeer, "sftp");
    const subject = asyncSubject(filesPeer, async (directory) => {
      const client = await connect();
      const { list: _, ...calls } = openFiles({ client, root: `${directory}/data` });
      return {
        ...calls,
        close: async () => {
          await client.end();
        },
      };
    });
    return { ...subject, callers: [1] };
  };

/** What connects a client of ssh2-sftp-client. */
async function importClient(
  importPeer: ImportPeer,
  place: SftpPlace,
  noDelay: boolean,
): Promise<() => Promise<SftpClient>> {
  type Module = { readonly default: new () => SftpClient };
  const { default: Client } = (await importPeer("ssh2-sftp-client")) as Module;
  return async () => {
    const client = new Client();
    const { host, port, user: username } = place;
    await client.connect({ host, port, username, privateKey: readFileSync(place.keyFile) });
    client.client.setMaxListeners(0);
    if (noDelay) client.client.setNoDelay(true);
    return client;
  };
}

/**
 * Clients of SFTP on npm, by the name of the subject.
 *
 * @param far whether the server is at some distance. On one machine, without TCP_NODELAY, each call and each piece of a
 *   large value waits 45 ms for an acknowledgement: hundreds of times what it takes otherwise, so that is left out
 */
export function sftpPeerAdapters(place: SftpPlace, far: boolean): ReadonlyMap<string, PeerAdapter> {
  const adapters = new Map<string, PeerAdapter>();
  adapters.set(noDelayPeer, ssh2SftpClient(noDelayPeer, place, true));
  adapters.set(filesPeer, filesSdk(place));
  if (far) adapters.set(defaultPeer, ssh2SftpClient(defaultPeer, place, false));
  return adapters;
}
