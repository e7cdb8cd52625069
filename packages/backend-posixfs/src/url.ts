import { collapseSlashes, decodePercent, StoreError } from "@borgstore/core";

const form = /^file:\/\/(\/.*)$/s;
const driveForm = /^\/([A-Za-z]:(?:\/.*)?)$/s;

/**
 * The absolute path that a `file:` URL means, by the reference's rules: an empty host, percent-escapes decoded
 * as UTF-8 and bad ones kept as they are, `?` and `#` part of the path, `..` kept, repeated and trailing slashes
 * dropped. On Windows `file:///C:/x` is `C:/x`; elsewhere it is the path `/C:/x`.
 *
 * @param platform as `process.platform`
 * @throws StoreError `INVALID_URL` for everything else, with the right form in the message.
 */
export function pathOfUrl(url: string, platform: string = process.platform): string {
  const path = typeof url === "string" ? form.exec(url)?.[1] : undefined;
  if (path === undefined) {
    throw new StoreError("INVALID_URL", {
      detail:
        "the form is file:///absolute/path: the scheme in lower case, no host, and a path that starts with a slash",
    });
  }
  const decoded = decodePercent(path);
  if (decoded.includes("\0")) {
    throw new StoreError("INVALID_URL", {
      detail: "the form is file:///absolute/path: a path has no NUL character (%00)",
    });
  }
  const drive = platform === "win32" || platform === "cygwin" ? driveForm.exec(decoded)?.[1] : undefined;
  return tidyPath(drive ?? decoded);
}

/** As `collapseSlashes`; the root of a Windows drive keeps its slash, too. */
export function tidyPath(path: string): string {
  return /^[A-Za-z]:\/+$/.test(path) ? `${path.slice(0, 2)}/` : collapseSlashes(path);
}
