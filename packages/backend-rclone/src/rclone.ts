import { defineBackend, type Backend, type BackendProvider } from "@borgstore/core";
import { connect } from "./connect.ts";
import { RcloneDriver } from "./driver.ts";
import { checkOptions, type RcloneOptions } from "./options.ts";
import { checkPlace, placeOfUrl, urlOfPlace, type RclonePlace } from "./url.ts";

/** Options of {@link rcloneBackend}: the place, and what the URL form takes as well. */
export interface RcloneBackendOptions extends RcloneOptions {
  /** Remote and path as rclone takes them: `remote:path`, `:type,option=value:path`, or an absolute local path. */
  readonly remote: string;
}

/**
 * A backend that keeps objects on a remote of rclone, for programs that have its parts and no URL. No I/O.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a remote that cannot be and for options out of range.
 */
export function rcloneBackend(options: RcloneBackendOptions): Backend {
  const { remote, ...others } = options;
  return makeBackend(checkPlace({ remote }, "INVALID_ARGUMENT"), others);
}

/** Provider of `rclone:remote:path`. */
export const rclone: BackendProvider<RcloneOptions> = {
  name: "rclone",
  schemes: ["rclone"],
  fromUrl: (url, options = {}) => makeBackend(placeOfUrl(url), options),
};

function makeBackend(place: RclonePlace, options: RcloneOptions): Backend {
  const settings = checkOptions(options);
  return defineBackend(
    new RcloneDriver({ settings, url: urlOfPlace(place), connect: () => connect(place, settings) }),
  );
}
