import { stat } from "node:fs/promises";

import { StoreError } from "@borgstore/core";
import type {
  CipherAlgorithm,
  CompressionAlgorithm,
  KexAlgorithm,
  MacAlgorithm,
  ServerHostKeyAlgorithm,
} from "ssh2";

import { type AlgorithmKind, defaultAlgorithms, supportedAlgorithms } from "./algorithm-lists.ts";
import { needsOpenSsh, readIdentity } from "./identities.ts";
import { hostKeyAlgorithmsFor, hostLookup, type KnownHosts } from "./known-hosts.ts";
import type { SshHostConfig } from "./ssh-host-config.ts";

/** The `algorithms` of ssh2's `ConnectConfig`; every list is complete, in order of preference, and not empty. */
export interface Ssh2Algorithms {
  readonly kex: KexAlgorithm[];
  readonly cipher: CipherAlgorithm[];
  readonly hmac: MacAlgorithm[];
  readonly serverHostKey: ServerHostKeyAlgorithm[];
  readonly compress: CompressionAlgorithm[];
}

/** The lists of the configuration and the keywords they come from. */
const lists: readonly {
  readonly kind: AlgorithmKind;
  readonly keyword: string;
  readonly of: (config: SshHostConfig) => readonly string[] | undefined;
}[] = [
  { kind: "kex", keyword: "KexAlgorithms", of: (config) => config.kexAlgorithms },
  { kind: "cipher", keyword: "Ciphers", of: (config) => config.ciphers },
  { kind: "hmac", keyword: "MACs", of: (config) => config.macs },
  { kind: "serverHostKey", keyword: "HostKeyAlgorithms", of: (config) => config.hostKeyAlgorithms },
];

/**
 * Why ssh2 cannot do what the configuration asks for, one phrase a reason; empty when it can. Looks at the identity
 * files, for certificates and FIDO keys.
 */
export async function reasonsForOpenSsh(config: SshHostConfig, knownHosts: KnownHosts): Promise<string[]> {
  const reasons: string[] = [];
  if (config.proxyCommand !== undefined) reasons.push("ProxyCommand is set");
  if (config.controlPath !== undefined) {
    reasons.push(`connections are shared (ControlPath, ControlMaster ${config.controlMaster ?? "no"})`);
  }
  if (config.knownHostsCommand !== undefined) reasons.push("KnownHostsCommand is set");
  for (const { kind, keyword, of } of lists) {
    const configured = of(config);
    if (configured !== undefined && inCommon(kind, configured).length === 0) {
      reasons.push(`${keyword} names none that ssh2 has (${abbreviate(configured)})`);
    }
  }
  const lookup = hostLookup(config);
  if (knownHosts.hasCertificateAuthority(lookup) && knownHosts.keyTypes(lookup).length === 0) {
    reasons.push(`known_hosts trusts ${lookup.name} only by a certificate authority`);
  }
  reasons.push(...(await authenticationReasons(config)));
  return reasons;
}

/**
 * The algorithms to offer, for ssh2: what is configured, as far as ssh2 has it. AES-GCM comes first among the ciphers,
 * because it is the one that Node computes fastest; host key algorithms are ordered by what is on file.
 *
 * @throws StoreError `UNSUPPORTED` when nothing of a configured list is left; see {@link reasonsForOpenSsh}.
 */
export function ssh2Algorithms(config: SshHostConfig, knownHosts: KnownHosts): Ssh2Algorithms {
  const chosen: Record<AlgorithmKind, string[]> = { kex: [], cipher: [], hmac: [], serverHostKey: [] };
  for (const { kind, keyword, of } of lists) {
    const configured = of(config);
    chosen[kind] = configured === undefined ? [...defaultAlgorithms(kind)] : inCommon(kind, configured);
    if (chosen[kind].length === 0) {
      throw new StoreError("UNSUPPORTED", {
        detail: `ssh2 has none of the configured ${keyword} (${abbreviate(configured ?? [])}); use the OpenSSH client`,
      });
    }
  }
  return {
    kex: chosen.kex as KexAlgorithm[],
    cipher: fastCiphersFirst(chosen.cipher) as CipherAlgorithm[],
    hmac: chosen.hmac as MacAlgorithm[],
    serverHostKey: hostKeyAlgorithmsFor(
      knownHosts,
      hostLookup(config),
      chosen.serverHostKey,
    ) as ServerHostKeyAlgorithm[],
    compress: config.compression ? ["zlib@openssh.com", "none"] : ["none", "zlib@openssh.com"],
  };
}

/** The same ciphers with AES-GCM in front, which processors compute several times faster than what OpenSSH prefers. */
export function fastCiphersFirst(ciphers: readonly string[]): string[] {
  const fast = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"].filter((name) => ciphers.includes(name));
  return [...fast, ...ciphers.filter((name) => !fast.includes(name))];
}

async function authenticationReasons(config: SshHostConfig): Promise<string[]> {
  const reasons: string[] = [];
  if (config.pubkeyAuthentication) {
    if (config.pkcs11Provider !== undefined) reasons.push("keys come from a PKCS11Provider");
    for (const file of config.certificateFiles) {
      if (await exists(file)) reasons.push(`${file} is a certificate`);
    }
    for (const file of config.identityFiles) {
      const reason = needsOpenSsh(await readIdentity(file));
      if (reason !== undefined && !reasons.includes(reason)) reasons.push(reason);
    }
  } else if (!config.passwordAuthentication && !config.kbdInteractiveAuthentication) {
    // With public keys allowed, GSSAPI is only one more way: Debian turns it on for all hosts.
    if (config.gssapiAuthentication) reasons.push("only GSSAPI authentication is allowed");
    if (config.hostbasedAuthentication) reasons.push("only host-based authentication is allowed");
  }
  return reasons;
}

function inCommon(kind: AlgorithmKind, configured: readonly string[]): string[] {
  const supported = supportedAlgorithms(kind);
  return configured.filter((name) => supported.includes(name));
}

function abbreviate(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(",")},…` : names.join(",");
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    // What cannot be looked at cannot be presented either; OpenSSH skips it, too.
    return false;
  }
}
