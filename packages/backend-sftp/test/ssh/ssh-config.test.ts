import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { StoreError } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resolveSshHostConfig } from "../../src/ssh/resolve-ssh-host-config.ts";
import type { SshHostConfig, SshTarget } from "../../src/ssh/ssh-host-config.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const noSsh = "/nonexistent/ssh";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "ssh-config-"));
  await mkdir(join(directory, ".ssh"), { mode: 0o700 });
  await mkdir(join(directory, "system"));
});

afterEach(async () => rm(directory, { recursive: true, force: true }));

async function writeConfig(text: string, name = "config"): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text.replaceAll("DIR", directory), { mode: 0o600 });
  return file;
}

/** Our own evaluation, with everything in the temporary directory. */
async function evaluate(
  target: SshTarget,
  sshOptions: Record<string, string | string[]> = {},
): Promise<SshHostConfig> {
  return resolveSshHostConfig(target, {
    sshProgram: noSsh,
    homeDirectory: directory,
    systemDirectory: join(directory, "system"),
    sshOptions,
  });
}

interface Row {
  readonly title: string;
  readonly config: string;
  readonly target?: SshTarget;
  readonly sshOptions?: Record<string, string | string[]>;
  readonly expected: Partial<SshHostConfig>;
}

const rows: readonly Row[] = [
  {
    title: "the first value wins, options before files, the target before options",
    config: "Host web*\n  User low\n  Port 2222\nHost *\n  User other\n  Port 23\n  ServerAliveInterval 1m30",
    target: { host: "web1", port: 2022 },
    sshOptions: { user: "opt", Port: "99" },
    expected: { host: "web1", hostName: "web1", user: "opt", port: 2022, serverAliveIntervalMs: 90_000 },
  },
  {
    title: "a Host line is compared with the name as asked for, case included",
    config: "Host WEB\n  User upper\nHost web\n  User lower\n  HostName Real.Example.ORG",
    target: { host: "web" },
    expected: { user: "lower", hostName: "real.example.org" },
  },
  {
    title: "a negated pattern excludes a host wherever it stands",
    config:
      "Host *.example !bad.example\n  User one\nHost !bad.example *.example\n  User two\nHost *\n  User rest",
    target: { host: "bad.example" },
    expected: { user: "rest" },
  },
  {
    title: "a question mark stands for exactly one character",
    config: "Host web?\n  User one\nHost *\n  User none",
    target: { host: "web" },
    expected: { user: "none" },
  },
  {
    title: "HostName may contain %h, and Match host sees the result",
    config:
      "Host db\n  HostName %h.example.org\nMatch host db.example.org\n  Port 7\nMatch host db\n  Port 8",
    target: { host: "db" },
    expected: { hostName: "db.example.org", port: 7 },
  },
  {
    title: "Match knows originalhost, user, localuser, lists and negation",
    config:
      "Match originalhost a,b user x !localuser nobody-here\n  Port 1\nMatch user !x,*\n  Port 2\nMatch !originalhost q\n  Port 3",
    target: { host: "B", user: "y" },
    expected: { port: 2 },
  },
  {
    title: "Match all applies always, and criteria after a failed one are not looked at",
    config: 'Match originalhost q exec "exit 0"\n  Port 1\nMatch all\n  Port 5',
    target: { host: "h" },
    expected: { port: 5 },
  },
  {
    title: "identity files accumulate over blocks, without repetition, and tokens are expanded",
    config:
      'Host h\n  IdentityFile "DIR/a b"\n  IdentityFile DIR/%r@%h-%p-%n-%k-%%\nHost *\n  IdentityFile "DIR/a b"\n  IdentityFile none\n  CertificateFile DIR/c\n  HostKeyAlias Alias\n  User u',
    target: { host: "h" },
    expected: {
      identityFiles: ["DIR/a b", "DIR/u@h-22-h-alias-%"],
      identityFilesConfigured: true,
      certificateFiles: ["DIR/c"],
      hostKeyAlias: "alias",
    },
  },
  {
    title: "keywords and values may be joined by an equals sign, quoted and commented",
    config: 'User = "x y"\nport=77 # comment\n\n   # comment\nCOMPRESSION yes\n',
    expected: { user: "x y", port: 77, compression: true },
  },
  {
    title: "whichever of ProxyJump and ProxyCommand comes first counts",
    config: "ProxyJump u@jump:33,second\nProxyCommand nc %h %p",
    expected: { proxyJump: "u@jump:33,second", proxyCommand: undefined },
  },
  {
    title: "a ProxyCommand rules out a later ProxyJump",
    config: "ProxyCommand nc %h %p\nProxyJump jump",
    expected: { proxyJump: undefined, proxyCommand: "nc %h %p" },
  },
  {
    title: "none switches a proxy off",
    config: "ProxyJump none\nProxyJump jump",
    expected: { proxyJump: undefined, proxyCommand: undefined },
  },
  {
    title: "known hosts files, agent, control path and trust are read",
    config:
      "UserKnownHostsFile DIR/k1 DIR/k2-%h\nGlobalKnownHostsFile none\nIdentityAgent DIR/agent-%r\nControlPath DIR/c-%p\nControlMaster auto\nStrictHostKeyChecking accept-new\nHashKnownHosts yes\nRevokedHostKeys DIR/revoked\nUser u",
    target: { host: "h" },
    expected: {
      userKnownHostsFiles: ["DIR/k1", "DIR/k2-h"],
      globalKnownHostsFiles: [],
      identityAgent: "DIR/agent-u",
      controlPath: "DIR/c-22",
      controlMaster: "auto",
      strictHostKeyChecking: "accept-new",
      hashKnownHosts: true,
      revokedHostKeys: "DIR/revoked",
    },
  },
  {
    title: "timeouts, methods, address and older names are read",
    config:
      "ConnectTimeout 7\nServerAliveCountMax 5\nPubkeyAuthentication no\nPasswordAuthentication no\nChallengeResponseAuthentication no\nAddressFamily inet6\nBindAddress ::1\nStrictHostKeyChecking off\nPKCS11Provider /lib/p.so\nIdentitiesOnly yes\nIdentityAgent none\nKexAlgorithms curve25519-sha256",
    expected: {
      connectTimeoutMs: 7000,
      serverAliveCountMax: 5,
      pubkeyAuthentication: false,
      passwordAuthentication: false,
      kbdInteractiveAuthentication: false,
      addressFamily: "inet6",
      bindAddress: "::1",
      strictHostKeyChecking: "no",
      pkcs11Provider: "/lib/p.so",
      identitiesOnly: true,
      identityAgent: "none",
      kexAlgorithms: ["curve25519-sha256"],
    },
  },
  {
    title: "an Include counts only in a block that applies, and its Host lines end with it",
    config:
      "Host other\n  Include DIR/one\nHost h\n  Include DIR/t*o\n  Compression yes\nHost *\n  User last",
    target: { host: "h" },
    expected: { port: 22, user: "two", compression: true, serverAliveCountMax: 9 },
  },
  {
    title: "IPv6 addresses are hosts, brackets or not",
    config: "Host fe80::*\n  Port 4",
    target: { host: "[fe80::1%eth0]" },
    expected: { host: "fe80::1%eth0", hostName: "fe80::1%eth0", port: 4 },
  },
];

/** Files that rows include. */
async function writeIncludes(): Promise<void> {
  await writeConfig("Host *\n  Port 1\n", "one");
  await writeConfig("ServerAliveCountMax 9\nHost h\n  User two\nHost nothing\n", "two");
}

function expand(expected: Partial<SshHostConfig>): unknown {
  return JSON.parse(
    JSON.stringify(expected, (_key, value: unknown) =>
      value === undefined ? "undefined" : value,
    ).replaceAll("DIR", directory),
    (_key, value: unknown) => (value === "undefined" ? undefined : value),
  ) as unknown;
}

/** Lists that nobody configured: `ssh -G` prints the ones of its version. */
function withoutLists(config: SshHostConfig, row: Row): Partial<SshHostConfig> {
  const copy: Record<string, unknown> = { ...config };
  for (const key of ["kexAlgorithms", "ciphers", "macs", "hostKeyAlgorithms", "pubkeyAcceptedAlgorithms"]) {
    if (!(key in row.expected)) delete copy[key];
  }
  return copy;
}

describe("our own evaluation of ssh_config", () => {
  it.each(rows)("$title", async (row) => {
    await writeIncludes();
    await writeConfig(row.config, ".ssh/config");
    const config = await evaluate(row.target ?? { host: "h" }, row.sshOptions);
    const expected = expand(row.expected) as Record<string, unknown>;
    const actual = config as unknown as Record<string, unknown>;
    for (const key of Object.keys(row.expected)) expect([key, actual[key]]).toEqual([key, expected[key]]);
  });

  it("reads the system's file after the user's one, and relative includes below each one's directory", async () => {
    await mkdir(join(directory, "system", "d"));
    await writeConfig("Include extra*\nUser mine\n", ".ssh/config");
    await writeConfig("Port 1\n", ".ssh/extra.conf");
    await writeConfig("Port 3\n", ".ssh/.extra");
    await writeConfig("Include d/*.conf\nPort 2\nUser theirs\nCompression yes\n", "system/ssh_config");
    await writeConfig("ServerAliveCountMax 8\n", "system/d/x.conf");
    const config = await evaluate({ host: "h" });
    expect([config.port, config.user, config.compression, config.serverAliveCountMax]).toEqual([
      1,
      "mine",
      true,
      8,
    ]);
  });

  it("takes OpenSSH's defaults when there is no file at all", async () => {
    const config = await evaluate({ host: "Example.ORG" });
    expect(config.hostName).toBe("example.org");
    expect(config.identityFiles).toEqual(
      ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"].map((name) =>
        join(directory, ".ssh", name),
      ),
    );
    expect(config.identityFilesConfigured).toBe(false);
    expect(config.userKnownHostsFiles[0]).toBe(join(directory, ".ssh", "known_hosts"));
    expect([config.strictHostKeyChecking, config.identityAgent, config.connectTimeoutMs]).toEqual([
      "ask",
      undefined,
      undefined,
    ]);
  });

  it("takes the agent's socket from the variable that IdentityAgent names", async () => {
    await writeConfig("IdentityAgent $MY_AGENT\nIdentityFile ${KEYS}/k\n", ".ssh/config");
    const options = { sshProgram: noSsh, homeDirectory: directory, systemDirectory: directory };
    const environment = { MY_AGENT: "/agent", KEYS: "/keys" };
    const config = await resolveSshHostConfig({ host: "h" }, { ...options, environment });
    expect([config.identityAgent, config.identityFiles]).toEqual(["/agent", ["/keys/k"]]);
    const without = await resolveSshHostConfig({ host: "h" }, { ...options, environment: { KEYS: "/" } });
    expect(without.identityAgent).toBe("none");
  });

  it.each([
    ["+aes128-cbc", (list: readonly string[]) => list.length > 1 && list.at(-1) === "aes128-cbc"],
    ["^aes256-ctr", (list: readonly string[]) => list[0] === "aes256-ctr" && list.length > 1],
    ["-aes*", (list: readonly string[]) => list.length > 0 && list.every((name) => !name.startsWith("aes"))],
  ])("changes the default list by %s", async (value, holds) => {
    await writeConfig(`Ciphers ${value}\n`, ".ssh/config");
    expect(holds((await evaluate({ host: "h" })).ciphers ?? [])).toBe(true);
  });

  it.each([
    ["Match exec", 'Match exec "touch DIR/ran"\n  User x', "UNSUPPORTED", /Match exec/],
    ["Match final", "Match final\n  User x", "UNSUPPORTED", /Match final/],
    ["Match canonical", "Match canonical all\n  User x", "UNSUPPORTED", /Match canonical/],
    ["Match tagged", "Match tagged x\n  User x", "UNSUPPORTED", /Match tagged/],
    ["CanonicalizeHostname", "CanonicalizeHostname yes", "UNSUPPORTED", /CanonicalizeHostname/],
    ["a hash inside of a word", "User a#b", "UNSUPPORTED", /config:1: .*User/],
    ["single quotes", "User x\nIdentityFile 'a b'", "UNSUPPORTED", /config:2: .*IdentityFile/],
    ["an escaped blank", String.raw`IdentityFile a\ b`, "UNSUPPORTED", /config:1/],
    ["a keyword without value", "User\nPort 3", "INVALID_ARGUMENT", /config:1: no argument after User/],
    ["too many words", "User a b", "INVALID_ARGUMENT", /extra arguments/],
    ["a bad port", "Port 0", "INVALID_ARGUMENT", /port/],
    ["a bad flag", "Compression maybe", "INVALID_ARGUMENT", /compression/],
    ["an unknown token", "IdentityFile /%Q", "INVALID_ARGUMENT", /%Q/],
    ["a file that includes itself", "Include DIR/.ssh/config", "INVALID_ARGUMENT", /nested/],
  ])("refuses %s", async (_title, text, code, message) => {
    await writeConfig(`${text}\n`, ".ssh/config");
    const failure = await evaluate({ host: "h" }).catch((error: unknown) => error);
    expect(StoreError.is(failure) && failure.code).toBe(code);
    expect(String(failure)).toMatch(message);
  });

  it("refuses a user's file that others may write", async () => {
    const file = await writeConfig("User x\n", ".ssh/config");
    await chmod(file, 0o666);
    await expect(evaluate({ host: "h" })).rejects.toThrow(/permissions on/);
  });

  it("refuses a configuration file that was given and is missing", async () => {
    const configFile = join(directory, "missing");
    await expect(resolveSshHostConfig({ host: "h" }, { sshProgram: noSsh, configFile })).rejects.toThrow(
      /missing/,
    );
  });

  it.each(["-oProxyCommand=x", "", "a b", "a@b", "ssh://h", "a;b", "a\nb"])(
    "refuses %j as a host",
    async (host) => {
      await expect(evaluate({ host })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );

  it.each([
    ["a line break in a value", { User: "a\nPort 3" }],
    ["a keyword with a blank", { "User x": "y" }],
    ["Include", { include: "/etc/passwd" }],
  ])("refuses %s as an option", async (_title, sshOptions) => {
    await expect(evaluate({ host: "h" }, sshOptions)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe.skipIf(!openssh.available)(`ssh -G ${openssh.tag}`, () => {
  it.each(rows)("agrees with our own evaluation: $title", async (row) => {
    await writeIncludes();
    const configFile = await writeConfig(row.config);
    const target = row.target ?? { host: "h" };
    const options = { configFile, ...(row.sshOptions && { sshOptions: row.sshOptions }) };
    const theirs = await resolveSshHostConfig(target, options);
    const ours = await resolveSshHostConfig(target, { ...options, sshProgram: noSsh });
    expect(withoutLists(ours, row)).toEqual(withoutLists(theirs, row));
    const expected = expand(row.expected) as Record<string, unknown>;
    const actual = theirs as unknown as Record<string, unknown>;
    for (const key of Object.keys(row.expected)) expect([key, actual[key]]).toEqual([key, expected[key]]);
  });

  it("agrees about a host without any configuration", async () => {
    const row = { title: "", config: "", expected: {} };
    const theirs = await resolveSshHostConfig({ host: "Example" }, { configFile: "none" });
    const ours = await resolveSshHostConfig({ host: "Example" }, { configFile: "none", sshProgram: noSsh });
    expect(withoutLists(ours, row)).toEqual(withoutLists(theirs, row));
    expect(theirs.identityFilesConfigured).toBe(false);
  });

  it("runs Match exec, which only OpenSSH may", async () => {
    const configFile = await writeConfig('Match exec "true"\n  Port 6\n');
    expect((await resolveSshHostConfig({ host: "h" }, { configFile })).port).toBe(6);
  });

  it("tells ssh's own message about a bad configuration", async () => {
    const configFile = await writeConfig("Foo bar\n");
    await expect(resolveSshHostConfig({ host: "h" }, { configFile })).rejects.toThrow(
      /Bad configuration option: foo/,
    );
  });

  it("rejects with the signal's reason", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(resolveSshHostConfig({ host: "h" }, { signal })).rejects.toBe(reason);
  });

  it("ends ssh when it is aborted meanwhile", async () => {
    // The command outlives ssh and holds its pipes.
    const configFile = await writeConfig('Match exec "sleep 20"\n  Port 6\n');
    const started = performance.now();
    const controller = new AbortController();
    const reason = new Error("enough");
    const pending = resolveSshHostConfig({ host: "h" }, { configFile, signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(pending).rejects.toBe(reason);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("gives ssh up after the deadline", async () => {
    const configFile = await writeConfig('Match exec "sleep 20"\n  Port 6\n');
    const pending = resolveSshHostConfig({ host: "h" }, { configFile, deadlineMs: 100 });
    await expect(pending).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});
