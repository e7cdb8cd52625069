import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findProgram, findSshd } from "./find-program.ts";

let known: string | undefined;

/** Whether {@link startSshd} can work here: sshd, ssh and ssh-keygen are there, and sshd runs as this user. */
export function opensshAvailable(): boolean {
  return opensshReason() === "";
}

/**
 * Why {@link opensshAvailable} is `false`, as a reason for `requirePeer`; empty when it is `true`. Found out once in
 * each process, by letting sshd check a configuration and a key of its own (some 20 ms).
 */
export function opensshReason(): string {
  known ??= findReason();
  return known;
}

function findReason(): string {
  const sshd = findSshd();
  if (sshd === undefined) return "sshd is not installed";
  for (const program of ["ssh", "ssh-keygen"]) {
    if (findProgram(program) === undefined) return `${program} is not installed`;
  }
  const directory = mkdtempSync(path.join(tmpdir(), "borgstore-sshd-"));
  try {
    const key = path.join(directory, "key");
    const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key], { stdio: "ignore" });
    if (made.status !== 0) return "ssh-keygen cannot make a key";
    return checkSshd(sshd, key, true);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * sshd knows best what it needs: run by root a user and a folder of its own, for the part without privileges. Packages
 * create the folder when their service starts, so where no service ever started, as in a container, we do.
 */
function checkSshd(sshd: string, key: string, mayCreate: boolean): string {
  const { status, stderr, error } = spawnSync(sshd, ["-t", "-f", "/dev/null", "-h", key], {
    encoding: "utf8",
  });
  if (status === 0) return "";
  const folder = /missing privilege separation directory: (\/.+)/i.exec(stderr)?.[1];
  if (folder !== undefined && mayCreate) {
    mkdirSync(folder.trim(), { recursive: true, mode: 0o755 });
    return checkSshd(sshd, key, false);
  }
  const said = error?.message ?? stderr.trim().split("\n").at(-1) ?? "";
  // A reason ends up in square brackets.
  return `sshd does not run here (${said.replaceAll(/[[\]\r]/g, "") || `exit code ${status}`})`;
}
