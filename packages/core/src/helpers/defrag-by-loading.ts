import { throwIfAborted } from "../abort.ts";
import { callSignal } from "../call-abort.ts";
import { concatBytes } from "../bytes.ts";
import type { BackendDriver } from "../driver.ts";
import { StoreError } from "../errors.ts";
import { makeHasher, webCryptoHashers, type Hasher } from "../hashing.ts";
import { checkName } from "../names.ts";
import { checkKeyLength, nestName } from "../nesting.ts";
import type { DefragSource, DefragTarget, OperationOptions } from "../options.ts";

/** Fills in `defrag`: loads the parts, joins them, and stores the result. Holds the result in memory. */
export async function defragByLoading(
  driver: BackendDriver,
  sources: readonly DefragSource[],
  target: DefragTarget,
  options: OperationOptions,
): Promise<string> {
  // Made first, so that an unknown algorithm is refused before any I/O.
  const nameOf = "name" in target ? undefined : namer(driver, target);
  const parts: Uint8Array[] = [];
  for (const { name, offset, size } of sources) {
    throwIfAborted(callSignal(options));
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
  const name = nameOf === undefined ? (target as { name: string }).name : await nameOf(value);
  throwIfAborted(callSignal(options));
  await driver.store(name, value, options);
  return name;
}

/** Names a value by its digest. The driver behind this is not guarded, so the new name is checked here. */
function namer(
  driver: BackendDriver,
  { namespace, level, algorithm }: Exclude<DefragTarget, { readonly name: string }>,
): (value: Uint8Array) => Promise<string> {
  const hasher: Hasher = makeHasher(driver.hashers ?? webCryptoHashers, algorithm);
  return async (value) => {
    hasher.update(value);
    const digest = await hasher.digestHex();
    const key = namespace === "" ? digest : `${namespace}/${digest}`;
    checkKeyLength(key, level);
    const name = nestName(key, level);
    checkName(name);
    return name;
  };
}
