import type { Backend } from "../backend.ts";
import { mapSource, releaseSource } from "./map-source.ts";
import type { StoreStreamCall } from "./operation-call.ts";

/**
 * The source of a `storeStream` over several attempts. Pieces that can be read only once must survive an attempt
 * that did not read them: whoever gets them releases them when it fails, and a released generator is empty, so that
 * the next attempt would store nothing and call it a success.
 */
export class RepeatedSource {
  readonly #backend: Backend;
  readonly #call: StoreStreamCall;
  #isTouched = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(backend: Backend, call: StoreStreamCall) {
    this.#backend = backend;
    this.#call = call;
  }

  /** The call for one attempt. One that does not read the source leaves it as it is, for the next attempt. */
  attempt(): StoreStreamCall {
    return mapSource(
      this.#backend,
      this.#call,
      (pieces) => this.#watch(pieces),
      () => Promise.resolve(),
    );
  }

  /** After the last attempt. Never rejects: why nothing was stored says more than a source that cannot be stopped. */
  async release(): Promise<void> {
    if (!this.#isTouched) await releaseSource(this.#call.source).catch(() => undefined);
  }

  canRepeat(): boolean {
    return !this.#isTouched || typeof this.#call.source === "function";
  }

  hasFailedWith(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure.error === error;
  }

  async *#watch(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    this.#isTouched = true;
    try {
      yield* pieces;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}
