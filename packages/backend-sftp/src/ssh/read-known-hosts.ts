import { readFile } from "node:fs/promises";

import { StoreError } from "@borgstore/core";

import { type KnownHostEntry, KnownHosts, parseKnownHosts } from "./known-hosts.ts";
import { parsePublicKeyLine } from "./public-key.ts";

/** Larger ones are read, but a known_hosts of this size is some other file. */
const maximumBytes = 64 * 1024 * 1024;

/**
 * Reads known_hosts files. Those that do not exist are empty.
 *
 * @param revokedHostKeys the file of `RevokedHostKeys`: public keys, one a line. Unlike the others it must exist:
 *   OpenSSH, too, trusts no key when it cannot read it.
 * @throws StoreError `PERMISSION_DENIED` for a file that cannot be read: taking it as empty would mean to trust less
 *   or, with `accept-new`, more than the user said. `UNSUPPORTED` for a binary key revocation list (ssh-keygen -k).
 */
export async function readKnownHosts(
  files: readonly string[],
  revokedHostKeys?: string,
): Promise<KnownHosts> {
  const entries: KnownHostEntry[] = [];
  for (const file of files) {
    const data = await readIfExists(file);
    if (data !== undefined) entries.push(...parseKnownHosts(data.toString("utf8"), file));
  }
  return new KnownHosts(entries, revokedHostKeys === undefined ? [] : await readRevokedKeys(revokedHostKeys));
}

async function readRevokedKeys(file: string): Promise<Uint8Array[]> {
  const data = await readIfExists(file);
  if (data === undefined) {
    throw new StoreError("HOST_KEY", {
      detail: `RevokedHostKeys: no file ${file}; no host is trusted without it`,
    });
  }
  // PROTOCOL.krl: "#define KRL_MAGIC 0x5353484b524c0a00ULL".
  if (data.subarray(0, 8).equals(Buffer.from("SSHKRL\n\0", "latin1"))) {
    throw new StoreError("UNSUPPORTED", {
      detail: `RevokedHostKeys: ${file} is a binary key revocation list, which only the OpenSSH client reads`,
    });
  }
  const keys: Uint8Array[] = [];
  for (const [index, line] of data.toString("utf8").split("\n").entries()) {
    if (line.trim() === "" || line.trim().startsWith("#")) continue;
    const key = parsePublicKeyLine(line);
    // A line that is not understood might revoke the very key that is shown.
    if (key === undefined) {
      throw new StoreError("HOST_KEY", { detail: `RevokedHostKeys: ${file}:${index + 1} is no public key` });
    }
    keys.push(key);
  }
  return keys;
}

async function readIfExists(file: string): Promise<Buffer | undefined> {
  try {
    const data = await readFile(file);
    if (data.byteLength <= maximumBytes) return data;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new StoreError("PERMISSION_DENIED", { detail: `cannot read ${file}`, cause: error });
  }
  throw new StoreError("INVALID_ARGUMENT", { detail: `${file} is too large for a list of keys` });
}
