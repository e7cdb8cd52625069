import { createPrivateKey } from "node:crypto";

import type { ParsedKey } from "ssh2";

/**
 * A private key for ssh2, out of the text of its file; `undefined` when it cannot be read, which with a passphrase
 * mostly means that the passphrase is wrong. Errors of the parsers are dropped: some quote what they could not read.
 */
export async function loadPrivateKey(text: string, passphrase?: string): Promise<ParsedKey | undefined> {
  // ssh2 is CommonJS: what `exports` holds is the default export.
  const { default: ssh2 } = await import("ssh2");
  const convertible = /^-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/m.test(text);
  const source = convertible ? pkcs8ToPem(text, passphrase) : text;
  if (source === undefined) return undefined;
  // The types promise one key; the parser of OpenSSH's format has answered with an array of one.
  const parsed: unknown = ssh2.utils.parseKey(source, convertible ? undefined : passphrase);
  const key = Array.isArray(parsed) ? (parsed[0] as unknown) : parsed;
  if (key === undefined || key instanceof Error || !(key as ParsedKey).isPrivateKey()) return undefined;
  return key as ParsedKey;
}

/** ssh2 does not read PKCS#8, Node does; RSA and EC keys have an older format that ssh2 reads. */
function pkcs8ToPem(text: string, passphrase: string | undefined): string | undefined {
  try {
    const key = createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
    if (key.asymmetricKeyType === "rsa") return key.export({ type: "pkcs1", format: "pem" }).toString();
    if (key.asymmetricKeyType === "ec") return key.export({ type: "sec1", format: "pem" }).toString();
    return undefined;
  } catch {
    return undefined;
  }
}
