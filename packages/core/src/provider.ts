import type { Backend } from "./backend.ts";

/**
 * What a backend package exports so that a store can be opened by URL, e.g. `posixfs`. Also usable directly:
 * `posixfs.fromUrl("file:///srv/store", { durability: "each" })`.
 */
export interface BackendProvider<Options extends object = object> {
  /** Name of the backends it makes, as in `Backend.name`. */
  readonly name: string;
  /** URL schemes without the colon, lower case. */
  readonly schemes: readonly string[];
  /**
   * Makes a backend from a URL. No I/O, no timers: that starts with `create` or `open`.
   *
   * @throws StoreError `INVALID_URL` with the right form in the message and secrets removed;
   *   `INVALID_ARGUMENT` for options out of range.
   */
  fromUrl(url: string, options?: Options): Backend;
}
