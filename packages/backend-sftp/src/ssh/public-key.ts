import { createHash } from "node:crypto";

/**
 * The type of a public key, the first string of its blob (RFC 4253, section 6.6): `ssh-ed25519`, `ssh-rsa`, …;
 * `"unknown"` for bytes that are no key.
 */
export function keyTypeOf(blob: Uint8Array): string {
  const type = readSshString(blob, 0);
  if (type === undefined || type.length === 0 || type.length > 100) return "unknown";
  const name = Buffer.from(type).toString("latin1");
  return /^[\x21-\x7E]+$/.test(name) ? name : "unknown";
}

/** `SHA256:` and base64 without padding, as ssh-keygen prints it. */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/**
 * The key of a line like those of `id_*.pub`: type, base64, comment. `undefined` when it is none; the type in front
 * must be that of the blob.
 */
export function parsePublicKeyLine(line: string): Uint8Array | undefined {
  const [type = "", base64 = ""] = line.trim().split(/[ \t]+/);
  const blob = decodeKey(base64);
  return blob !== undefined && keyTypeOf(blob) === type ? blob : undefined;
}

/** Bytes of a key in base64; `undefined` for what is not plain base64. */
export function decodeKey(base64: string): Uint8Array | undefined {
  if (base64.length < 8 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  return Buffer.from(base64, "base64");
}

/** The bytes of a string of RFC 4251, section 5, at `offset`; `undefined` when it does not fit into `data`. */
export function readSshString(data: Uint8Array, offset: number): Uint8Array | undefined {
  if (offset + 4 > data.byteLength) return undefined;
  const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(offset);
  const start = offset + 4;
  return start + length <= data.byteLength ? data.subarray(start, start + length) : undefined;
}

/** Whether two keys are the same bytes. */
export function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
