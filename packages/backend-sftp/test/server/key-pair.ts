import ssh2 from "ssh2";
import type { HostKeyKind } from "./sftp-server-options.ts";

/** A key pair in OpenSSH's text forms. */
export interface KeyPair {
  readonly privateKey: string;
  /** Type and base64, without a comment. */
  readonly publicKey: string;
}

const generators = {
  ed25519: () => ssh2.utils.generateKeyPairSync("ed25519"),
  ecdsa: () => ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }),
  rsa: () => ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 }),
};

/**
 * A fresh key pair that ssh2 can read. It writes one in 256 Ed25519 keys, those that start with a zero byte, in a way
 * that nobody can read (mscdex/ssh2#1390). RSA takes the longest, some hundred milliseconds.
 */
export function generateKeyPair(kind: HostKeyKind): KeyPair {
  for (;;) {
    const pair = generators[kind]();
    const isReadable = !(ssh2.utils.parseKey(pair.private) instanceof Error);
    if (isReadable) return { privateKey: pair.private, publicKey: pair.public.trim() };
  }
}
