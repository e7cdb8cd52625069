import { makeHasher, type HasherFactory, type OperationOptions } from "@borgstore/core";
import type { Remote } from "./remote.ts";
import { loadPieces } from "./streams.ts";

/** Digest of a value: the one that the remote tells, else of what it sends, piece by piece. */
export async function hashFile(
  remote: Remote,
  name: string,
  algorithm: string,
  hashers: HasherFactory,
  { signal }: OperationOptions,
): Promise<string> {
  // Before any I/O: an algorithm that is not known here is refused.
  const hasher = makeHasher(hashers, algorithm);
  if (remote.features.hashes.has(algorithm)) {
    // Of what was uploaded in parts some services have none.
    const digest = await remote.digest(name, algorithm, { signal });
    if (digest !== undefined && /^(?:[0-9a-f]{2})+$/.test(digest)) return digest;
  }
  for await (const piece of loadPieces(remote, name, { signal })) hasher.update(piece);
  return await hasher.digestHex();
}
