import { onAbort, socketError, StoreError, throwIfAborted } from "@borgstore/core";
import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import type { SftpSettings } from "../options.ts";
import { buildAuthHandler } from "../ssh/build-auth-handler.ts";
import { verifyHostKey } from "../ssh/host-key-verifier.ts";
import type { KnownHosts } from "../ssh/known-hosts.ts";
import type { SshHostConfig } from "../ssh/ssh-host-config.ts";
import { ssh2Algorithms } from "../ssh/transport-choice.ts";
import { connectSocket } from "./joining-socket.ts";

/** ssh2 says at which level something failed. */
export type Ssh2Error = Error & { readonly level?: string };

/** What is needed to log in at a host. */
export interface Ssh2Login {
  readonly config: SshHostConfig;
  readonly knownHosts: KnownHosts;
  /** Fingerprints that count instead of known_hosts. */
  readonly pinned: readonly string[] | undefined;
  readonly settings: SftpSettings;
  /** Goes over this instead of a socket of its own: a jump host's. */
  readonly socket: Duplex | undefined;
  readonly keepaliveIntervalMs: number;
}

/** Logs in by ssh2. The client is destroyed when that fails or is aborted; its errors then have no further listener. */
export async function connectSsh2Client(login: Ssh2Login, signal: AbortSignal): Promise<Client> {
  const { config, knownHosts, settings } = login;
  throwIfAborted(signal);
  const ssh2 = await import("ssh2");
  const client = new ssh2.default.Client();
  // For the whole life: late errors of a socket would end the process otherwise.
  client.on("error", () => undefined);
  let hostKeyError: unknown;
  let isPasswordAllowed = true;
  // Whoever is asked for a passphrase may answer when all is over.
  const lifetime = new AbortController();
  client.once("close", () => lifetime.abort());
  const auth = buildAuthHandler({
    config,
    passphrase: settings.passphrase,
    password: settings.password,
    isPasswordAllowed: () => isPasswordAllowed,
    signal: lifetime.signal,
  });
  let giveUp: (() => void) | undefined;
  const whenReady = new Promise<void>((resolve, reject) => {
    giveUp = () => reject(signal.reason as Error);
    client.once("ready", resolve);
    client.on("error", (error: Ssh2Error) => {
      // An agent that does not sign is one way less to log in, no more.
      if (error.level !== "agent") reject(connectError(error, config, hostKeyError, auth.reasons));
    });
    client.once("close", () => reject(connectError(undefined, config, hostKeyError, auth.reasons)));
  });
  // It may be the abort that settles it, or nobody: a frozen jump host does not even say that the socket is closed.
  whenReady.catch(() => undefined);
  const aborting = onAbort(signal, () => {
    giveUp?.();
    client.destroy();
  });
  let socket: Duplex | undefined;
  try {
    const made = login.socket ?? connectSocket(config);
    socket = made;
    // ssh2's own leaves a socket alone that either end has ended, and a server that is frozen never closes it.
    client.destroy = () => {
      made.destroy();
      return client;
    };
    client.connect({
      host: config.hostName,
      port: config.port,
      username: config.user,
      sock: made,
      // Ours is around all of it.
      readyTimeout: 0,
      keepaliveInterval: login.keepaliveIntervalMs,
      keepaliveCountMax: config.serverAliveCountMax,
      algorithms: ssh2Algorithms(config, knownHosts),
      authHandler: auth.handle,
      hostVerifier: (key: Buffer, verify: (isGood: boolean) => void) => {
        verifyHostKey(key, config, knownHosts, login.pinned).then(
          (accepted) => {
            isPasswordAllowed = !accepted.passwordForbidden;
            verify(true);
          },
          (error: unknown) => {
            hostKeyError = error;
            verify(false);
          },
        );
      },
    });
    // Otherwise a short write waits for the delayed acknowledgement of the one before.
    client.setNoDelay(true);
    await whenReady;
    return client;
  } catch (error) {
    lifetime.abort();
    client.destroy();
    // The client may not have come to know it.
    socket?.destroy();
    throw signal.aborted ? signal.reason : error;
  } finally {
    aborting?.remove();
  }
}

/** What a failure to connect means, by ssh2's `level` and the system's `code`. */
function connectError(
  error: Ssh2Error | undefined,
  config: SshHostConfig,
  hostKeyError: unknown,
  reasons: readonly string[],
): unknown {
  if (hostKeyError !== undefined) return hostKeyError;
  const { host } = config;
  // The server hangs up over it before ssh2 has run out of keys, and ssh2 has no level for that.
  const hasTriedTooOften = /too many authentication failures/i.test(error?.message ?? "");
  if (error?.level === "client-authentication" || hasTriedTooOften) {
    const tried = reasons.length === 0 ? "nothing could be tried" : reasons.join("; ");
    return new StoreError("UNAUTHENTICATED", {
      detail: `${config.user} at ${host}: ${tried}`,
      cause: error,
    });
  }
  if (error?.level === "client-timeout") {
    return new StoreError("TIMEOUT", { detail: `${host} does not answer`, cause: error });
  }
  // Before it can have been about a refusal to agree, the other end has closed.
  if (error?.level === "handshake") {
    return new StoreError("UNSUPPORTED", {
      detail: `${host} and ssh2 have no algorithm in common; transport "openssh" may have`,
      cause: error,
    });
  }
  return socketError(host, error);
}
