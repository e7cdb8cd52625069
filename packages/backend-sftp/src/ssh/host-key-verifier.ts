import { StoreError } from "@borgstore/core";

import { appendKnownHost } from "./append-known-host.ts";
import { type HostLookup, hostLookup, type KnownHostEntry, type KnownHosts } from "./known-hosts.ts";
import { fingerprintOf, keyTypeOf } from "./public-key.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

/** A host key that was accepted. */
export interface AcceptedHostKey {
  readonly keyType: string;
  /** `SHA256:` and base64 without padding, as ssh-keygen prints it. */
  readonly fingerprint: string;
  /** No password may be sent: the key differs from the one on file, and `StrictHostKeyChecking no` let it pass. */
  readonly passwordForbidden: boolean;
  /** What the user should be told: a key that could not be written down, a changed key. */
  readonly warnings: readonly string[];
}

/**
 * Decides about the key that a server shows, by `StrictHostKeyChecking` of the configuration; `ask` is like `yes`,
 * since nobody can be asked here. A revoked key is never accepted.
 *
 * @param key the public key, as ssh2 gives it to `hostVerifier`.
 * @param knownHosts gets the entry of a key that was accepted newly.
 * @param pinned fingerprints as ssh-keygen prints them (`SHA256:…`). When given, they alone count.
 * @throws StoreError `HOST_KEY`, with the key's type and fingerprint and the command that helps.
 */
export async function verifyHostKey(
  key: Uint8Array,
  config: SshHostConfig,
  knownHosts: KnownHosts,
  pinned?: readonly string[],
): Promise<AcceptedHostKey> {
  const lookup = hostLookup(config);
  const shown = { keyType: keyTypeOf(key), fingerprint: fingerprintOf(key) };
  const accept = (warnings: readonly string[] = [], passwordForbidden = false): AcceptedHostKey => ({
    ...shown,
    passwordForbidden,
    warnings,
  });
  const refuse = (detail: string): StoreError =>
    new StoreError("HOST_KEY", {
      detail: `${lookup.name} shows the ${shown.keyType} key ${shown.fingerprint}; ${detail}`,
    });

  if (pinned !== undefined) {
    if (pinned.some((fingerprint) => fingerprint.replace(/=+$/, "") === shown.fingerprint)) return accept();
    throw refuse("it is none of the keys given for this host; compare with its administrator");
  }
  const result = knownHosts.check(lookup, key);
  if (result === "trusted") return accept();
  if (result === "revoked") throw refuse("this key is marked as revoked: do not use this server");
  const strictness = config.strictHostKeyChecking;
  if (result === "unknown") {
    if (strictness !== "accept-new" && strictness !== "no")
      throw refuse(howToTrust(config, lookup, knownHosts));
    return accept(await remember(key, config, lookup, knownHosts));
  }
  const places = result.changed.map((entry) => `${entry.keyType} in ${placeOf(entry)}`).join(", ");
  if (strictness === "no") {
    return accept([`the host key of ${lookup.name} differs from ${places}; no password is sent`], true);
  }
  throw refuse(
    `on file is another one: ${places}. Either the server has a new key, or somebody is in between. Ask its ` +
      `administrator, and if the key is right: ${howToRemove(result.changed, lookup)}`,
  );
}

async function remember(
  key: Uint8Array,
  config: SshHostConfig,
  lookup: HostLookup,
  knownHosts: KnownHosts,
): Promise<string[]> {
  const file = config.userKnownHostsFiles[0];
  if (file === undefined) return [`the host key of ${lookup.name} is not kept: no UserKnownHostsFile`];
  const { entry, warning } = await appendKnownHost(file, lookup.name, key, config.hashKnownHosts);
  knownHosts.add(entry);
  return warning === undefined ? [] : [warning];
}

function howToTrust(config: SshHostConfig, lookup: HostLookup, knownHosts: KnownHosts): string {
  // The alias of ssh_config carries port, user and files with it; only what was overridden must be repeated, and
  // repeating the rest does no harm.
  const port = config.port === 22 ? "" : `-p ${config.port} `;
  const files = [...config.userKnownHostsFiles, ...config.globalKnownHostsFiles];
  const where = files.length > 0 ? `not in ${files.join(", ")}` : "no known_hosts file is configured";
  const authority = knownHosts.hasCertificateAuthority(lookup)
    ? " (the certificate authority on file counts only for host certificates)"
    : "";
  return (
    `it is unknown: ${where}${authority}. Connect once by "ssh ${port}${shellWord(`${config.user}@${config.host}`)}" ` +
    `and compare the fingerprint, or check and add the line of "ssh-keyscan ${port}${shellWord(config.hostName)}"`
  );
}

function howToRemove(changed: readonly KnownHostEntry[], lookup: HostLookup): string {
  const files = [...new Set(changed.map((entry) => entry.file))];
  return files
    .map((file) => `ssh-keygen -f ${shellWord(file, true)} -R ${shellWord(lookup.name, true)}`)
    .join("; ");
}

function placeOf(entry: KnownHostEntry): string {
  return entry.line === 0 ? entry.file : `${entry.file}:${entry.line}`;
}

/** Quoted for a POSIX shell where necessary, or always. */
function shellWord(text: string, always = false): string {
  return !always && /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
