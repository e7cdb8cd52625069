import { readFile, stat } from "node:fs/promises";

import { isEncryptedKey, isPrivateKey, publicHalfOf } from "./encrypted-key.ts";
import { keyTypeOf, parsePublicKeyLine } from "./public-key.ts";

/** What is known about an identity file before anybody is asked for a passphrase. */
export interface Identity {
  readonly file: string;
  /** The private key as it stands in the file; `undefined` when there is none that may be used. */
  readonly privateKey: string | undefined;
  readonly isEncrypted: boolean;
  /** The public half, from the file itself or from `FILE.pub`. */
  readonly publicKey: Uint8Array | undefined;
  /** Type of the public half; `undefined` when that is not known. */
  readonly keyType: string | undefined;
  /** `FILE-cert.pub`, where it exists. */
  readonly certificateFile: string | undefined;
  /** Whether neither private nor public half exist. */
  readonly isMissing: boolean;
  /** Why the private key cannot be used. */
  readonly problem: string | undefined;
}

/** Key types that ssh2 can sign with. */
const ssh2KeyTypes = new Set([
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
]);

/** Whether ssh2 can use keys of this type: FIDO keys (`sk-…`) and certificates it cannot. */
export function isSsh2KeyType(keyType: string): boolean {
  return ssh2KeyTypes.has(keyType);
}

/** Why only OpenSSH can use an identity to the full; `undefined` when ssh2 can. */
export function needsOpenSsh(identity: Identity): string | undefined {
  if (identity.keyType?.startsWith("sk-") === true)
    return `${identity.file} is a FIDO key (${identity.keyType})`;
  if (identity.certificateFile !== undefined) return `${identity.certificateFile} is a certificate`;
  if (identity.keyType?.includes("-cert-") === true) return `${identity.file} is a certificate`;
  return undefined;
}

/**
 * Looks at an identity file, as OpenSSH does: it may hold a private key, or only a public one whose private half an
 * agent holds. Never rejects; what is wrong is in `problem`.
 */
export async function readIdentity(file: string): Promise<Identity> {
  const text = await readText(file);
  const publicText = await readText(`${file}.pub`);
  const certificate = await readText(`${file}-cert.pub`);
  const isKey = text.content !== undefined && isPrivateKey(text.content);
  const publicKey =
    (text.content !== undefined && (isKey ? publicHalfOf(text.content) : firstPublicKey(text.content))) ||
    (publicText.content !== undefined && firstPublicKey(publicText.content)) ||
    undefined;
  const problem = await findProblem(file, text, isKey, publicKey !== undefined);
  return {
    file,
    privateKey: isKey && problem === undefined ? text.content : undefined,
    isEncrypted: text.content !== undefined && isEncryptedKey(text.content),
    publicKey,
    keyType: publicKey && keyTypeOf(publicKey),
    certificateFile: certificate.content === undefined ? undefined : `${file}-cert.pub`,
    isMissing: text.code === "ENOENT" && publicKey === undefined,
    problem,
  };
}

interface FileText {
  readonly content: string | undefined;
  /** Code of the error, when there is no content. */
  readonly code: string | undefined;
}

async function readText(file: string): Promise<FileText> {
  try {
    return { content: await readFile(file, "utf8"), code: undefined };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return { content: undefined, code: code === "ENOTDIR" ? "ENOENT" : code };
  }
}

function firstPublicKey(text: string): Uint8Array | undefined {
  return parsePublicKeyLine(text.split("\n")[0] ?? "");
}

async function findProblem(
  file: string,
  text: FileText,
  isKey: boolean,
  hasPublicKey: boolean,
): Promise<string | undefined> {
  if (text.code === "ENOENT") return hasPublicKey ? "only its public half exists" : "no such file";
  if (text.code !== undefined) return `cannot be read (${text.code})`;
  if (!isKey) return hasPublicKey ? "holds only a public key" : "holds no private key";
  if (process.getuid === undefined) return undefined;
  // sshkey_perm_ok in authfile.c: OpenSSH ignores a private key of one's own that others may read.
  const { uid, mode } = await stat(file);
  return uid === process.getuid() && (mode & 0o077) !== 0
    ? "others may read it, so it is ignored; chmod 600 it"
    : undefined;
}
