import { collapseSlashes, decodePercent, StoreError } from "@borgstore/core";

/** The place of a storage on a server. */
export interface SftpPlace {
  /** Host name, alias of the ssh configuration, or address without brackets. */
  readonly host: string;
  /** `undefined`: as the ssh configuration says. */
  readonly user: string | undefined;
  /** `undefined`: as the ssh configuration says, else 22. */
  readonly port: number | undefined;
  /** Absolute, or relative to where the login leads; without a slash at its end. */
  readonly path: string;
}

const form = /^sftp:\/\/(?:([^/@]*)@)?(\[[^\]/@]*\]|[^/@:[\]]*)(?::([^/@]*))?\/(.*)$/s;
const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/;
const ipv6 = /^[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?$/;

const rightForm =
  "the form is sftp://[user@]host[:port]/path for a path relative to the login directory, sftp://host//path for an absolute one";

/**
 * The place that an `sftp:` URL means, by the reference's rules: the slash after the host only separates, user and path
 * are percent-decoded (bad escapes stay as they are), `?` and `#` are part of the path, `~` is not expanded, port 0 is
 * none. Beyond the reference: IPv6 addresses in brackets. No message repeats any part of the URL that could be a secret.
 *
 * @throws StoreError `INVALID_URL` for everything else, with the right form in the message.
 */
export function placeOfUrl(url: string): SftpPlace {
  const match = typeof url === "string" ? form.exec(url) : null;
  if (match === null) throw invalid(problemOf(url));
  const [, userText, hostText = "", portText, pathText = ""] = match;
  if (userText?.includes(":") === true) {
    throw invalid(
      "a password does not belong into a URL, where others can read it; log in by a key or the ssh agent, or give the password option",
    );
  }
  if (userText === "") throw invalid("the user before the @ is empty");
  const host = hostOf(hostText);
  const port = portOf(portText);
  if (pathText === "") {
    throw invalid(
      "the path is missing; use a directory of its own, below the login directory or an absolute one",
    );
  }
  const user = userText === undefined ? undefined : decodePercent(userText);
  return checkPlace({ host, user, port, path: decodePercent(pathText) }, "INVALID_URL");
}

/**
 * Checks what came from a URL or an options object, and brings the path into its one form.
 *
 * @throws StoreError with the code given.
 */
export function checkPlace(place: SftpPlace, code: "INVALID_URL" | "INVALID_ARGUMENT"): SftpPlace {
  const { host, user, port, path } = place;
  const refuse = (detail: string): never => {
    throw new StoreError(code, { detail });
  };
  if (typeof host !== "string" || (!hostName.test(host) && !(host.includes(":") && ipv6.test(host)))) {
    refuse("the host is a name of letters, digits, dots and hyphens, or an address");
  }
  if (user !== undefined && (typeof user !== "string" || !isUser(user))) {
    refuse(
      "the user is a login name: no blanks at its ends, no control characters, no hyphen at its beginning",
    );
  }
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
    refuse("the port is an integer from 1 to 65535");
  }
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    refuse("the path is not empty and has no NUL character");
  }
  return { host, user, port, path: collapseSlashes(path) };
}

// A hyphen would make it an option of the ssh program.
function isUser(user: string): boolean {
  return user !== "" && !user.startsWith("-") && user.trim() === user && !/\p{Cc}/u.test(user);
}

function problemOf(url: unknown): string {
  if (typeof url !== "string" || !url.startsWith("sftp://")) return "the scheme is sftp:// in lower case";
  const authority = url.slice("sftp://".length).split("/", 1)[0] ?? "";
  if (authority.split("@").length > 2) return "an @ in the user is written as %40";
  if (!url.slice("sftp://".length).includes("/")) return "the path is missing";
  return "the host is not understood; IPv6 addresses stand in brackets";
}

function invalid(problem: string): StoreError {
  return new StoreError("INVALID_URL", { detail: `${problem}; ${rightForm}` });
}

function hostOf(text: string): string {
  if (!text.startsWith("[")) {
    if (!hostName.test(text)) {
      throw invalid("the host is a name of letters, digits, dots and hyphens, or an address");
    }
    return text;
  }
  // RFC 6874: the % before a zone is written as %25.
  const address = text.slice(1, -1).replace(/%25/, "%");
  if (!address.includes(":") || !ipv6.test(address)) throw invalid("what is in brackets is no IPv6 address");
  return address;
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw invalid("the port is a number up to 65535");
  }
  return Number(text) === 0 ? undefined : Number(text);
}

/** The place as a URL without secrets, for messages. */
export function urlOfPlace({ host, user, port, path }: SftpPlace): string {
  const login = user === undefined ? "" : `${encodeURIComponent(user)}@`;
  const address = host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
  return `sftp://${login}${address}${port === undefined ? "" : `:${port}`}/${path}`;
}
