import { StoreError } from "@borgstore/core";
import type { SshHostConfig, SshTarget } from "../ssh/ssh-host-config.ts";

/** Jump hosts behind each other at most: a configuration that leads in a circle ends here. */
export const mostJumps = 8;

const jumpForm = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:@[\]/]+)(?::(\d+))?\/?$/;

/**
 * The hosts that lead to a host, in the order of the jumps. A host that names itself, as `Host *` does for its own jump
 * host, has none.
 *
 * @throws StoreError `INVALID_ARGUMENT` for what ssh_config(5), `ProxyJump`, does not allow.
 */
export function jumpHosts(config: SshHostConfig): readonly SshTarget[] {
  const { proxyJump } = config;
  if (proxyJump === undefined || proxyJump === "none" || proxyJump === "") return [];
  const targets = proxyJump.split(",").map((text) => {
    const match = jumpForm.exec(text.trim());
    const [, user, name = "", port] = match ?? [];
    if (match === null || name.startsWith("-")) {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: `ProxyJump ${JSON.stringify(text)} is not understood`,
      });
    }
    return { host: name.replaceAll(/[[\]]/g, ""), user, port: port === undefined ? undefined : Number(port) };
  });
  const [first] = targets;
  return first !== undefined && targets.length === 1 && isItself(first, config) ? [] : targets;
}

/** As OpenSSH decides it: another port or user is another host. */
function isItself({ host, user, port }: SshTarget, config: SshHostConfig): boolean {
  const isSameUser = user === undefined || user === config.user;
  // The same alias has the same port; the name behind it may be that of another alias.
  if (host === config.host) return isSameUser && (port === undefined || port === config.port);
  return host === config.hostName && isSameUser && (port ?? 22) === config.port;
}
