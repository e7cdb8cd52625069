import { throwIfAborted } from "../abort.ts";
import { callSignal } from "../call-abort.ts";
import type { BackendDriver } from "../driver.ts";
import { makeHasher, webCryptoHashers } from "../hashing.ts";
import type { OperationOptions } from "../options.ts";
import { streamPieces } from "./load-stream-by-loading.ts";

/** Fills in `hash`: reads the value in pieces through the driver's hashers. */
export async function hashByLoading(
  driver: BackendDriver,
  name: string,
  algorithm: string,
  options: OperationOptions,
): Promise<string> {
  const hasher = makeHasher(driver.hashers ?? webCryptoHashers, algorithm);
  for await (const piece of streamPieces(driver, name, options)) {
    throwIfAborted(callSignal(options));
    hasher.update(piece);
  }
  return await hasher.digestHex();
}
