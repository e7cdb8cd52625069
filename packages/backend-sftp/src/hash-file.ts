import {
  makeHasher,
  type HasherFactory,
  type OperationOptions,
  callSignal,
  type CallSignal,
} from "@borgstore/core";
import type { Abilities } from "./abilities.ts";
import { statusOf } from "./classify.ts";
import { openForLoading } from "./load-file.ts";
import { withHandle } from "./open-files.ts";
import type { Session } from "./session.ts";
import { loadPieces } from "./streams.ts";

/** Digests that servers may compute, with their lengths in bytes. Names are those of hashlib and of the draft alike. */
const serverAlgorithms: ReadonlyMap<string, number> = new Map([
  ["md5", 16],
  ["sha1", 20],
  ["sha224", 28],
  ["sha256", 32],
  ["sha384", 48],
  ["sha512", 64],
]);

/** Names of the request: the draft's, and the one that some servers have. */
const requestNames = ["check-file-handle", "check-file"] as const;

/**
 * Digest of a value: computed by the server where it can, else of what it sends, piece by piece. Whether it can is
 * found out once, with a second request in flight beside the first.
 */
export async function hashFile(
  session: Session,
  abilities: Abilities,
  path: string,
  algorithm: string,
  hashers: HasherFactory,
  options: OperationOptions,
): Promise<string> {
  // Before any I/O: an algorithm that is not known here is refused.
  const hasher = makeHasher(hashers, algorithm);
  const length = serverAlgorithms.get(algorithm);
  if (length !== undefined && abilities.checkFile !== false) {
    const digest = await hashThere(session, abilities, path, algorithm, callSignal(options));
    if (digest?.byteLength === length) return digest.toString("hex");
  }
  for await (const piece of loadPieces(session, path, options)) hasher.update(piece);
  return await hasher.digestHex();
}

async function hashThere(
  session: Session,
  abilities: Abilities,
  path: string,
  algorithm: string,
  signal: CallSignal | undefined,
): Promise<Buffer | undefined> {
  return await withHandle(session, signal, async (close) => {
    const { handle, sizeHint } = await openForLoading(session, path);
    try {
      // Servers do not agree on what the digest of nothing is.
      if (sizeHint === 0) return undefined;
      const names = typeof abilities.checkFile === "string" ? [abilities.checkFile] : requestNames;
      const answers = names.map((name) => ({
        name,
        digest: session.client.checkFile(name, handle, algorithm),
      }));
      // When the first one knows it, nobody waits for the second.
      for (const { digest } of answers) digest.catch(() => undefined);
      for (const { name, digest } of answers) {
        try {
          const found = await digest;
          abilities.checkFile = name;
          return found;
        } catch (error) {
          // No answer of the server: that decides nothing.
          if (statusOf(error) === undefined) throw error;
        }
      }
      // Refused by both names; or by the known one, for this algorithm or file.
      abilities.checkFile ??= false;
      return undefined;
    } finally {
      close(handle);
    }
  });
}
