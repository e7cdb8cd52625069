import type { SftpSettings } from "../options.ts";
import type { SshHostConfig } from "../ssh/ssh-host-config.ts";

/** Shorter ones end connections that are merely busy. */
const defaultIntervalMs = 30_000;

/** Time in ms between questions whether the server is alive; 0: none. OpenSSH's own default is none. */
export function keepaliveOf(config: SshHostConfig, settings: SftpSettings): number {
  if (settings.keepaliveIntervalMs !== undefined) return settings.keepaliveIntervalMs;
  return config.serverAliveIntervalMs > 0 ? config.serverAliveIntervalMs : defaultIntervalMs;
}
