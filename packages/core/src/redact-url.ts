/**
 * A storage URL without what may be secret in it, for messages and logs: what stands between a user's name and
 * the last `@`, values of the query and the fragment, and the options of an rclone connection string. Hides
 * rather too much than too little, so a path with an `@` may lose its start. Never fails.
 *
 * `sftp://me:secret@host/store` becomes `sftp://me:***@host/store`.
 */
export function redactUrl(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*):(\/\/)?/i.exec(url);
  const start = parts?.[0] ?? "";
  const isRclone = parts?.[1]?.toLowerCase() === "rclone";
  const rest = url.slice(start.length);
  return printable(start + (isRclone ? redactConnectionString(rest) : redactRest(rest, parts?.[2] === "//")));
}

/** A name and a password without a host: a first component with a colon that no port follows. */
const loginAlone = /^((?:[a-z][a-z0-9+.-]*:\/\/)?(?!\[)[^/?#:]*):(?!\/\/|\d*(?:[/?#]|$)).*/is;

function redactRest(rest: string, hasAuthority: boolean): string {
  const literal = rest.lastIndexOf("@");
  // Some escape it although it separates.
  const at = literal === -1 ? rest.toLowerCase().lastIndexOf("%40") : literal;
  if (at === -1) rest = rest.replace(loginAlone, "$1:***");
  const user = at === -1 ? "" : redactUser(rest.slice(0, at), hasAuthority);
  const place = rest.slice(at === -1 ? 0 : at);
  const query = place.search(/[?#]/);
  return user + (query === -1 ? place : `${place.slice(0, query + 1)}***`);
}

/** With `//` a name alone is a login; without, as in `s3:key:secret@`, all of it is a credential. */
function redactUser(user: string, hasAuthority: boolean): string {
  if (!hasAuthority) return "***";
  const secret = user.search(/[:?#]/);
  return secret === -1 ? user : `${user.slice(0, secret + 1)}***`;
}

/** `remote,option=value:path` and `:type,option=value:path`. */
function redactConnectionString(rest: string): string {
  const options = rest.search(/[,=]/);
  return options === -1 ? rest : `${rest.slice(0, options + 1)}***`;
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}
