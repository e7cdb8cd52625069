import { matchPatternList } from "./match-pattern.ts";

/** The kinds of algorithms that are negotiated, as ssh2 calls them. */
export type AlgorithmKind = "kex" | "cipher" | "hmac" | "serverHostKey";

const defaults: Readonly<Record<AlgorithmKind, readonly string[]>> = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group15-sha512",
    "diffie-hellman-group17-sha512",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
  ],
  hmac: [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
  ],
  serverHostKey: [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
  ],
};

const onRequest: Readonly<Record<AlgorithmKind, readonly string[]>> = {
  kex: ["diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
  cipher: ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"],
  hmac: ["hmac-md5", "hmac-sha1-96", "hmac-md5-96"],
  serverHostKey: ["ssh-rsa", "ssh-dss"],
};

/**
 * What is offered when nothing is configured: of what ssh2 can do, what OpenSSH offers by default too. SHA-1
 * signatures (`ssh-rsa`) are not among them, as in OpenSSH since 8.8.
 */
export function defaultAlgorithms(kind: AlgorithmKind): readonly string[] {
  return defaults[kind];
}

/**
 * All that both ssh2 1.17 and OpenSSH can do, the defaults first. ssh2 also knows some that OpenSSH has dropped
 * (Arcfour, Blowfish, CAST, RIPEMD-160, truncated SHA-2) and that OpenSSL 3 often lacks; ssh2 throws for a name that
 * its OpenSSL lacks, so they are left out.
 */
export function supportedAlgorithms(kind: AlgorithmKind): readonly string[] {
  return [...defaults[kind], ...onRequest[kind]];
}

/**
 * The list that a value of `Ciphers`, `KexAlgorithms`, … means: `+` appends to the defaults, `-` removes from them
 * (patterns allowed), `^` puts in front; without such a character the value is the list. See ssh_config(5).
 */
export function assembleAlgorithmList(value: string, base: readonly string[]): string[] {
  const names = value
    .replace(/^[-+^]/, "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (value.startsWith("+")) return unique([...base, ...names]);
  if (value.startsWith("^")) return unique([...names, ...base]);
  if (value.startsWith("-")) return base.filter((name) => !matchPatternList(names, name));
  return unique(names);
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
