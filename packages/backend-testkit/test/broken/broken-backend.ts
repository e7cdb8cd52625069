import { StoreError, type Backend, type StoreErrorCode } from "@borgstore/core";
import { overrideBackend } from "../../src/index.ts";
import type { World, worldKinds } from "../worlds.ts";

/** A backend that is right in everything but one thing. */
export interface BrokenBackend {
  /** Unique, for the matrix. */
  readonly id: string;
  /** What is wrong with it. */
  readonly defect: string;
  /** The kind of good backend that it is made of. */
  readonly kind: keyof typeof worldKinds;
  readonly alter: (inner: Backend, world: Omit<World, "backend">) => Backend;
  /**
   * What `alter` replaces, when it does nothing else: a case that uses none of that cannot see the defect.
   *
   * @default anything
   */
  readonly overrides?: Overrides;
}

/** Makes what replaces the methods of a good backend. */
export type Overrides = (inner: Backend, world: Omit<World, "backend">) => Partial<Backend>;

/** A broken backend that replaces some methods of a good one. */
export function broken(
  id: string,
  defect: string,
  overrides: Overrides,
  kind: BrokenBackend["kind"] = "tree",
): BrokenBackend {
  const alter: BrokenBackend["alter"] = (inner, world) => overrideBackend(inner, overrides(inner, world));
  return { id, defect, kind, alter, overrides };
}

/** Resolves with what a call does, or with `instead` when it fails with this code. */
export async function forgiving<T>(
  call: () => Promise<T>,
  code: StoreErrorCode,
  instead: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!StoreError.is(error, code)) throw error;
    return await instead();
  }
}

/** Does a call, but fails with another code when it fails with this one. */
export async function recoded<T>(
  call: () => Promise<T>,
  from: StoreErrorCode,
  to: StoreErrorCode,
): Promise<T> {
  return await forgiving(call, from, () => {
    throw new StoreError(to);
  });
}

/** Lets others take their turn: the moment that a race needs. */
export async function pause(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** The bytes of any view. */
export function bytesOfView(value: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
}

/** Reads an iterable to its end. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of iterable) all.push(one);
  return all;
}
