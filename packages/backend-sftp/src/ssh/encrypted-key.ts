import { readSshString } from "./public-key.ts";

/** What the clear part of a private key of OpenSSH's own format says (PROTOCOL.key). */
interface KeyEnvelope {
  readonly cipher: string;
  readonly publicKey: Uint8Array | undefined;
}

/** Whether the text looks like a private key at all, in any of the PEM-like formats. */
export function isPrivateKey(text: string): boolean {
  return /^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/m.test(text) || text.startsWith("PuTTY-User-Key-File-");
}

/**
 * Whether a private key needs a passphrase: OpenSSH's format with a cipher other than `none`, PKCS#1 and SEC1 with an
 * encryption header (RFC 1421), PKCS#8 encrypted, PuTTY's. Without a passphrase that can be told only by looking.
 */
export function isEncryptedKey(text: string): boolean {
  const envelope = readEnvelope(text);
  if (envelope !== undefined) return envelope.cipher !== "none";
  if (text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----")) return true;
  if (text.startsWith("PuTTY-User-Key-File-")) return !/^Encryption: none\s*$/m.test(text);
  return /^Proc-Type: *4, *ENCRYPTED\s*$/m.test(text);
}

/** The public half of a private key, which OpenSSH's format holds in the clear; `undefined` in other formats. */
export function publicHalfOf(text: string): Uint8Array | undefined {
  return readEnvelope(text)?.publicKey;
}

function readEnvelope(text: string): KeyEnvelope | undefined {
  const [, base64] =
    /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]*)-----END OPENSSH PRIVATE KEY-----/.exec(text) ??
    [];
  if (base64 === undefined) return undefined;
  const data = Buffer.from(base64, "base64");
  const magic = "openssh-key-v1\0";
  if (data.toString("latin1", 0, magic.length) !== magic) return undefined;
  // string cipher, string kdf, string kdf options, uint32 number of keys, string public key
  const cipher = readSshString(data, magic.length);
  if (cipher === undefined) return undefined;
  const kdf = readSshString(data, magic.length + 4 + cipher.length);
  const afterKdf = magic.length + 8 + cipher.length + (kdf?.length ?? 0);
  const kdfOptions = kdf && readSshString(data, afterKdf);
  const publicKey = kdfOptions && readSshString(data, afterKdf + 4 + kdfOptions.length + 4);
  return { cipher: Buffer.from(cipher).toString("latin1"), publicKey };
}
