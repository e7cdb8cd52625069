import { redactUrl, StoreError } from "@borgstore/core";

type PlaceErrorCode = "INVALID_URL" | "INVALID_ARGUMENT";

const scheme = "rclone:";
const rightForm = "the form is rclone:remote:path, or rclone:/absolute/path for a directory of this machine";
const controls = /\p{Cc}/u;

/** A storage on a remote. */
export interface RclonePlace {
  /** As rclone takes it: `remote:path`, `:type,option=value:path` or a local path. May hold secrets. */
  readonly remote: string;
}

/**
 * The remote that an `rclone:` URL means: everything after the scheme, passed on as it is, without decoding.
 *
 * @throws StoreError `INVALID_URL`, with the right form and without secrets.
 */
export function placeOfUrl(url: string): RclonePlace {
  if (typeof url !== "string" || !url.startsWith(scheme)) {
    throw new StoreError("INVALID_URL", { detail: `the scheme is rclone: in lower case; ${rightForm}` });
  }
  return checkPlace({ remote: url.slice(scheme.length) }, "INVALID_URL");
}

/**
 * Checks what came from a URL or an options object.
 *
 * @throws StoreError with the code given.
 */
export function checkPlace({ remote }: RclonePlace, code: PlaceErrorCode): RclonePlace {
  const refuse = (problem: string): never => {
    throw new StoreError(code, { detail: `${problem}; ${rightForm}` });
  };
  if (typeof remote !== "string" || remote === "") refuse("the remote is missing");
  if (controls.test(remote)) refuse("the remote has no control characters");
  if (remote.startsWith("//")) refuse("no slashes stand before the remote");
  if (!remote.startsWith("/") && endOfRemote(remote) === -1) {
    refuse("the name of a remote ends with a colon, and a local path starts with a slash");
  }
  const end = remote.startsWith("/") ? -1 : endOfRemote(remote);
  const components = remote
    .slice(end + 1)
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  if (components.includes("..")) refuse("the path has no component ..");
  const isLocal = end === -1 || /^:?local(?:,|$)/.test(remote.slice(0, end));
  if (isLocal && components.length === 0) refuse("a storage is not the root of the file system");
  return { remote };
}

/**
 * Where the colon is that ends the remote's name and options; −1 when there is none before the path begins. Values of
 * options may be quoted, with the quote doubled inside.
 */
function endOfRemote(remote: string): number {
  let at = remote.startsWith(":") ? 1 : 0;
  let isValue = false;
  for (; at < remote.length; at++) {
    const char = remote[at];
    if (char === ":") return at;
    if (char === "/" && !isValue) return -1;
    if (char === ",") isValue = false;
    if (char !== "=" || isValue) continue;
    isValue = true;
    const quote = remote[at + 1];
    if (quote !== '"' && quote !== "'") continue;
    at = endOfQuoted(remote, at + 1, quote);
    if (at === -1) return -1;
  }
  return -1;
}

/** The place of the closing quote; −1 when there is none. */
function endOfQuoted(text: string, start: number, quote: string): number {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf(quote, at);
    if (at === -1 || text[at + 1] !== quote) return at;
  }
}

/** The place for messages: without the options of a connection string, which may be secrets. */
export function urlOfPlace({ remote }: RclonePlace): string {
  const end = remote.startsWith("/") ? -1 : endOfRemote(remote);
  const name = end === -1 ? "" : remote.slice(0, end);
  if (!/[,=]/.test(name)) return redactUrl(scheme + remote);
  return redactUrl(`${scheme}${name.slice(0, name.search(/[,=]/))},***`) + printable(remote.slice(end));
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}

/** The path on the remote, without its name and options. */
export function pathOfPlace({ remote }: RclonePlace): string {
  return remote.startsWith("/") ? remote : remote.slice(endOfRemote(remote) + 1);
}

/** Values of the options in a connection string, which may be secrets: as they are, and as they are written there. */
export function secretsOf({ remote }: RclonePlace): readonly string[] {
  const end = remote.startsWith("/") ? -1 : endOfRemote(remote);
  if (end === -1) return [];
  const values = [
    ...remote.slice(0, end).matchAll(/=(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^,]*))/g),
  ].flatMap(([, double = "", single = "", plain = ""]) => [
    double,
    double.replaceAll('""', '"'),
    single,
    single.replaceAll("''", "'"),
    plain,
  ]);
  return [...new Set(values)].filter((value) => value.length >= 4);
}
