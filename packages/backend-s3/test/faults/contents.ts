import { createHash } from "node:crypto";

/** Length and ETag of each object by its name; what may be there at one moment. The empty name is the marker's. */
export type Contents = Readonly<Record<string, string>>;
/** Objects by their names. */
export type Values = Readonly<Record<string, Uint8Array>>;

/** What values are stored in parts of. */
export const partSize = 5 * 1024 * 1024;

/** Bytes that differ from those of every other seed. */
export function bytes(length: number, seed: number): Uint8Array {
  const value = new Uint8Array(length);
  for (let at = 0; at < length; at++)
    value[at] = (at * 31 + (at >> 8) * 7 + (at >> 16) * 3 + seed * 101) & 0xff;
  return value;
}

function md5(value: Uint8Array): Buffer {
  return createHash("md5").update(value).digest();
}

/** What stands for a value that was stored by one request, whatever its length. */
export function printAtOnce(value: Uint8Array): string {
  return `${value.byteLength} ${md5(value).toString("hex")}`;
}

/** What stands for a value in `Contents`: services compute the ETag of what has arrived. */
export function print(value: Uint8Array): string {
  const length = value.byteLength;
  if (length <= partSize) return printAtOnce(value);
  const count = Math.ceil(length / partSize);
  const digests = Array.from({ length: count }, (_, at) =>
    md5(value.subarray(at * partSize, (at + 1) * partSize)),
  );
  return `${length} ${md5(Buffer.concat(digests)).toString("hex")}-${count}`;
}

/** `Contents` with these values and the marker of the storage. */
export function contents(values: Values): Contents {
  const prints = Object.entries(values).map(([name, value]) => [name, print(value)]);
  return Object.fromEntries([["", print(new Uint8Array(0))], ...prints]);
}

/** Without some of them. */
export function without(values: Values, ...names: readonly string[]): Contents {
  return contents(Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name))));
}

/** Reads a stream whole. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of stream) all.push(piece);
  return Buffer.concat(all);
}

/** Names of a listing. */
export async function namesOf(pages: AsyncIterable<readonly { readonly name: string }[]>): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pages) names.push(...page.map(({ name }) => name));
  return names;
}

/** A value in pieces, anew each time. */
export function inPieces(value: Uint8Array, length: number): () => Generator<Uint8Array> {
  return function* pieces() {
    for (let at = 0; at < value.byteLength; at += length) yield value.subarray(at, at + length);
  };
}
