import { StoreError } from "@borgstore/core";
import type { SshHostConfig, SshTarget } from "../ssh/ssh-host-config.ts";

const jumpForm = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:@[\]/]+)(?::(\d+))?\/?$/;

/**
 * The hosts that lead to a host, in the order of the jumps. A host that names itself, as `Host *` does for its own jump
 * host, has none.
 *
 * @throws StoreError `INVALID_ARGUMENT` for what ssh_config(5), `ProxyJump`, does not allow.
 */
export function jumpHosts({ proxyJump, host, hostName }: SshHostConfig): readonly SshTarget[] {
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
  const isItself = targets.length === 1 && (targets[0]?.host === host || targets[0]?.host === hostName);
  return isItself ? [] : targets;
}
