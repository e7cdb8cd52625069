import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { resolve } from "node:path";

import { StoreError } from "@borgstore/core";

/** The local side, which file names of ssh_config may mention. */
export interface LocalIdentity {
  /** Of the password database, as OpenSSH takes it, not of `HOME`. */
  readonly homeDirectory: string;
  readonly userName: string;
  readonly userId: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The remote side, which file names of ssh_config may mention. */
export interface TokenValues {
  /** As asked for. */
  readonly host: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | undefined;
  readonly proxyJump: string | undefined;
}

/** Who runs this process. `overrides` are for tests. */
export function localIdentity(overrides: Partial<LocalIdentity> = {}): LocalIdentity {
  const environment = overrides.environment ?? process.env;
  // userInfo() throws for a user id without an entry in the password database, as in some containers.
  let info: { username: string; uid: number; homedir: string };
  try {
    info = userInfo();
  } catch {
    info = {
      username: environment["USER"] ?? environment["LOGNAME"] ?? environment["USERNAME"] ?? "",
      uid: process.getuid?.() ?? -1,
      homedir: environment["HOME"] ?? environment["USERPROFILE"] ?? "/",
    };
  }
  return {
    homeDirectory: overrides.homeDirectory ?? info.homedir,
    userName: overrides.userName ?? info.username,
    userId: overrides.userId ?? info.uid,
    environment,
  };
}

/** Replaces a `~` or `~/` at the start by the home directory. `~user` is refused. */
export function expandTilde(path: string, local: LocalIdentity): string {
  if (path === "~") return local.homeDirectory;
  if (path.startsWith("~/") || path.startsWith("~\\")) return `${local.homeDirectory}${path.slice(1)}`;
  if (path.startsWith("~")) {
    throw new StoreError("UNSUPPORTED", {
      detail: `ssh_config: ${path}: home directories of other users are not looked up; write the full path`,
    });
  }
  return path;
}

/**
 * Replaces `%` tokens and `${ENVIRONMENT}` as ssh_config(5) says under "TOKENS" and "ENVIRONMENT VARIABLES".
 *
 * @throws StoreError `INVALID_ARGUMENT` for an unknown token or a variable that is not set, both of which end
 *   OpenSSH too.
 */
export function expandTokens(text: string, values: TokenValues, local: LocalIdentity): string {
  const fail = (detail: string): never => {
    throw new StoreError("INVALID_ARGUMENT", { detail: `ssh_config: ${text}: ${detail}` });
  };
  return text.replace(
    /%(.?)|\$\{([^}]*)\}/gsu,
    (_match, token: string | undefined, name: string | undefined) => {
      if (name !== undefined) {
        return local.environment[name] ?? fail(`the environment variable ${name} is not set`);
      }
      return token === "%"
        ? "%"
        : (tokenValue(token ?? "", values, local) ?? fail(`unknown token %${token ?? ""}`));
    },
  );
}

/** An absolute path out of a file name of ssh_config. OpenSSH expands `~` before tokens, so a `~` from a token stays. */
export function expandFileName(path: string, values: TokenValues, local: LocalIdentity): string {
  return resolve(expandTokens(expandTilde(path, local), values, local));
}

function tokenValue(token: string, values: TokenValues, local: LocalIdentity): string | undefined {
  switch (token) {
    case "C":
      // Since 9.6 with %j, which is empty without ProxyJump.
      return createHash("sha1")
        .update(`${hostname()}${values.hostName}${values.port}${values.user}${values.proxyJump ?? ""}`)
        .digest("hex");
    case "d":
      return local.homeDirectory;
    case "h":
      return values.hostName;
    case "i":
      return String(local.userId);
    case "j":
      return values.proxyJump ?? "";
    case "k":
      return values.hostKeyAlias ?? values.host;
    case "L":
      return hostname().replace(/\..*$/, "");
    case "l":
      return hostname();
    case "n":
      return values.host;
    case "p":
      return String(values.port);
    case "r":
      return values.user;
    case "u":
      return local.userName;
    default:
      return undefined;
  }
}
