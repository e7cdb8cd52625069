import { onAbort, StoreError } from "@borgstore/core";
import type { Connect } from "./connections.ts";
import type { SftpSettings } from "./options.ts";
import { Session } from "./session.ts";
import { readKnownHosts } from "./ssh/read-known-hosts.ts";
import { resolveSshHostConfig } from "./ssh/resolve-ssh-host-config.ts";
import type { SshHostConfig } from "./ssh/ssh-host-config.ts";
import { reasonsForOpenSsh } from "./ssh/transport-choice.ts";
import type { Link } from "./transport/link.ts";
import { connectByOpenSsh } from "./transport/openssh-transport.ts";
import { jumpHosts, mostJumps } from "./transport/proxy-jump.ts";
import { connectBySsh2 } from "./transport/ssh2-transport.ts";
import type { SftpPlace } from "./url.ts";

const defaultConnectTimeoutMs = 30_000;

/**
 * Makes connections to a place: reads the ssh configuration, chooses the transport, logs in, starts SFTP and greets,
 * all within the connect timeout. Everything is read anew each time, so that what a user has mended counts at once.
 */
export function connectTo(place: SftpPlace, settings: SftpSettings): Connect {
  return async (signal) => {
    const deadline = new Deadline(settings.connectTimeoutMs ?? defaultConnectTimeoutMs, signal);
    try {
      return await connect(place, settings, deadline);
    } catch (error) {
      // Who was cut off says something else, mostly.
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      deadline.end();
    }
  };
}

async function connect(place: SftpPlace, settings: SftpSettings, deadline: Deadline): Promise<Session> {
  const { sshConfigFile, sshOptions, sshProgram } = settings;
  const config = await resolveSshHostConfig(place, {
    configFile: sshConfigFile,
    sshOptions,
    sshProgram,
    signal: deadline.signal,
  });
  const connectTimeoutMs = settings.connectTimeoutMs ?? config.connectTimeoutMs ?? defaultConnectTimeoutMs;
  deadline.set(connectTimeoutMs);
  const useOpenSsh = await needsOpenSsh(config, settings, deadline.signal);
  const link = useOpenSsh
    ? await connectByOpenSsh(place, config, settings, connectTimeoutMs, deadline.signal)
    : await connectBySsh2(config, settings, deadline.signal);
  return await greet(link, settings, deadline.signal);
}

async function greet(link: Link, settings: SftpSettings, signal: AbortSignal): Promise<Session> {
  const aborting = onAbort(signal, () => link.destroy());
  const { stallTimeoutMs, requestTimeoutMs } = settings;
  try {
    return await Session.start(link, {
      // Until it is greeted the connect timeout counts, also where it is longer.
      stallMs: stallTimeoutMs,
      requestMs: requestTimeoutMs,
      longRequestMs: 10 * requestTimeoutMs,
    });
  } finally {
    aborting?.remove();
  }
}

async function needsOpenSsh(
  config: SshHostConfig,
  settings: SftpSettings,
  signal: AbortSignal,
): Promise<boolean> {
  if (settings.transport !== "auto") return settings.transport === "openssh";
  const reasons = await reasonsOnTheWay(config, settings, signal, 0);
  if (reasons.length === 0) return false;
  const onlyForSsh2 = (["hostKeys", "passphrase", "password"] as const).find(
    (name) => settings[name] !== undefined,
  );
  if (onlyForSsh2 === undefined) return true;
  throw new StoreError("UNSUPPORTED", {
    detail: `the ssh configuration of ${config.host} needs the ssh program (${reasons.join("; ")}), which cannot take the option ${onlyForSsh2}; choose by the option transport`,
  });
}

/** Of the host itself and of the hosts that lead to it. */
async function reasonsOnTheWay(
  config: SshHostConfig,
  settings: SftpSettings,
  signal: AbortSignal,
  depth: number,
): Promise<readonly string[]> {
  const reasons = [...(await reasonsOf(config))];
  // A circle is found, and told, by whoever goes that way.
  if (depth >= mostJumps) return reasons;
  for (const target of jumpHosts(config)) {
    const options = { configFile: settings.sshConfigFile, sshProgram: settings.sshProgram, signal };
    const jump = await resolveSshHostConfig(target, options);
    const found = await reasonsOnTheWay(jump, settings, signal, depth + 1);
    reasons.push(...found.map((reason) => `${jump.host}: ${reason}`));
  }
  return reasons;
}

async function reasonsOf(config: SshHostConfig): Promise<readonly string[]> {
  const files = [...config.userKnownHostsFiles, ...config.globalKnownHostsFiles];
  try {
    return await reasonsForOpenSsh(config, await readKnownHosts(files, config.revokedHostKeys));
  } catch (error) {
    // A list of revoked keys in OpenSSH's binary form.
    if (StoreError.is(error, "UNSUPPORTED")) return [error.message];
    throw error;
  }
}

/** A signal that is aborted by a limit of time, or with another one. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #aborting: ReturnType<typeof onAbort>;
  readonly #startMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, outer: AbortSignal) {
    this.#aborting = onAbort(outer, () => this.#controller.abort(outer.reason));
    this.set(ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Changes the limit, which is counted from the beginning all the same. */
  set(ms: number): void {
    clearTimeout(this.#timer);
    const leftMs = Math.max(0, ms - (performance.now() - this.#startMs));
    this.#timer = setTimeout(() => {
      this.#controller.abort(new StoreError("TIMEOUT", { detail: `no connection within ${ms} ms` }));
    }, leftMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#aborting?.remove();
  }
}
