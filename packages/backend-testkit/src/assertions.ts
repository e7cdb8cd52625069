import assert from "node:assert/strict";
import {
  StoreError,
  type Backend,
  type ItemInfo,
  type ListOptions,
  type StoreErrorCode,
} from "@borgstore/core";

/** What became of a call. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Waits for a call to settle. Fails when it throws synchronously: the contract's methods never do. */
export async function outcomeOf<T>(call: () => Promise<T>): Promise<Outcome<T>> {
  let promise: Promise<T>;
  try {
    promise = call();
  } catch (error) {
    return assert.fail(`the call threw synchronously instead of rejecting: ${String(error)}`);
  }
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** Asserts that a call rejects with a StoreError of one of the codes. Resolves with the error. */
export async function rejectsWith(
  call: () => Promise<unknown>,
  codes: StoreErrorCode | readonly StoreErrorCode[],
  what = "the call",
): Promise<StoreError> {
  const outcome = await outcomeOf(call);
  if (!("error" in outcome)) return assert.fail(`${what} did not reject, expected ${String(codes)}`);
  return hasCode(outcome.error, codes, what);
}

/** Asserts that an error is a StoreError of one of the codes. */
export function hasCode(
  error: unknown,
  codes: StoreErrorCode | readonly StoreErrorCode[],
  what = "the call",
): StoreError {
  const wanted = typeof codes === "string" ? [codes] : codes;
  if (!StoreError.is(error)) {
    return assert.fail(
      `${what} rejected with ${String(error)}, expected a StoreError ${wanted.join(" or ")}`,
    );
  }
  if (!wanted.includes(error.code)) {
    assert.fail(`${what} rejected with ${explain(error)}, expected ${wanted.join(" or ")}`);
  }
  return error;
}

/** An error in words, with what caused it: behind `UNEXPECTED` that is what an author has to see. */
function explain({ code, message, cause }: StoreError): string {
  const because = cause instanceof Error ? `, caused by ${cause.stack ?? cause.message}` : "";
  return `${code} (${message})${because}`;
}

/** Asserts that a call rejects with exactly this value. */
export async function rejectsWithValue(
  call: () => Promise<unknown>,
  value: unknown,
  what = "the call",
): Promise<void> {
  const outcome = await outcomeOf(call);
  if (!("error" in outcome)) assert.fail(`${what} did not reject`);
  assert.equal(outcome.error, value, `${what} rejected with something else than it had to`);
}

/** Asserts that two values are the same bytes; says where they differ instead of showing all of them. */
export function equalBytes(actual: Uint8Array, expected: Uint8Array, what = "the value"): void {
  assert.equal(actual.byteLength, expected.byteLength, `${what} has the wrong length`);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) {
      assert.fail(
        `${what} differs at byte ${i} of ${expected.length}: ${actual[i]} instead of ${expected[i]}`,
      );
    }
  }
}

/** Asserts that an object holds these bytes. */
export async function holds(backend: Backend, name: string, expected: Uint8Array): Promise<void> {
  equalBytes(await backend.load(name), expected, `the value of ${JSON.stringify(name)}`);
}

/** Asserts that there is no object of this name, by all three ways to look. */
export async function isAbsent(backend: Backend, name: string): Promise<void> {
  await rejectsWith(() => backend.load(name), "NOT_FOUND", `load(${JSON.stringify(name)})`);
  assert.equal((await backend.info(name)).exists, false, `info(${JSON.stringify(name)}) shows it`);
  const slash = name.lastIndexOf("/");
  const siblings = await listNames(backend, slash === -1 ? "" : name.slice(0, slash));
  assert.ok(!siblings.includes(name.slice(slash + 1)), `the listing shows ${JSON.stringify(name)}`);
}

/** All entries of a listing. */
export async function listItems(backend: Backend, name: string, options?: ListOptions): Promise<ItemInfo[]> {
  const items: ItemInfo[] = [];
  for await (const page of backend.list(name, options)) items.push(...page);
  return items;
}

/** The names of all entries of a listing, directories with a slash at the end, in the order they came. */
export async function listNames(backend: Backend, name: string, options?: ListOptions): Promise<string[]> {
  const items = await listItems(backend, name, options);
  return items.map((item) => (item.isDirectory ? `${item.name}/` : item.name));
}

/** Reads a stream to its end, checking that every piece is an array that its receiver may keep. */
export async function drain(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return joinBytes(pieces);
}

/** All pieces in one array. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** SHA-256 in lower-case hex. */
export async function sha256(value: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", value));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

// Only Node and its kin have setImmediate; elsewhere a timer comes as soon as possible, which takes a little longer.
const soon: (callback: () => void) => unknown =
  typeof setImmediate === "function" ? setImmediate : (callback) => setTimeout(callback, 0);

/** Lets everything that is ready go on, timers and finished I/O included, without waiting for any time to pass. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void soon(resolve));
}

/** Calls `look` again and again while `work` is under way, at least once, and once more after it. */
export async function whileUnderWay(work: Promise<unknown>, look: () => Promise<void>): Promise<void> {
  const state = { isUnderWay: true };
  const leave = (): void => void (state.isUnderWay = false);
  const ended = work.then(leave, leave);
  try {
    while (state.isUnderWay) {
      await look();
      await turn();
    }
    await look();
  } finally {
    await ended;
  }
  await work;
}
