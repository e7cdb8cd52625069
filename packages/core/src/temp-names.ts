import { StoreError } from "./errors.ts";

// The first form is ours and that of the reference's posixfs, the second that of its sftp.
const pattern = /^(?:tmp[a-z0-9_]{8,}|[a-z]{8})\.tmp$/;

/**
 * Names of temporary files, for backends that write a value beside its place and rename it when it is complete. They
 * end in `.tmp`, so that every reader of the layout, the reference's too, takes them for temporary files. A process
 * makes one instance, when its module is loaded, and shares it among all its backends.
 */
export class TempNames {
  readonly #prefix: string;
  #count = 0;

  /**
   * @param token what tells these names from those of everybody else: at least 8 of `[a-z0-9]`; by default 64 random
   *   bits
   * @throws StoreError `INVALID_ARGUMENT` for a token of another form: others would not know its names as temporary.
   */
  constructor(token: string = randomToken()) {
    if (!/^[a-z0-9]{8,}$/.test(token)) {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: `a token is at least 8 of a-z and 0-9, not ${JSON.stringify(token)}`,
      });
    }
    this.#prefix = `tmp${token}_`;
  }

  /** A file name that nobody else uses, of 25 characters or a few more: `tmp`, the token, `_`, a counter, `.tmp`. */
  next(): string {
    this.#count++;
    return `${this.#prefix}${this.#count.toString(36)}.tmp`;
  }

  /**
   * Whether a file name is one of a temporary file of somebody else: of another process or an ended one, or of the
   * reference, whose posixfs makes `tmp` and 8 of `[a-z0-9_]`, and whose sftp 8 letters, before the `.tmp`. It may be
   * in use: only its age tells whether it was left behind.
   */
  isForeign(fileName: string): boolean {
    return pattern.test(fileName) && !fileName.startsWith(this.#prefix);
  }
}

function randomToken(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
