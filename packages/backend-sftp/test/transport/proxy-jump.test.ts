import { expect, test } from "vitest";
import type { SshTarget } from "../../src/ssh/ssh-host-config.ts";
import { jumpHosts } from "../../src/transport/proxy-jump.ts";
import { hostConfig } from "../ssh/host-keys.ts";

function target(host: string, user?: string, port?: number): SshTarget {
  return { host, user, port };
}

const rows: readonly [proxyJump: string | undefined, hosts: readonly SshTarget[]][] = [
  [undefined, []],
  ["", []],
  ["none", []],
  ["jump", [target("jump")]],
  ["me@jump", [target("jump", "me")]],
  ["jump:2222", [target("jump", undefined, 2222)]],
  ["me@jump:2222", [target("jump", "me", 2222)]],
  ["ssh://me@jump:2222", [target("jump", "me", 2222)]],
  ["ssh://jump/", [target("jump")]],
  ["[::1]", [target("::1")]],
  ["me@[fe80::1%eth0]:22", [target("fe80::1%eth0", "me", 22)]],
  ["first,me@second:22,third", [target("first"), target("second", "me", 22), target("third")]],
  ["first, second", [target("first"), target("second")]],
];

test.each(rows)("ProxyJump %j leads over %j", (proxyJump, hosts) => {
  expect(jumpHosts(hostConfig({ proxyJump }))).toEqual(hosts);
});

test.each([
  ",",
  "a,",
  "@host",
  "me@",
  ":22",
  "host:",
  "host:x",
  "a@b@c",
  "-oProxyCommand=x",
  "me@-x",
  "a b@:1",
])("ProxyJump %j is refused", (proxyJump) => {
  expect(() => jumpHosts(hostConfig({ proxyJump }))).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

test("a host that names itself, as for all hosts, is reached without a jump", () => {
  const config = hostConfig({
    host: "alias",
    hostName: "gate.example",
    user: "me",
    proxyJump: "me@gate.example",
  });
  expect(jumpHosts(config)).toEqual([]);
  expect(jumpHosts({ ...config, proxyJump: "alias:22" })).toEqual([]);
  expect(jumpHosts({ ...config, proxyJump: "you@gate.example" })).toHaveLength(1);
  // Two servers on one machine: the one leads to the other.
  expect(jumpHosts({ ...config, port: 2222 })).toHaveLength(1);
  expect(jumpHosts({ ...config, proxyJump: "gate.example,other" })).toHaveLength(2);
});
