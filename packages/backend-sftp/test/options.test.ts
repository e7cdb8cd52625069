import { describe, expect, test } from "vitest";
import { sftp, sftpBackend, type SftpOptions } from "../src/index.ts";
import { checkOptions } from "../src/options.ts";

const url = "sftp://host/store";
const fingerprint = `SHA256:${"aB3+/".repeat(9).slice(0, 43)}`;

test("everything has a default", () => {
  expect(checkOptions({})).toEqual({
    durability: "sync",
    transport: "auto",
    connections: 1,
    sshOptions: {},
    sshProgram: "ssh",
    stallTimeoutMs: 30_000,
    requestTimeoutMs: 60_000,
    allowUnsafeReplace: false,
    allowLinkedNamespaces: false,
    staleTempAgeMs: 86_400_000,
  });
});

test("undefined stands for the default", () => {
  const names = Object.keys(checkOptions({})) as (keyof SftpOptions)[];
  expect(names).toHaveLength(16);
  expect(checkOptions(Object.fromEntries(names.map((name) => [name, undefined])))).toEqual(checkOptions({}));
});

test.each<SftpOptions>([
  { durability: "each" },
  { durability: "none" },
  { transport: "ssh2" },
  { transport: "openssh" },
  { connections: 64 },
  { sshConfigFile: "none" },
  { sshConfigFile: "/etc/my config" },
  { sshOptions: { Port: "22", IdentityFile: ["a", "b"], SendEnv: "" } },
  { sshProgram: "/opt/openssh/bin/ssh" },
  { passphrase: () => undefined },
  { password: async () => await Promise.resolve("x") },
  { hostKeys: [fingerprint, fingerprint] },
  { connectTimeoutMs: 1 },
  { connectTimeoutMs: 2_147_483_647 },
  { stallTimeoutMs: 1 },
  { stallTimeoutMs: 2_147_483_647 },
  { requestTimeoutMs: 1 },
  { requestTimeoutMs: 214_748_364 },
  { keepaliveIntervalMs: 0 },
  { keepaliveIntervalMs: 2_147_483_647 },
  { allowUnsafeReplace: true },
  { allowLinkedNamespaces: true },
  { staleTempAgeMs: 0 },
])("%j is taken as it is", (options) => {
  expect(checkOptions(options)).toMatchObject(options);
});

test.each([
  { durability: "always" },
  { durability: true },
  { transport: "paramiko" },
  { transport: "" },
  { connections: 0 },
  { connections: 65 },
  { connections: 1.5 },
  { connections: "2" },
  { connections: Number.NaN },
  { sshConfigFile: "" },
  { sshConfigFile: "a\0b" },
  { sshConfigFile: 1 },
  { sshProgram: "" },
  { sshProgram: "a\0b" },
  { sshProgram: ["ssh", "-v"] },
  { sshOptions: "Port=22" },
  { sshOptions: ["Port=22"] },
  { sshOptions: 1 },
  { sshOptions: { Port: 22 } },
  { sshOptions: { "Port=22": "x" } },
  { sshOptions: { "": "x" } },
  { sshOptions: { "-oPort": "22" } },
  { sshOptions: { Port: "22\nProxyCommand=x" } },
  { sshOptions: { Port: "22\rProxyCommand=x" } },
  { sshOptions: { Port: "2\0" } },
  { sshOptions: { IdentityFile: ["a", 1] } },
  { sshOptions: { IdentityFile: ["a", ["b"]] } },
  { passphrase: "geheim" },
  { password: "geheim" },
  { hostKeys: [] },
  { hostKeys: fingerprint },
  { hostKeys: [fingerprint.slice(0, -1)] },
  { hostKeys: [`${fingerprint}=`] },
  { hostKeys: [fingerprint.replace("SHA256:", "")] },
  { hostKeys: ["MD5:aa:bb"] },
  { hostKeys: [fingerprint, 1] },
  { connectTimeoutMs: 0 },
  { connectTimeoutMs: 2_147_483_648 },
  { connectTimeoutMs: Infinity },
  { stallTimeoutMs: 0 },
  { stallTimeoutMs: 2_147_483_648 },
  { requestTimeoutMs: 0 },
  { requestTimeoutMs: 214_748_365 },
  { requestTimeoutMs: 0.5 },
  { keepaliveIntervalMs: -1 },
  { keepaliveIntervalMs: 2_147_483_648 },
  { allowUnsafeReplace: "yes" },
  { allowLinkedNamespaces: 1 },
  { staleTempAgeMs: -1 },
  { staleTempAgeMs: Infinity },
  { durabilty: "each" },
  { identityFile: "/k" },
])("%j is refused, also with a URL", (options) => {
  const given = options as unknown as SftpOptions;
  expect(() => checkOptions(given)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(() => sftp.fromUrl(url, given)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

describe("secrets", () => {
  test.each([{ passphrase: "geheim" }, { password: "geheim" }, { hostKeys: ["geheim"] }])(
    "the message about %j does not repeat the value",
    (options) => {
      const given = options as unknown as SftpOptions;
      expect(() => checkOptions(given)).not.toThrow(/geheim/);
      expect(() => checkOptions(given)).toThrow(Object.keys(options)[0]);
    },
  );
});

test.each<SftpOptions>([{ passphrase: () => "x" }, { password: () => "x" }, { hostKeys: [fingerprint] }])(
  "what only ssh2 can take is refused with transport openssh: %o",
  (options) => {
    expect(() => checkOptions({ ...options, transport: "openssh" })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => checkOptions({ ...options, transport: "ssh2" })).not.toThrow();
    expect(() => checkOptions({ ...options, transport: "auto" })).not.toThrow();
  },
);

test.each([
  ["sync", true],
  ["each", true],
  ["none", false],
] as const)("durability %s is durable: %s", (durability, durable) => {
  expect(sftpBackend({ host: "host", path: "store", durability }).capabilities.durable).toBe(durable);
});

test("permissions are a layer and no option of the backend", () => {
  const options = { permissions: { "": "lr" } } as unknown as SftpOptions;
  expect(() => sftp.fromUrl(url, options)).toThrow(/permissions/);
});
