import { createHmac, randomBytes } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

import type { KnownHostEntry } from "./known-hosts.ts";
import { keyTypeOf } from "./public-key.ts";

/** What {@link appendKnownHost} did. */
interface AppendedKnownHost {
  /** For `KnownHosts.add`. Its line number is 0: others may append at the same time. */
  readonly entry: KnownHostEntry;
  /** Why the file does not hold it; `undefined` when it does. */
  readonly warning: string | undefined;
}

/**
 * Writes a host's key into a known_hosts file, which is created (0600, its directory 0700) when missing. One append
 * of whole lines, so that writers at the same time do not mix. A failure to write is no error, because the key was
 * accepted already: it is returned as a warning.
 *
 * @param name as looked up: `host`, `[host]:port` or an alias.
 * @param hashed whether the name is written hashed, as `HashKnownHosts`.
 */
export async function appendKnownHost(
  file: string,
  name: string,
  key: Uint8Array,
  hashed: boolean,
): Promise<AppendedKnownHost> {
  const keyType = keyTypeOf(key);
  const hosts = hashed ? hashName(name) : name;
  const entry: KnownHostEntry = { file, line: 0, marker: undefined, hosts, keyType, key };
  // Such a name, an alias for instance, would be a pattern or another field when it is read again.
  if (/[\s,*?!|#@]/.test(name)) {
    return { entry, warning: `the host key of ${name} is not kept: such a name cannot stand in known_hosts` };
  }
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, "a+", 0o600);
    try {
      const { size } = await handle.stat();
      const last = size === 0 ? undefined : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
      const separator = last === undefined || last === 0x0a ? "" : "\n";
      const line = `${separator}${hosts} ${keyType} ${Buffer.from(key).toString("base64")}\n`;
      await handle.appendFile(line);
    } finally {
      await handle.close();
    }
    return { entry, warning: undefined };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return { entry, warning: `the host key of ${name} could not be written to ${file}: ${code}` };
  }
}

/** `|1|salt|hash`, as ssh-keygen -H writes it. */
function hashName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}
