import { StoreError } from "./errors.ts";
import type { ByteSource, StreamSource } from "./options.ts";

/**
 * The bytes of any view, without copying: the view's own part of its buffer, whatever its element type.
 *
 * @throws StoreError `INVALID_ARGUMENT` when it is no view of an ArrayBuffer, or one whose buffer was transferred
 *   to somebody else: it looks empty, and storing it as that would lose the value.
 */
export function toBytes(value: ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(value)) {
    if (value.byteLength === 0) mustNotBeDetached(value);
    if (value instanceof Uint8Array) return value;
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `a value is a Uint8Array or another view of an ArrayBuffer, not ${describeType(value)}${adviceFor(value)}`,
  });
}

/**
 * Starts a source: calls it when it is a function, and checks that it can be iterated. Its pieces are checked
 * as they come.
 *
 * @throws StoreError `INVALID_ARGUMENT` when it is no source, and later out of the iteration for a piece that
 *   is no view of an ArrayBuffer.
 */
export function startSource(source: StreamSource): AsyncIterable<Uint8Array> {
  const started: unknown = typeof source === "function" ? source() : source;
  const isSource =
    !ArrayBuffer.isView(started) &&
    (isIterable(started, Symbol.asyncIterator) || isIterable(started, Symbol.iterator));
  if (!isSource) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `a source is an iterable of Uint8Arrays or a function that makes one, not ${describeType(started)}`,
    });
  }
  return checkedPieces(started as ByteSource);
}

/** Whether something is an object that can be iterated in this way. */
export function isIterable(value: unknown, by: typeof Symbol.iterator): value is Iterable<unknown>;
export function isIterable(value: unknown, by: typeof Symbol.asyncIterator): value is AsyncIterable<unknown>;
export function isIterable(value: unknown, by: symbol): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<symbol, unknown>)[by] === "function"
  );
}

function mustNotBeDetached(value: ArrayBufferView): void {
  try {
    // Refused by a buffer without memory. Its property `detached` says the same, but only since Node 21.
    void new Uint8Array(value.buffer, 0, 0);
  } catch (error) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: "the memory of the value was transferred to somebody else",
      cause: error,
    });
  }
}

async function* checkedPieces(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of source) yield toBytes(piece);
}

/** A copy in memory of its own. (`slice` of a Node Buffer, which is a Uint8Array too, would share memory.) */
export function copyBytes(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(value);
}

/** Joins byte arrays into a new one. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.byteLength;
  const whole = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.byteLength;
  }
  return whole;
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How to make a view of what is given most often instead of one. */
function adviceFor(value: unknown): string {
  if (typeof value === "string") return "; new TextEncoder().encode(text) makes one";
  return value instanceof ArrayBuffer ? "; new Uint8Array(buffer) makes one" : "";
}

/** What something is, for messages: `null`, `string`, `an array`, `a Blob`. */
export function describeType(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  const name = Array.isArray(value) ? "array" : (value.constructor?.name ?? "object");
  return `${/^[AEIO]/i.test(name) ? "an" : "a"} ${name}`;
}
