import { throwIfAborted } from "../abort.ts";
import { callSignal } from "../call-abort.ts";
import { concatBytes, copyBytes } from "../bytes.ts";
import type { BackendDriver } from "../driver.ts";
import type { ByteSource, StoreOptions } from "../options.ts";

/** Fills in `storeStream`: collects the pieces in memory, then stores them as one value. */
export async function storeStreamByBuffering(
  driver: BackendDriver,
  name: string,
  source: ByteSource,
  options: StoreOptions,
): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(copyBytes(piece));
  throwIfAborted(callSignal(options));
  await driver.store(name, concatBytes(pieces), options);
}
