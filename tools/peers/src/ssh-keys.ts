import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** Kinds of key that every OpenSSH in use can make and accepts. */
export type SshKeyType = "ed25519" | "ecdsa" | "rsa";

const typeOptions: Readonly<Record<SshKeyType, readonly string[]>> = {
  ed25519: ["-t", "ed25519"],
  ecdsa: ["-t", "ecdsa", "-b", "256"],
  // The older format, which is the other one that clients have to read.
  rsa: ["-t", "rsa", "-b", "2048", "-m", "PEM"],
};

/** Makes a private key, and `file.pub` beside it, with ssh-keygen. An existing file stays as it is. */
export async function makeSshKey(file: string, type: SshKeyType, passphrase = ""): Promise<void> {
  if (existsSync(file)) return;
  const args = ["-q", ...typeOptions[type], "-N", passphrase, "-C", "borgstore-test", "-f", file];
  await promisify(execFile)("ssh-keygen", args);
}

/** The public half as it stands in known_hosts: type and key, without the comment. */
export function publicSshKey(file: string): string {
  return readFileSync(`${file}.pub`, "utf8").trim().split(" ").slice(0, 2).join(" ");
}
