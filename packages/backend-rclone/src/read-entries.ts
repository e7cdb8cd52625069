import { StoreError } from "@borgstore/core";

/** An entry of a directory, as rclone tells it. */
export type Entry = Readonly<Record<string, unknown>>;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Where the entries are: in the array of the one member that the answer has. */
const entryDepth = 3;

/** Answers up to this size are parsed as one, which is twice as fast as entry by entry. */
const wholeBytes = 8 * 1024 * 1024;

/** Reads the answer to a listing: as one text, unless it is a large one. */
export class ListingReader {
  readonly #entries = new EntryReader();
  #held: Buffer[] = [];
  #length = 0;

  /** Takes the next bytes, and returns the entries of a large answer that are complete with them. */
  push(chunk: Buffer): readonly Entry[] {
    this.#length += chunk.byteLength;
    this.#held.push(chunk);
    if (this.#length <= wholeBytes) return [];
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    this.#held = [];
    return this.#entries.push(bytes);
  }

  /**
   * Returns the entries that were not returned before.
   *
   * @throws StoreError `INTEGRITY` when the answer is not complete.
   */
  end(): readonly Entry[] {
    const bytes = Buffer.concat(this.#held);
    const whole = this.#length <= wholeBytes ? parseListing(bytes) : undefined;
    if (whole !== undefined) return whole;
    // Of what is not whole, this tells why.
    const rest = this.#entries.push(bytes);
    this.#entries.end();
    return rest;
  }
}

/** `undefined` when it is no listing. */
function parseListing(bytes: Buffer): readonly Entry[] | undefined {
  try {
    const { list } = JSON.parse(bytes.toString("utf8")) as { readonly list?: unknown };
    return list === null ? [] : Array.isArray(list) ? (list as readonly Entry[]) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Finds the entries in the answer to a listing while it arrives: that of a large directory would be too long for one
 * text. Expects `{"list":[{…},…]}` with blanks anywhere, or `null` for the array.
 */
export class EntryReader {
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #hasEnded = false;
  /** From the start of an entry that is not complete. */
  #begun: Buffer = Buffer.alloc(0);

  /** Takes the next bytes, and returns the entries that are complete with them. */
  push(chunk: Buffer): readonly Entry[] {
    const isWithin = this.#depth >= entryDepth;
    const from = isWithin ? this.#begun.byteLength : 0;
    const bytes = isWithin ? Buffer.concat([this.#begun, chunk]) : chunk;
    const found: Entry[] = [];
    let start = 0;
    for (let at = from; at < bytes.byteLength; at++) {
      const byte = bytes[at];
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === backslash) this.#isEscaped = true;
        else if (byte === quote) this.#isInText = false;
      } else if (byte === quote) {
        this.#isInText = true;
      } else if (byte === openBrace || byte === openBracket) {
        this.#depth++;
        if (this.#depth === entryDepth) start = at;
      } else if (byte === closeBrace || byte === closeBracket) {
        if (this.#depth === entryDepth) found.push(parseEntry(bytes.subarray(start, at + 1)));
        this.#depth--;
        if (this.#depth === 0) this.#hasEnded = true;
      }
    }
    this.#begun = this.#depth >= entryDepth ? bytes.subarray(start) : Buffer.alloc(0);
    return found;
  }

  /** @throws StoreError `INTEGRITY` when the answer is not complete. */
  end(): void {
    if (this.#hasEnded) return;
    throw new StoreError("INTEGRITY", { detail: "rclone's listing ends in the middle", retryable: true });
  }
}

function parseEntry(bytes: Buffer): Entry {
  try {
    return JSON.parse(bytes.toString("utf8")) as Entry;
  } catch (cause) {
    throw new StoreError("UNEXPECTED", { detail: "rclone's listing is no JSON", cause });
  }
}
