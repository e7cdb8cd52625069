import { mustBeBoolean, refuseOption } from "@borgstore/core";
import { isRecord, isText, mustBeLine } from "./text-checks.ts";

/**
 * How the service encrypts what it stores. `"AES256"`: by a key of the service. `"aws:kms"`, `"aws:kms:dsse"`: by a key
 * of the AWS key management, `keyId`, else the account's default. `"customer-key"`: by a key of 32 bytes that goes
 * with each request and that the service forgets (SSE-C); without it nothing can be read again.
 */
export type S3Encryption =
  | { readonly algorithm: "AES256" }
  | {
      readonly algorithm: "aws:kms" | "aws:kms:dsse";
      readonly keyId?: string | undefined;
      /** Use a key of the bucket, for fewer requests to the key management. */
      readonly bucketKey?: boolean | undefined;
      /** Goes into the key management's log, and is no place for secrets. */
      readonly context?: Readonly<Record<string, string>> | undefined;
    }
  | {
      readonly algorithm: "customer-key";
      /** Secret, of 32 bytes; copied. */
      readonly key: Uint8Array;
    };

/** Which properties there are beside the algorithm. */
const partsOfEncryption: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["AES256", []],
  ["aws:kms", ["keyId", "bucketKey", "context"]],
  ["aws:kms:dsse", ["keyId", "bucketKey", "context"]],
  ["customer-key", ["key"]],
]);

/** Copied, so that later changes of the caller's key do nothing. */
export function copyEncryption(encryption: S3Encryption): S3Encryption {
  const algorithm = isRecord(encryption) ? encryption.algorithm : undefined;
  const parts = partsOfEncryption.get(algorithm);
  if (parts === undefined) {
    refuseOption(`encryption has an algorithm: one of ${[...partsOfEncryption.keys()].join(", ")}`);
  }
  mustBeKnownParts(encryption, parts);
  if (encryption.algorithm === "AES256") return { algorithm: encryption.algorithm };
  if (encryption.algorithm === "customer-key") {
    const { key } = encryption;
    if (!(key instanceof Uint8Array) || key.length !== 32) {
      refuseOption("encryption has a key that is a Uint8Array of 32 bytes");
    }
    return { algorithm: encryption.algorithm, key: Uint8Array.from(key) };
  }
  const { keyId, bucketKey, context } = encryption;
  mustBeLine("encryption.keyId", keyId);
  mustBeBoolean("encryption.bucketKey", bucketKey);
  if (context !== undefined && !(isRecord(context) && Object.values(context).every(isText))) {
    refuseOption("encryption.context is an object whose values are texts");
  }
  return {
    algorithm: encryption.algorithm,
    keyId,
    bucketKey,
    context: context === undefined ? undefined : { ...context },
  };
}

function mustBeKnownParts(encryption: S3Encryption, parts: readonly string[]): void {
  const { algorithm } = encryption;
  const unknown = Object.keys(encryption).find((name) => name !== "algorithm" && !parts.includes(name));
  if (unknown === undefined) return;
  refuseOption(`encryption has no ${JSON.stringify(unknown)} with algorithm ${JSON.stringify(algorithm)}`);
}
