import { defineBackend, type Backend, type BackendProvider } from "@borgstore/core";
import { connectTo } from "./connect.ts";
import { SftpDriver } from "./driver.ts";
import { checkOptions, type SftpOptions } from "./options.ts";
import { checkPlace, placeOfUrl, urlOfPlace, type SftpPlace } from "./url.ts";

/** Options of {@link sftpBackend}: the place, and what the URL form takes as well. */
export interface SftpBackendOptions extends SftpOptions {
  /** Host name, alias of the ssh configuration, or address. */
  readonly host: string;
  /** @default as the ssh configuration says */
  readonly user?: string | undefined;
  /** @default as the ssh configuration says, else 22 */
  readonly port?: number | undefined;
  /** Directory of the storage on the server: absolute, or relative to where the login leads. */
  readonly path: string;
}

/**
 * A backend that keeps objects as files on an SFTP server, for programs that have its parts and no URL. No I/O.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a place that cannot be and for options out of range.
 */
export function sftpBackend(options: SftpBackendOptions): Backend {
  const { host, user, port, path, ...others } = options;
  return makeBackend(checkPlace({ host, user, port, path }, "INVALID_ARGUMENT"), others);
}

/** Provider of `sftp://[user@]host[:port]/path`. */
export const sftp: BackendProvider<SftpOptions> = {
  name: "sftp",
  schemes: ["sftp"],
  fromUrl: (url, options = {}) => makeBackend(placeOfUrl(url), options),
};

function makeBackend(place: SftpPlace, options: SftpOptions): Backend {
  const settings = checkOptions(options);
  return defineBackend(
    new SftpDriver({
      settings,
      path: place.path,
      url: urlOfPlace(place),
      connect: connectTo(place, settings),
    }),
  );
}
