import { concatBytes, copyBytes, toHex } from "./bytes.ts";
import { StoreError } from "./errors.ts";

/** Computes one digest. */
export interface Hasher {
  /** Adds bytes; they are read before the call returns. */
  update(bytes: Uint8Array): void;
  /** The digest as lower-case hex. Nothing may be called after it. */
  digestHex(): string | Promise<string>;
}

/**
 * Makes a hasher, or returns `undefined` for an algorithm it does not know. Gets names as Python's hashlib has
 * them, in lower case: `sha256`, `sha3_256`, `blake2b`, …
 */
export type HasherFactory = (algorithm: string) => Hasher | undefined;

/** The default algorithm of `hash`, as in the reference. */
export const defaultHashAlgorithm = "sha256";

/**
 * The name of an algorithm in lower case, as factories and drivers get it.
 *
 * @throws StoreError `INVALID_ARGUMENT` when it is no string.
 */
export function checkAlgorithm(algorithm: string): string {
  if (typeof algorithm === "string") return algorithm.toLowerCase();
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `the name of a hash algorithm is a string, not ${typeof algorithm}`,
  });
}

/**
 * A hasher for an algorithm in any case.
 *
 * @throws StoreError `UNSUPPORTED` when the factory does not know it; `INVALID_ARGUMENT` when it is no string.
 */
export function makeHasher(factory: HasherFactory, algorithm: string): Hasher {
  const hasher = factory(checkAlgorithm(algorithm));
  if (hasher === undefined) {
    throw new StoreError("UNSUPPORTED", {
      detail: `hash algorithm ${JSON.stringify(algorithm)} is not known here`,
    });
  }
  return hasher;
}

const webCryptoNames = new Map([
  ["sha1", "SHA-1"],
  ["sha256", "SHA-256"],
  ["sha384", "SHA-384"],
  ["sha512", "SHA-512"],
]);

/** SHA-1 and SHA-2 by WebCrypto, which cannot stream: the value is held in memory until the digest is asked for. */
export const webCryptoHashers: HasherFactory = (algorithm) => {
  const webName = webCryptoNames.get(algorithm);
  if (webName === undefined) return undefined;
  const parts: Uint8Array[] = [];
  return {
    update: (bytes) => void parts.push(copyBytes(bytes)),
    digestHex: async () => toHex(new Uint8Array(await crypto.subtle.digest(webName, concatBytes(parts)))),
  };
};

/** The part of `node:crypto` that {@link nodeHashers} needs. */
export interface NodeCrypto {
  createHash(algorithm: string): { update(data: Uint8Array): unknown; digest(encoding: "hex"): string };
  getHashes(): readonly string[];
}

// Node lists signature schemes and internals of TLS among the digests.
const notForContent = /^shake|^rsa-|^id-|^ssl3-|^md5-sha1$|rsa$|encryption$/;

/**
 * All algorithms of `node:crypto`, streaming, under hashlib's names. Pass the module: this package imports
 * nothing from Node. Extendable-output functions (`shake_*`) have no fixed length and are not offered. The factory
 * throws `UNSUPPORTED` for an algorithm that the library lists but refuses to compute (old ones in OpenSSL 3, FIPS).
 */
export function nodeHashers(nodeCrypto: NodeCrypto): HasherFactory {
  const known = new Map<string, string>();
  for (const name of nodeCrypto.getHashes()) {
    const lower = name.toLowerCase();
    if (notForContent.test(lower)) continue;
    known.set(lower, name);
    known.set(lower.replaceAll("-", "_"), name);
  }
  const aliases: readonly (readonly [string, string])[] = [
    ["blake2b", "blake2b512"],
    ["blake2s", "blake2s256"],
  ];
  for (const [alias, name] of aliases) {
    const found = known.get(name);
    if (found !== undefined) known.set(alias, found);
  }
  return (algorithm) => {
    const name = known.get(algorithm);
    if (name === undefined) return undefined;
    const hash = createHash(nodeCrypto, name);
    return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest("hex") };
  };
}

function createHash(nodeCrypto: NodeCrypto, name: string): ReturnType<NodeCrypto["createHash"]> {
  try {
    return nodeCrypto.createHash(name);
  } catch (cause) {
    throw new StoreError("UNSUPPORTED", {
      detail: `the crypto library refuses hash algorithm ${JSON.stringify(name)}`,
      cause,
    });
  }
}
