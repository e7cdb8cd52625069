import { StoreError } from "@borgstore/core";
import { existsSync } from "node:fs";

import { buildHostConfig } from "./build-host-config.ts";
import { evaluateSshConfig } from "./evaluate-ssh-config.ts";
import { parseSshGOutput } from "./ssh-g-output.ts";
import type { SshConfigOptions, SshHostConfig, SshTarget } from "./ssh-host-config.ts";
import type { SshSettings } from "./ssh-settings.ts";
import { localIdentity } from "./ssh-tokens.ts";

/**
 * What ssh_config says about a host. The OpenSSH client is asked (`ssh -G`) where there is one: it knows all of its
 * own rules, also `Match exec` and canonicalization. Where there is none, our own evaluation of the same files.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a host, user, port or option that cannot be one, for a configuration that
 *   ssh refuses (with its message), and for a `configFile` that is missing; `UNSUPPORTED` without OpenSSH client, for
 *   what only it can decide; `PERMISSION_DENIED` for a file that cannot be read; `TIMEOUT` when ssh takes longer
 *   than `deadlineMs`. Rejects with the signal's reason when aborted.
 */
export async function resolveSshHostConfig(
  target: SshTarget,
  options: SshConfigOptions = {},
): Promise<SshHostConfig> {
  options.signal?.throwIfAborted();
  const checked = checkTarget(target);
  const sshOptions = flattenOptions(options.sshOptions ?? {});
  const local = localIdentity({
    ...(options.homeDirectory !== undefined && { homeDirectory: options.homeDirectory }),
    ...(options.environment !== undefined && { environment: options.environment }),
  });
  const settings =
    (await askOpenSsh(checked, sshOptions, options)) ??
    (await evaluateSshConfig(checked, {
      sshOptions,
      configFile: options.configFile,
      systemDirectory: options.systemDirectory ?? "/etc/ssh",
      local,
    }));
  options.signal?.throwIfAborted();
  return buildHostConfig(checked.host, settings, local);
}

/** The settings, or `undefined` where the program does not exist. */
async function askOpenSsh(
  target: SshTarget,
  sshOptions: readonly (readonly [string, string])[],
  options: SshConfigOptions,
): Promise<SshSettings | undefined> {
  const program = options.sshProgram ?? "ssh";
  // Trying to start what is not there takes longer than everything else here.
  if (program.includes("/") && !existsSync(program)) return undefined;
  // What comes first wins, and the user and port of the target are to win over -o.
  const args = ["-G", ...(options.configFile === undefined ? [] : ["-F", options.configFile])];
  if (target.user !== undefined) args.push("-l", target.user);
  if (target.port !== undefined) args.push("-p", String(target.port));
  for (const [keyword, value] of sshOptions) args.push("-o", `${keyword}=${value}`);
  args.push("--", target.host);

  const { execa } = await import("execa");
  const subprocess = execa(program, args, {
    reject: false,
    stdin: "ignore",
    stripFinalNewline: false,
    ...(options.environment !== undefined && { extendEnv: false }),
    // The message of a refusal is shown to the user and must not depend on the locale.
    env: { ...options.environment, LC_ALL: "C" },
  });
  const { deadlineMs = 10_000, signal } = options;
  // Execa's own timeout and cancellation would go on waiting for a command of `Match exec` that holds the pipes.
  const giveUp = (): void => {
    subprocess.kill("SIGKILL");
    subprocess.stdout.destroy();
    subprocess.stderr.destroy();
  };
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    giveUp();
  }, deadlineMs);
  signal?.addEventListener("abort", giveUp, { once: true });
  if (signal?.aborted === true) giveUp();
  const result = await subprocess;
  clearTimeout(timer);
  signal?.removeEventListener("abort", giveUp);

  signal?.throwIfAborted();
  if (result.code === "ENOENT") return undefined;
  if (isLate) {
    throw new StoreError("TIMEOUT", {
      detail: `${program} -G ${target.host} did not end within ${deadlineMs / 1000} s`,
    });
  }
  if (!result.failed) return parseSshGOutput(result.stdout);
  const lines = result.stderr
    .split("\n")
    // Printed whenever stdin is not a terminal.
    .filter((line) => line.trim() !== "" && !line.startsWith("Pseudo-terminal"))
    .slice(0, 3)
    .map((line) => line.trim().slice(0, 300));
  const said = lines.length > 0 ? lines.join("; ") : `exit code ${result.exitCode ?? "unknown"}`;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `${program} -G ${target.host}: ${said}`,
  });
}

/**
 * OpenSSH's own rules for host names (`valid_hostname` in ssh.c), and none of the forms in which ssh would find a user
 * or port in the name: those come separately.
 */
function checkTarget(target: SshTarget): SshTarget {
  const host = target.host.replace(/^\[(.*)\]$/, "$1");
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (host === "" || host.startsWith("-") || /[\s'`"$\\;&<>|(){},@/[\]\u0000-\u001F\u007F]/u.test(host)) {
    throw new StoreError("INVALID_ARGUMENT", { detail: `host ${JSON.stringify(target.host)}` });
  }
  const { user, port } = target;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (user !== undefined && (user === "" || user.startsWith("-") || /[\u0000-\u001F\u007F]/u.test(user))) {
    throw new StoreError("INVALID_ARGUMENT", { detail: `user ${JSON.stringify(user)}` });
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new StoreError("INVALID_ARGUMENT", { detail: `port ${port}` });
  }
  return { host, user, port };
}

/** Keywords and values, in order, a pair for each value. `Host`, `Match` and `Include` are no options. */
function flattenOptions(
  sshOptions: Readonly<Record<string, string | readonly string[]>>,
): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (const [keyword, values] of Object.entries(sshOptions)) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(keyword) || /^(?:host|match|include)$/i.test(keyword)) {
      throw new StoreError("INVALID_ARGUMENT", { detail: `ssh option ${JSON.stringify(keyword)}` });
    }
    for (const value of typeof values === "string" ? [values] : values) {
      // eslint-disable-next-line no-control-regex -- a line break would start another option
      if (value.trim() === "" || /[\u0000\r\n]/u.test(value)) {
        throw new StoreError("INVALID_ARGUMENT", { detail: `value of the ssh option ${keyword}` });
      }
      pairs.push([keyword, value]);
    }
  }
  return pairs;
}
