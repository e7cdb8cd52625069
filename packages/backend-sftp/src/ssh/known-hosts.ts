import { createHmac } from "node:crypto";

import { matchPatternList } from "./match-pattern.ts";
import { decodeKey, keyTypeOf, sameKey } from "./public-key.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

/** One line of a known_hosts file, see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export interface KnownHostEntry {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly marker: "revoked" | "cert-authority" | undefined;
  /** The first field as it stands: a list of patterns, or one hashed name. */
  readonly hosts: string;
  readonly keyType: string;
  /** The public key in the form of RFC 4253, section 6.6. */
  readonly key: Uint8Array;
}

/** The names under which a host is looked up. */
export interface HostLookup {
  /** `host`, `[host]:port` or the alias. */
  readonly name: string;
  /** The name without port, when `name` has one: the very same key there counts too. */
  readonly plainName: string | undefined;
}

/**
 * What the files say about a key of a host. `changed` holds the lines with other keys of the host, of whatever type:
 * for OpenSSH, too, a host with an Ed25519 key on file that shows an ECDSA key has changed.
 */
export type KnownHostsResult =
  | "trusted"
  | "unknown"
  | "revoked"
  | { readonly changed: readonly KnownHostEntry[] };

/** Under which names a host is looked up: its alias alone if it has one; with the port unless that is 22. */
export function hostLookup(config: Pick<SshHostConfig, "hostName" | "port" | "hostKeyAlias">): HostLookup {
  if (config.hostKeyAlias !== undefined) {
    return { name: config.hostKeyAlias.toLowerCase(), plainName: undefined };
  }
  const hostName = config.hostName.toLowerCase();
  if (config.port === 22) return { name: hostName, plainName: undefined };
  return { name: `[${hostName}]:${config.port}`, plainName: hostName };
}

/**
 * The entries of a known_hosts text. Lines that are none are skipped, as OpenSSH does: one bad line must not lock
 * everybody out, and it cannot make anything trusted.
 *
 * @param file for messages.
 */
export function parseKnownHosts(text: string, file: string): KnownHostEntry[] {
  const entries: KnownHostEntry[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const fields = line.trim().split(/[ \t]+/);
    const first = fields[0] ?? "";
    if (first === "" || first.startsWith("#")) continue;
    const marker = first.startsWith("@") ? fields.shift()?.slice(1) : undefined;
    // An unknown marker says something about the key that we do not understand.
    if (marker !== undefined && marker !== "revoked" && marker !== "cert-authority") continue;
    const [hosts = "", keyType = "", base64 = ""] = fields;
    const key = decodeKey(base64);
    if (key === undefined || keyTypeOf(key) !== keyType) continue;
    entries.push({ file, line: index + 1, marker, hosts, keyType, key });
  }
  return entries;
}

/** What is known about the keys of hosts, out of several files. */
export class KnownHosts {
  readonly #entries: KnownHostEntry[];
  readonly #revokedKeys: readonly Uint8Array[];

  /** @param revokedKeys keys of no host at all, from `RevokedHostKeys`. */
  constructor(entries: readonly KnownHostEntry[] = [], revokedKeys: readonly Uint8Array[] = []) {
    this.#entries = [...entries];
    this.#revokedKeys = revokedKeys;
  }

  get entries(): readonly KnownHostEntry[] {
    return this.#entries;
  }

  /** Remembers an entry, for later connections with this object. Files are not touched. */
  add(entry: KnownHostEntry): void {
    this.#entries.push(entry);
  }

  /** Entries under a name, in the order of the files. */
  entriesFor(name: string): KnownHostEntry[] {
    return this.#entries.filter((entry) => namesHost(entry.hosts, name));
  }

  /**
   * What is known about `key` as a key of that host (`check_host_key` in sshconnect.c). Stricter than OpenSSH in one
   * point: a key revoked under the name without port is revoked.
   */
  check(lookup: HostLookup, key: Uint8Array): KnownHostsResult {
    if (this.#revokedKeys.some((revoked) => sameKey(revoked, key))) return "revoked";
    const entries = this.entriesFor(lookup.name);
    const plain = lookup.plainName === undefined ? [] : this.entriesFor(lookup.plainName);
    if ([...entries, ...plain].some((entry) => entry.marker === "revoked" && sameKey(entry.key, key))) {
      return "revoked";
    }
    const keys = entries.filter((entry) => entry.marker === undefined);
    if (keys.some((entry) => sameKey(entry.key, key))) return "trusted";
    if (keys.length > 0) return { changed: keys };
    // "checking without port identifier": another key there says nothing, since ports may be other hosts.
    return plain.some((entry) => entry.marker === undefined && sameKey(entry.key, key))
      ? "trusted"
      : "unknown";
  }

  /** Types of the host's keys on file, certificate authorities and revoked ones left out. */
  keyTypes(lookup: HostLookup): string[] {
    const typesOf = (name: string): string[] =>
      this.entriesFor(name)
        .filter((entry) => entry.marker === undefined)
        .map((entry) => entry.keyType);
    const types = typesOf(lookup.name);
    if (types.length === 0 && lookup.plainName !== undefined) types.push(...typesOf(lookup.plainName));
    return [...new Set(types)];
  }

  /** Whether certificates are trusted for the host: a `@cert-authority` line names it. */
  hasCertificateAuthority(lookup: HostLookup): boolean {
    const names = lookup.plainName === undefined ? [lookup.name] : [lookup.name, lookup.plainName];
    return names.some((name) => this.entriesFor(name).some((entry) => entry.marker === "cert-authority"));
  }
}

/**
 * `supported` in the order in which to offer them to the server: first the algorithms of the keys on file, because a
 * server that shows a key of another type looks like a changed one. `ssh-rsa` (SHA-1) comes after the other two
 * algorithms of RSA keys. Nothing is added or left out.
 */
export function hostKeyAlgorithmsFor(
  knownHosts: KnownHosts,
  lookup: HostLookup,
  supported: readonly string[],
): string[] {
  const types = knownHosts.keyTypes(lookup);
  const onFile = new Set(types);
  if (types.includes("ssh-rsa")) onFile.add("rsa-sha2-512").add("rsa-sha2-256");
  // Types on file keep the order of `supported`; SHA-1 comes last among them.
  const first = supported.filter((name) => onFile.has(name) && name !== "ssh-rsa");
  if (onFile.has("ssh-rsa") && supported.includes("ssh-rsa")) first.push("ssh-rsa");
  return [...first, ...supported.filter((name) => !onFile.has(name))];
}

/** Whether the first field of a line names the host: patterns with `!`, or `|1|salt|HMAC-SHA1 of the name`. */
function namesHost(hosts: string, name: string): boolean {
  if (!hosts.startsWith("|")) return matchPatternList(hosts.toLowerCase().split(","), name);
  const [, version, salt = "", hash = ""] = hosts.split("|");
  if (version !== "1") return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}
