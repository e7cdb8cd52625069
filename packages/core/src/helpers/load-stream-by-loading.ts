import type { BackendDriver } from "../driver.ts";
import type { LoadOptions } from "../options.ts";

const pieceBytes = 1024 * 1024;

/** Fills in `loadStream`: loads the part wanted whole and hands it out in pieces of 1 MiB. */
async function* loadStreamByLoading(
  driver: BackendDriver,
  name: string,
  options: LoadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const value = await driver.load(name, options);
  if (value.byteLength <= pieceBytes) {
    if (value.byteLength > 0) yield value;
    return;
  }
  for (let at = 0; at < value.byteLength; at += pieceBytes) yield value.slice(at, at + pieceBytes);
}

/** The driver's own stream where it has one, else the one made by loading. */
export function streamPieces(
  driver: BackendDriver,
  name: string,
  options: LoadOptions,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  return driver.loadStream?.(name, options) ?? loadStreamByLoading(driver, name, options);
}
