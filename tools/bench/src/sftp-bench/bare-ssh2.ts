import { readFileSync } from "node:fs";
import { posix } from "node:path";
import ssh2, { type Client, type FileEntryWithStats, type SFTPWrapper, type Stats } from "ssh2";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import type { SftpPlace } from "./sftp-place.ts";
import { walkRemote } from "./walk-remote.ts";

/** Largest request that OpenSSH takes, and how many of a large value are in flight. */
const pieceBytes = 255 * 1024;
const piecesInFlight = 16;

/** A connection of ssh2, and its own client of SFTP. */
interface BareConnection {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
  readonly close: () => Promise<void>;
}

/** Connects as our transport does: nothing waits in Nagle's buffer. */
async function connectBare(place: SftpPlace): Promise<BareConnection> {
  const client = new ssh2.Client();
  const ready = new Promise<void>((resolve, reject) => {
    client.once("ready", resolve).once("error", reject);
  });
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  const { host, port, user: username } = place;
  client.connect({ host, port, username, privateKey: readFileSync(place.keyFile) });
  client.setNoDelay(true);
  await ready;
  const sftp = await answer<SFTPWrapper>((done) => client.sftp(done));
  return {
    client,
    sftp,
    close: async () => {
      client.end();
      await closed;
    },
  };
}

/**
 * The bound that ratios refer to: ssh2's own client, used by hand as well as it can be. The same atomic store in three
 * round trips, the same load in two, nothing looked at that need not be, and lengths known beforehand.
 */
export function bareSsh2(place: SftpPlace): Subject {
  return asyncSubject("bare ssh2", async (directory) => {
    const { sftp, close } = await connectBare(place);
    const pathOf = (key: string): string => `${directory}/data/${nestKey(key)}`;
    let byteLength = 0;
    return {
      store: (key, value) => {
        byteLength = value.byteLength;
        return storeBare(sftp, pathOf(key), value);
      },
      load: (key) => loadBare(sftp, pathOf(key), byteLength),
      info: (key) => answer<Stats>((done) => sftp.lstat(pathOf(key), done)),
      delete: (key) => answer<void>((done) => sftp.unlink(pathOf(key), done)),
      list: () => listBare(sftp, `${directory}/data`),
      close,
    };
  });
}

let tempFiles = 0;

/** Opens a temporary file; writes and closes it in one round trip, or as many pieces as it takes; renames it. */
async function storeBare(sftp: SFTPWrapper, path: string, value: Uint8Array): Promise<void> {
  const temp = `${posix.dirname(path)}/${tempFiles++}.tmp`;
  const handle = await openMakingDirectories(sftp, temp);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const write = (at: number, length: number): Promise<void> =>
    answer<void>((done) => sftp.write(handle, bytes, at, length, at, done));
  const close = (): Promise<void> => answer<void>((done) => sftp.close(handle, done));
  await inPieces(value.byteLength, write, close);
  await answer<void>((done) => sftp.ext_openssh_rename(temp, path, done));
}

/** Opens, then asks for size and content together; the answer to closing is for nobody. */
async function loadBare(
  sftp: SFTPWrapper,
  path: string,
  byteLength: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await answer<Buffer>((done) => sftp.open(path, "r", done));
  const value = new Uint8Array(byteLength);
  const bytes = Buffer.from(value.buffer);
  const read = async (at: number, length: number): Promise<void> => {
    const got = await answer<number>((done) => sftp.read(handle, bytes, at, length, at, done));
    if (got !== length) throw new Error(`${got} of ${length} bytes were read`);
  };
  const stat = (): Promise<Stats> => answer<Stats>((done) => sftp.fstat(handle, done));
  await inPieces(byteLength, read, stat);
  sftp.close(handle, () => undefined);
  return value;
}

/** Counts what is in a tree, with the sizes that come along. */
async function listBare(sftp: SFTPWrapper, root: string): Promise<number> {
  return await walkRemote(root, async (path) => {
    const entries = await answer<FileEntryWithStats[]>((done) => sftp.readdir(path, done));
    return entries.map(({ filename, attrs }) => ({ name: filename, isDirectory: attrs.isDirectory() }));
  });
}

async function openMakingDirectories(sftp: SFTPWrapper, path: string): Promise<Buffer> {
  const open = (): Promise<Buffer> => answer<Buffer>((done) => sftp.open(path, "wx", done));
  try {
    return await open();
  } catch (error) {
    // "No such file" in the protocol's numbers.
    if ((error as { readonly code?: unknown }).code !== 2) throw error;
    const directory = posix.dirname(path);
    const above = posix.dirname(directory);
    for (const one of [posix.dirname(above), above, directory]) sftp.mkdir(one, () => undefined);
    return await open();
  }
}

/** Asks for all pieces, several in flight, and for `last` with the only one or behind them. */
async function inPieces(
  byteLength: number,
  ask: (at: number, length: number) => Promise<void>,
  last: () => Promise<unknown>,
): Promise<void> {
  if (byteLength <= pieceBytes) {
    await Promise.all([ask(0, byteLength), last()]);
    return;
  }
  let next = 0;
  const askOn = async (): Promise<void> => {
    while (next < byteLength) {
      const at = next;
      next += pieceBytes;
      await ask(at, Math.min(pieceBytes, byteLength - at));
    }
  };
  await Promise.all(Array.from({ length: piecesInFlight }, askOn));
  await last();
}

/** Makes a promise of a callback. */
function answer<T>(ask: (done: (error: Error | null | undefined, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    });
  });
}
