import { StoreError, throwIfAborted, type TempNames, type CallSignal } from "@borgstore/core";
import type { Call } from "./rc-client.ts";
import type { Remote } from "./remote.ts";
import { upload } from "./uploads.ts";

const one = Buffer.from("1");
const other = Buffer.from("22");

/**
 * Finds out once whether the remote replaces an object by moving another one onto it, with two temporary objects that
 * are removed again. Some refuse, some keep both.
 */
export class ReplaceProbe {
  readonly #remote: Remote;
  readonly #tempNames: TempNames;
  #known: Promise<boolean> | undefined;

  constructor(remote: Remote, tempNames: TempNames) {
    this.#remote = remote;
    this.#tempNames = tempNames;
  }

  /** @throws StoreError a failure that may pass, after which the next call asks again. */
  async replaces(signal: CallSignal | undefined): Promise<boolean> {
    if (this.#remote.features.hasDuplicates) return false;
    // Asked on behalf of all who wait for it, so the abort of one ends nothing.
    this.#known ??= this.#ask({ signal: undefined });
    const asking = this.#known;
    try {
      return await asking;
    } catch (error) {
      if (this.#known === asking) this.#known = undefined;
      throwIfAborted(signal);
      throw error;
    }
  }

  async #ask(call: Call): Promise<boolean> {
    const [from, to] = [this.#tempNames.next(), this.#tempNames.next()];
    try {
      await upload(this.#remote, to, { value: other }, call);
      await upload(this.#remote, from, { value: one }, call);
      try {
        await this.#remote.move(from, to, call);
      } catch (error) {
        if (isPassing(error)) throw error;
        return false;
      }
      const [left, moved] = [await this.#remote.stat(from, call), await this.#remote.stat(to, call)];
      return left === undefined && moved?.size === one.byteLength;
    } finally {
      for (const name of [from, to]) await this.#remote.delete(name, call).catch(() => undefined);
    }
  }
}

/** Whether a failure says nothing of what the remote can do. */
function isPassing(error: unknown): boolean {
  if (!StoreError.is(error)) return true;
  return ["CONNECTION", "TIMEOUT", "RATE_LIMITED", "NOT_OPEN"].includes(error.code);
}
