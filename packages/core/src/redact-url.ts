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

function redactRest(rest: string, hasAuthority: boolean): string {
  const at = rest.lastIndexOf("@");
  const user = at === -1 ? "" : redactUser(rest.slice(0, at), hasAuthority);
  const place = rest.slice(at === -1 ? 0 : at);
  const query = place.search(/[?#]/);
  return user + (query === -1 ? place : `${place.slice(0, query + 1)}***`);
}

/** With `//` a name alone is a login; without, as in `s3:key:secret@`, all of it is a credential. */
function redactUser(user: string, hasAuthority: boolean): string {
  if (!hasAuthority) return "***";
  const colon = user.indexOf(":");
  return colon === -1 ? user : `${user.slice(0, colon)}:***`;
}

/** `remote,option=value:path` and `:type,option=value:path`. */
function redactConnectionString(rest: string): string {
  const options = rest.search(/[,=]/);
  return options === -1 ? rest : `${rest.slice(0, options + 1)}***`;
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}
