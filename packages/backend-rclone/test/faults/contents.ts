import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** Objects by their names. */
export type Values = Readonly<Record<string, Uint8Array>>;
/** Length and digest of each object by its name; what may be there at one moment. */
export type Contents = Readonly<Record<string, string>>;

/** Bytes that differ from those of other seeds; letters and signs of ASCII, as some look at them as text. */
export function bytes(length: number, seed: number): Uint8Array {
  const value = new Uint8Array(length);
  for (let at = 0; at < length; at++) value[at] = 33 + ((at * 31 + (at >> 8) * 7 + seed * 17) % 89);
  return value;
}

/** What stands for a value in `Contents`. */
export function print(value: Uint8Array): string {
  return `${value.byteLength} ${createHash("sha1").update(value).digest("hex")}`;
}

/** `Contents` with these values. */
export function contents(values: Values): Contents {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, print(value)]));
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

/** A value in pieces, anew each time; `pauseMs` before each. */
export function inPieces(
  value: Uint8Array,
  length: number,
  pauseMs = 0,
): () => AsyncGenerator<Uint8Array, void, undefined> {
  return async function* pieces() {
    for (let at = 0; at < value.byteLength; at += length) {
      if (pauseMs > 0) await delay(pauseMs);
      yield value.subarray(at, at + length);
    }
  };
}
