import { lstat, readlink } from "node:fs/promises";
import { StatusError } from "./status-of-error.ts";
import { statusCodes } from "./protocol-numbers.ts";

/** More links than this on the way to a file are a loop. */
const maxLinks = 40;

/**
 * Names as the client sends them, one character a byte, and the paths they stand for.
 * Nothing is tidied up: `a/`, `a/.` and `a` differ for the system, and it is the system that shall judge them.
 */
export class ServerPaths {
  readonly #home: string;

  /** The home is an absolute path, one character a byte. */
  constructor(home: string) {
    this.#home = home;
  }

  /** The path of a name, for system calls. The empty name stays empty, which no system call accepts. */
  path(name: string): Buffer {
    return Buffer.from(this.absolute(name), "latin1");
  }

  /** The path of a name, one character a byte. */
  absolute(name: string): string {
    return name === "" || name.startsWith("/") ? name : `${this.#home}/${name}`;
  }

  /** The path without links and dots; its last part need not exist, as with OpenSSH. */
  async resolve(name: string): Promise<string> {
    const left = this.absolute(name === "" ? "." : name).split("/");
    let resolved = "";
    let links = 0;
    for (let part = left.shift(); part !== undefined; part = left.shift()) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        resolved = resolved.slice(0, Math.max(0, resolved.lastIndexOf("/")));
        continue;
      }
      const next = `${resolved}/${part}`;
      const target = await linkTarget(next, left.length === 0);
      if (target === undefined) {
        resolved = next;
        continue;
      }
      links += 1;
      if (links > maxLinks) throw new StatusError(statusCodes.noSuchFile);
      if (target.startsWith("/")) resolved = "";
      left.unshift(...target.split("/"));
    }
    return resolved === "" ? "/" : resolved;
  }
}

/** Where a link points to; nothing for what is no link, or what may be missing and is. */
async function linkTarget(path: string, mayBeMissing: boolean): Promise<string | undefined> {
  const bytes = Buffer.from(path, "latin1");
  try {
    if (!(await lstat(bytes)).isSymbolicLink()) return undefined;
  } catch (error) {
    if (mayBeMissing && error instanceof Error && "code" in error && error.code === "ENOENT")
      return undefined;
    throw error;
  }
  return await readlink(bytes, "latin1");
}
