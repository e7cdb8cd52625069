import { concatBytes } from "../bytes.ts";
import type { BackendDriver } from "../driver.ts";
import { StoreError } from "../errors.ts";
import { makeHasher, webCryptoHashers } from "../hashing.ts";
import { nestName } from "../nesting.ts";
import type { DefragSource, DefragTarget, OperationOptions } from "../options.ts";

/** Fills in `defrag`: loads the parts, joins them, and stores the result. Holds the result in memory. */
export async function defragByLoading(
  driver: BackendDriver,
  sources: readonly DefragSource[],
  target: DefragTarget,
  options: OperationOptions,
): Promise<string> {
  // Made first, so that an unknown algorithm is refused before any I/O.
  const hasher =
    "name" in target ? undefined : makeHasher(driver.hashers ?? webCryptoHashers, target.algorithm);
  const parts: Uint8Array[] = [];
  for (const { name, offset, size } of sources) {
    const part = await driver.load(name, { offset, size, signal: options.signal });
    if (part.byteLength !== size) {
      throw new StoreError("RANGE", {
        key: name,
        detail: `wanted ${size} bytes at offset ${offset}, got ${part.byteLength}`,
      });
    }
    parts.push(part);
  }
  const value = concatBytes(parts);
  const name =
    hasher === undefined ? (target as { name: string }).name : await nameByContent(target, hasher, value);
  await driver.store(name, value, options);
  return name;
}

async function nameByContent(
  target: DefragTarget,
  hasher: { update(bytes: Uint8Array): void; digestHex(): string | Promise<string> },
  value: Uint8Array,
): Promise<string> {
  hasher.update(value);
  const key = await hasher.digestHex();
  const { namespace, level } = target as { namespace: string; level: number };
  return nestName(namespace === "" ? key : `${namespace}/${key}`, level);
}
