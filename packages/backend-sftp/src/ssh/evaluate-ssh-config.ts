import { isAbsolute, join, resolve } from "node:path";

import { StoreError } from "@borgstore/core";

import { assembleAlgorithmList, type AlgorithmKind, defaultAlgorithms } from "./algorithm-lists.ts";
import { includedFiles } from "./include-files.ts";
import { type ConfigDirective, parseConfig, readConfigFile } from "./ssh-config-file.ts";
import { hostApplies, matchApplies } from "./ssh-config-conditions.ts";
import type { SshTarget } from "./ssh-host-config.ts";
import { accumulatingKeywords, fileListKeywords, type SshSettings } from "./ssh-settings.ts";
import { expandTilde, expandTokens, type LocalIdentity, type TokenValues } from "./ssh-tokens.ts";

/** Where {@link evaluateSshConfig} looks. */
interface EvaluationOptions {
  /** Keywords and values that win over the files. */
  readonly sshOptions: readonly (readonly [string, string])[];
  /** Instead of the user's and the system's file; `"none"` reads none. */
  readonly configFile: string | undefined;
  /** Holds the system's `ssh_config`. */
  readonly systemDirectory: string;
  readonly local: LocalIdentity;
}

/** OpenSSH's limit, `READCONF_MAX_DEPTH` in readconf.h. */
const maximumDepth = 16;

/** Older names, which OpenSSH still accepts. */
const aliases: Readonly<Record<string, string>> = {
  pubkeyacceptedkeytypes: "pubkeyacceptedalgorithms",
  challengeresponseauthentication: "kbdinteractiveauthentication",
  skeyauthentication: "kbdinteractiveauthentication",
  tisauthentication: "kbdinteractiveauthentication",
  dsaauthentication: "pubkeyauthentication",
  identityfile2: "identityfile",
  smartcarddevice: "pkcs11provider",
};

/** Lists to which `+`, `-` and `^` apply. */
const algorithmKeywords: Readonly<Record<string, AlgorithmKind>> = {
  kexalgorithms: "kex",
  ciphers: "cipher",
  macs: "hmac",
  hostkeyalgorithms: "serverHostKey",
  pubkeyacceptedalgorithms: "serverHostKey",
};

/** Keywords that we use and that take exactly one word. */
const singleWord = new Set(
  (
    "hostname user port identityfile certificatefile identitiesonly identityagent hostkeyalias " +
    "stricthostkeychecking connecttimeout serveraliveinterval serveralivecountmax controlmaster controlpath " +
    "addressfamily bindaddress compression pkcs11provider revokedhostkeys hashknownhosts pubkeyauthentication " +
    "passwordauthentication kbdinteractiveauthentication gssapiauthentication hostbasedauthentication"
  ).split(" "),
);

/** Where a file stands among the others. */
interface FilePlace {
  readonly file: string;
  readonly isUserFile: boolean;
  readonly checkOwner: boolean;
  readonly depth: number;
}

/**
 * The settings for a host by our own reading of the files, for machines without OpenSSH client: options, then
 * `~/.ssh/config`, then the system's file; the first value wins. Agrees with `ssh -G`, or throws.
 *
 * @throws StoreError as `resolveSshHostConfig`.
 */
export async function evaluateSshConfig(target: SshTarget, options: EvaluationOptions): Promise<SshSettings> {
  const evaluation = new Evaluation(target, options.systemDirectory, options.local);
  await evaluation.addOptions(options.sshOptions);
  const { configFile, local } = options;
  if (configFile === undefined) {
    const userFile = join(local.homeDirectory, ".ssh", "config");
    await evaluation.addFile({ file: userFile, isUserFile: true, checkOwner: true, depth: 0 }, true);
    const systemFile = join(options.systemDirectory, "ssh_config");
    await evaluation.addFile({ file: systemFile, isUserFile: false, checkOwner: false, depth: 0 }, true);
  } else if (configFile.toLowerCase() !== "none") {
    const place = { file: resolve(configFile), isUserFile: true, checkOwner: false, depth: 0 };
    if (!(await evaluation.addFile(place, true))) {
      throw new StoreError("INVALID_ARGUMENT", { detail: `no configuration file ${configFile}` });
    }
  }
  return evaluation.finish();
}

class Evaluation {
  readonly #settings = new Map<string, string[]>();
  readonly #target: SshTarget;
  readonly #systemDirectory: string;
  readonly #local: LocalIdentity;

  constructor(target: SshTarget, systemDirectory: string, local: LocalIdentity) {
    this.#target = target;
    this.#systemDirectory = systemDirectory;
    this.#local = local;
    if (target.user !== undefined) this.#settings.set("user", [target.user]);
    if (target.port !== undefined) this.#settings.set("port", [String(target.port)]);
  }

  async addOptions(sshOptions: readonly (readonly [string, string])[]): Promise<void> {
    for (const [keyword, value] of sshOptions) {
      for (const block of await parseConfig(`${keyword} ${value}`, `option ${keyword}`)) {
        for (const directive of block.directives) this.#set(directive, `option ${keyword}`);
      }
    }
  }

  /** Returns whether the file exists. In a file included from a block that does not apply, nothing ever applies. */
  async addFile(place: FilePlace, mayApply: boolean): Promise<boolean> {
    const blocks = await readConfigFile(place.file, place.checkOwner);
    if (blocks === undefined) return false;
    for (const { condition, directives } of blocks) {
      const applies = mayApply && (condition === undefined || this.#applies(condition, place.file));
      for (const directive of directives) {
        if (directive.keyword === "include") await this.#include(directive.words, place, applies);
        else if (applies) this.#set(directive, place.file);
      }
    }
    return true;
  }

  finish(): SshSettings {
    const settings = this.#settings;
    const first = (keyword: string): string | undefined => settings.get(keyword)?.[0];
    const canonicalize = first("canonicalizehostname")?.toLowerCase() ?? "no";
    if (!["no", "false", "none"].includes(canonicalize)) {
      throw new StoreError("UNSUPPORTED", {
        detail: "ssh_config: only the OpenSSH client can do CanonicalizeHostname; install it",
      });
    }
    const hostName = this.#hostName().toLowerCase();
    settings.set("hostname", [hostName]);
    for (const keyword of ["proxyjump", "proxycommand"]) {
      if (first(keyword)?.toLowerCase() === "none") settings.delete(keyword);
    }
    const values: TokenValues = {
      host: this.#target.host,
      hostName,
      port: Number(first("port") ?? "22"),
      user: first("user") ?? this.#local.userName,
      hostKeyAlias: first("hostkeyalias")?.toLowerCase(),
      proxyJump: first("proxyjump"),
    };
    // The ones that `ssh -G` prints expanded.
    const expand = (word: string): string =>
      expandTokens(expandTilde(word, this.#local), values, this.#local);
    for (const keyword of ["controlpath", "userknownhostsfile"]) {
      const words = settings.get(keyword);
      if (words !== undefined) settings.set(keyword, words.map(expand));
    }
    const agent = first("identityagent");
    if (agent !== undefined && agent !== "SSH_AUTH_SOCK" && !/^\$[A-Za-z_]/.test(agent)) {
      settings.set("identityagent", [expand(agent)]);
    }
    for (const [keyword, kind] of Object.entries(algorithmKeywords)) {
      const value = first(keyword);
      if (value !== undefined) {
        settings.set(keyword, [assembleAlgorithmList(value, defaultAlgorithms(kind)).join(",")]);
      }
    }
    return settings;
  }

  #hostName(): string {
    const { host } = this.#target;
    // Only these two tokens, see "TOKENS" in ssh_config(5).
    return (this.#settings.get("hostname")?.[0] ?? host).replace(/%([%h])/g, (_match, token) =>
      token === "h" ? host : "%",
    );
  }

  #applies(condition: ConfigDirective, file: string): boolean {
    const context = {
      originalHost: this.#target.host,
      hostName: this.#hostName(),
      remoteUser: this.#settings.get("user")?.[0] ?? this.#local.userName,
      localUser: this.#local.userName,
      file,
    };
    return condition.keyword === "host"
      ? hostApplies(condition.words, context)
      : matchApplies(condition.words, context);
  }

  async #include(patterns: readonly string[], place: FilePlace, applies: boolean): Promise<void> {
    if (place.depth + 1 > maximumDepth) {
      throw new StoreError("INVALID_ARGUMENT", { detail: `${place.file}: too many nested Include` });
    }
    for (const pattern of patterns) {
      if (pattern.startsWith("~") && !place.isUserFile) {
        throw new StoreError("INVALID_ARGUMENT", { detail: `${place.file}: Include ${pattern}: no ~ here` });
      }
      const path = expandTilde(pattern, this.#local);
      const base = place.isUserFile ? join(this.#local.homeDirectory, ".ssh") : this.#systemDirectory;
      for (const file of await includedFiles(isAbsolute(path) ? path : join(base, path), base)) {
        await this.addFile({ ...place, file, depth: place.depth + 1 }, applies);
      }
    }
  }

  #set(directive: ConfigDirective, file: string): void {
    const keyword = aliases[directive.keyword] ?? directive.keyword;
    const value = directive.words.join(" ");
    if (singleWord.has(keyword) && directive.isSplit) {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: `${file}: ${directive.keyword}: extra arguments at end of line`,
      });
    }
    const known = this.#settings.get(keyword);
    if (accumulatingKeywords.has(keyword)) {
      if (known === undefined) this.#settings.set(keyword, [value]);
      else if (!known.includes(value)) known.push(value);
    } else if (known === undefined) {
      // Whichever of the two comes first rules the other out.
      if (keyword === "proxyjump" && this.#settings.has("proxycommand")) return;
      if (keyword === "proxycommand" && (this.#settings.get("proxyjump")?.[0] ?? "none") !== "none") return;
      this.#settings.set(keyword, fileListKeywords.has(keyword) ? [...directive.words] : [value]);
    }
  }
}
