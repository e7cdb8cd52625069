import { StoreError } from "@borgstore/core";

import type { AddressFamily, SshHostConfig, StrictHostKeyChecking } from "./ssh-host-config.ts";
import type { SshSettings } from "./ssh-settings.ts";
import { expandFileName, type LocalIdentity, type TokenValues } from "./ssh-tokens.ts";

/** Names of the default identity files below `~/.ssh`, in OpenSSH's order. DSA and XMSS are history. */
const defaultIdentities = ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"];

/**
 * The typed record out of settings as `ssh -G` prints them. Absent keywords get OpenSSH's defaults.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a value that is none of the keyword's.
 */
export function buildHostConfig(host: string, settings: SshSettings, local: LocalIdentity): SshHostConfig {
  const word = (keyword: string): string | undefined => settings.get(keyword)?.[0] || undefined;
  const one = (keyword: string): string | undefined => {
    const value = word(keyword);
    return value?.toLowerCase() === "none" ? undefined : value;
  };
  const list = (keyword: string): readonly string[] | undefined => one(keyword)?.split(",");
  const flag = (keyword: string, otherwise: boolean): boolean => readFlag(keyword, one(keyword)) ?? otherwise;

  const values: TokenValues = {
    host,
    hostName: (word("hostname") ?? host).toLowerCase(),
    port: readPort(one("port") ?? "22"),
    user: word("user") ?? local.userName,
    hostKeyAlias: word("hostkeyalias")?.toLowerCase(),
    proxyJump: one("proxyjump"),
  };
  const files = (words: readonly string[]): string[] =>
    words.filter(isNotNone).map((name) => expandFileName(name, values, local));
  // `ssh -G` prints these expanded, so that a % in them is a plain one; versions before 8.4 leave the ~.
  const printed = (words: readonly string[]): string[] =>
    words
      .filter(isNotNone)
      .map((name) => (name.startsWith("~") ? expandFileName(name, values, local) : name));

  const identities = settings.get("identityfile") ?? [];
  const identityFilesConfigured = identities.length > 0 && !areDefaults(identities);
  const proxyCommand = values.proxyJump === undefined ? one("proxycommand") : undefined;
  const connectTimeoutMs = readTimeMs("connecttimeout", one("connecttimeout") ?? "0");
  const controlMaster = one("controlmaster")?.toLowerCase();
  return {
    ...values,
    identityFiles: files(
      identityFilesConfigured ? identities : defaultIdentities.map((name) => `~/.ssh/${name}`),
    ),
    identityFilesConfigured,
    certificateFiles: files(settings.get("certificatefile") ?? []),
    identitiesOnly: flag("identitiesonly", false),
    identityAgent: readAgent(settings.get("identityagent")?.[0], local, printed),
    proxyCommand,
    userKnownHostsFiles: printed(
      settings.get("userknownhostsfile") ?? ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"],
    ),
    globalKnownHostsFiles: printed(
      settings.get("globalknownhostsfile") ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
    ),
    knownHostsCommand: one("knownhostscommand"),
    strictHostKeyChecking: readStrict(one("stricthostkeychecking") ?? "ask"),
    connectTimeoutMs: connectTimeoutMs === 0 ? undefined : connectTimeoutMs,
    serverAliveIntervalMs: readTimeMs("serveraliveinterval", one("serveraliveinterval") ?? "0"),
    serverAliveCountMax: readCount("serveralivecountmax", one("serveralivecountmax") ?? "3"),
    controlMaster:
      controlMaster === "false" || controlMaster === "no"
        ? undefined
        : controlMaster === "true"
          ? "yes"
          : controlMaster,
    controlPath: printed(settings.get("controlpath") ?? [])[0],
    kexAlgorithms: list("kexalgorithms"),
    ciphers: list("ciphers"),
    macs: list("macs"),
    hostKeyAlgorithms: list("hostkeyalgorithms"),
    pubkeyAcceptedAlgorithms: list("pubkeyacceptedalgorithms") ?? list("pubkeyacceptedkeytypes"),
    addressFamily: readFamily(one("addressfamily") ?? "any"),
    bindAddress: word("bindaddress"),
    compression: flag("compression", false),
    pkcs11Provider: one("pkcs11provider"),
    revokedHostKeys: files(settings.get("revokedhostkeys") ?? [])[0],
    hashKnownHosts: flag("hashknownhosts", false),
    pubkeyAuthentication: flag("pubkeyauthentication", true),
    passwordAuthentication: flag("passwordauthentication", true),
    // Called ChallengeResponseAuthentication before 8.7.
    kbdInteractiveAuthentication: flag(
      "kbdinteractiveauthentication",
      flag("challengeresponseauthentication", true),
    ),
    gssapiAuthentication: flag("gssapiauthentication", false),
    hostbasedAuthentication: flag("hostbasedauthentication", false),
  };
}

function isNotNone(name: string): boolean {
  return name.toLowerCase() !== "none";
}

/** `ssh -G` prints the default files like configured ones. Nobody configures four of them by these names by hand. */
function areDefaults(files: readonly string[]): boolean {
  return (
    files.length >= 4 &&
    files.includes("~/.ssh/id_rsa") &&
    files.includes("~/.ssh/id_ed25519") &&
    files.every((file) => /^~\/\.ssh\/id_[a-z0-9_]+$/.test(file))
  );
}

function invalid(keyword: string, value: string): StoreError {
  return new StoreError("INVALID_ARGUMENT", { detail: `ssh_config: ${keyword}: ${JSON.stringify(value)}` });
}

function readFlag(keyword: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  const lower = value.toLowerCase();
  if (lower === "yes" || lower === "true") return true;
  if (lower === "no" || lower === "false") return false;
  // PubkeyAuthentication: which form of it, but on.
  if (keyword === "pubkeyauthentication" && (lower === "unbound" || lower === "host-bound")) return true;
  throw invalid(keyword, value);
}

function readCount(keyword: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw invalid(keyword, value);
  return Number(value);
}

function readPort(value: string): number {
  const port = readCount("port", value);
  if (port < 1 || port > 65_535) throw invalid("port", value);
  return port;
}

/** Time formats of sshd_config(5): seconds, or numbers with units, added up: `1h30m`. */
function readTimeMs(keyword: string, value: string): number {
  const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  if (!/^(?:\d{1,9}[smhdw]?)+$/i.test(value)) throw invalid(keyword, value);
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+)([smhdw]?)/gi)) {
    total += Number(amount) * (seconds[(unit ?? "").toLowerCase()] ?? 1);
  }
  return total * 1000;
}

function readStrict(value: string): StrictHostKeyChecking {
  switch (value.toLowerCase()) {
    case "yes":
    case "true":
      return "yes";
    case "no":
    case "off":
    case "false":
      return "no";
    case "ask":
      return "ask";
    case "accept-new":
      return "accept-new";
    default:
      throw invalid("stricthostkeychecking", value);
  }
}

function readFamily(value: string): AddressFamily {
  const lower = value.toLowerCase();
  if (lower === "any" || lower === "inet" || lower === "inet6") return lower;
  throw invalid("addressfamily", value);
}

function readAgent(
  value: string | undefined,
  local: LocalIdentity,
  printed: (words: readonly string[]) => string[],
): string | undefined {
  if (value === undefined || value === "" || value === "SSH_AUTH_SOCK") return undefined;
  // `$NAME`, not `${NAME}`: the variable holds the path. Unset, there is no agent.
  if (/^\$[A-Za-z_]\w*$/.test(value)) return local.environment[value.slice(1)] ?? "none";
  return printed([value])[0] ?? "none";
}
