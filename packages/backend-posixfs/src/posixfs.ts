import {
  defineBackend,
  StoreError,
  withPermissions,
  type Backend,
  type BackendProvider,
} from "@borgstore/core";
import { isAbsolute } from "node:path";
import { PosixfsDriver } from "./driver.ts";
import { checkOptions, type PosixfsOptions } from "./options.ts";
import { QuotaDriver } from "./quota/quota-driver.ts";
import { pathOfUrl, tidyPath } from "./url.ts";

/** Options of {@link posixfsBackend}: the place, and what the URL form takes as well. */
export interface PosixfsBackendOptions extends PosixfsOptions {
  /** Absolute path of the storage's directory. */
  readonly path: string;
}

/**
 * A backend that keeps objects as files in a directory, for programs that have a path and no URL. No I/O.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a path that is not absolute and for options out of range.
 */
export function posixfsBackend(options: PosixfsBackendOptions): Backend {
  const { path, ...others } = options;
  if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0")) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `path is an absolute path, not ${JSON.stringify(path)}`,
    });
  }
  return makeBackend(tidyPath(path), others);
}

/** Provider of `file:///absolute/path`. */
export const posixfs: BackendProvider<PosixfsOptions> = {
  name: "posixfs",
  schemes: ["file"],
  fromUrl: (url, options = {}) => makeBackend(pathOfUrl(url), options),
};

function makeBackend(base: string, options: PosixfsOptions): Backend {
  const settings = checkOptions(options);
  const { quota } = settings;
  const backend = defineBackend(
    quota === undefined ? new PosixfsDriver(base, settings) : new QuotaDriver(base, settings, quota),
  );
  return options.permissions === undefined ? backend : withPermissions(backend, options.permissions);
}
