import { StoreError, type StoreErrorCode } from "@borgstore/core";

interface Meaning {
  readonly pattern: RegExp;
  readonly code: StoreErrorCode;
  readonly detail: string;
  readonly retryable?: boolean;
}

/**
 * What the ssh program's messages mean, first match counts. It ends with exit code 255 for every failure of its own, so
 * there is nothing but the text to tell them apart; it is run with `LC_ALL=C`.
 */
export const opensshMeanings: readonly Meaning[] = Object.freeze([
  {
    pattern: /Host key verification failed|HOST IDENTIFICATION HAS CHANGED|[Hh]ost key .* revoked/,
    code: "HOST_KEY",
    detail: "its host key is not the one on file, or not known",
  },
  {
    pattern:
      /Permission denied|Too many authentication failures|No more authentication methods|not available: .*auth/,
    code: "UNAUTHENTICATED",
    detail: "every key and method was refused",
  },
  {
    pattern: /Temporary failure in name resolution/,
    code: "CONNECTION",
    detail: "names cannot be resolved at the moment",
  },
  {
    pattern: /Could not resolve hostname/,
    code: "CONNECTION",
    detail: "there is no host of this name",
    retryable: false,
  },
  { pattern: /Timeout, server .* not responding/, code: "TIMEOUT", detail: "it does not answer keepalives" },
  { pattern: /(?:Connection|Operation) timed out/, code: "TIMEOUT", detail: "it does not answer" },
  {
    pattern: /subsystem request failed/,
    code: "UNSUPPORTED",
    detail: "it does not offer the SFTP subsystem",
  },
  {
    pattern:
      /: Bad (?:configuration option|port|number|SSH2|key types)|Bad owner or permissions|[Uu]nsupported option|keyword .* extra arguments|line \d+: invalid |Can't open user config file/,
    code: "INVALID_ARGUMENT",
    detail: "ssh does not accept its configuration",
  },
  {
    pattern: /no matching \w/i,
    code: "UNSUPPORTED",
    detail: "ssh and the server have no algorithm in common",
  },
  { pattern: /Connection refused/, code: "CONNECTION", detail: "nothing listens there, or it refuses" },
  {
    pattern: /Connection (?:to .* )?(?:reset|closed)|kex_exchange_identification|Broken pipe/,
    code: "CONNECTION",
    detail: "the other end has closed it",
  },
  {
    pattern: /No route to host|Network is unreachable/,
    code: "CONNECTION",
    detail: "there is no route to the host",
  },
]);

/** What stands before it, as a banner or a key that could not be loaded, is not why an established session ended. */
const loginLine = /^Authenticated to .*$/m;
/** How ssh calls the other end when that is a program's pipe. */
const ledLine = /UNKNOWN port 65535/;
const kexLine = /^kex_exchange_identification/;
/** What ssh tells of the server's host key when it is asked to be talkative. */
const hostKeyLine = /debug1: Server host key: (\S+) (SHA256:\S+)/;
const fixLine = /^ {2}(ssh-keygen -f .*)$/m;

/**
 * The error for a child that has ended.
 *
 * @param target as the user would type it after `ssh`
 * @param text what the child wrote to its error output; only what is known of it is repeated
 */
export function opensshError(
  host: string,
  target: string,
  exitCode: number | undefined,
  text: string,
): StoreError {
  const messages = text
    .split(/\r?\n/)
    .filter((line) => line !== "" && !line.startsWith("debug"))
    .join("\n");
  const cause = new Error(`ssh ended with exit code ${String(exitCode)}: ${messages.slice(-1000)}`);
  // What ssh says last is why it ended: a banner of the server, too, stands before that. But when a program that leads to
  // the host has ended, that program's own last words tell more.
  const lines = (messages.split(loginLine).at(-1) ?? "").split("\n").toReversed();
  const isLed = lines.some((line) => ledLine.test(line));
  const decisive = isLed ? lines.filter((line) => !ledLine.test(line) && !kexLine.test(line)) : lines;
  const meaning = decisive.map(meaningOf).find((found) => found !== undefined);
  if (meaning === undefined) {
    return new StoreError("CONNECTION", { detail: `to ${host}: the ssh program has ended`, cause });
  }
  const { code, detail, retryable } = meaning;
  const more = code === "HOST_KEY" ? hostKeyAdvice(target, text) : "";
  return new StoreError(code, { detail: `${host}: ${detail}${more}`, retryable, cause });
}

function meaningOf(line: string): Meaning | undefined {
  return opensshMeanings.find(({ pattern }) => pattern.test(line));
}

function hostKeyAdvice(target: string, text: string): string {
  const [, type = "", fingerprint = ""] = hostKeyLine.exec(text) ?? [];
  const key = fingerprint === "" ? "" : `; it shows ${type} ${fingerprint}`;
  const fix = fixLine.exec(text.replaceAll("\r", ""))?.[1];
  return fix === undefined
    ? `${key}; compare the fingerprint and accept it once by: ssh ${target}`
    : `${key}; if that is right, remove the old key by: ${fix}`;
}
