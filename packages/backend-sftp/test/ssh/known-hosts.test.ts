import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { commandWorks, opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { appendKnownHost } from "../../src/ssh/append-known-host.ts";
import { hostKeyAlgorithmsFor, hostLookup, KnownHosts, parseKnownHosts } from "../../src/ssh/known-hosts.ts";
import { fingerprintOf, keyTypeOf } from "../../src/ssh/public-key.ts";
import { readKnownHosts } from "../../src/ssh/read-known-hosts.ts";
import { blobOf, hostConfig, hostKeys } from "./host-keys.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const { ed25519, ecdsa, rsa, other } = hostKeys;

/** Written by `ssh-keygen -H` for `host.example` and `[host.example]:2222`. */
const hashed = "|1|pSW7Wa7Ds7k2UCtc8uzIeewIqN4=|dp6+nr0+fRVPuGI/Pa//hwtLJno=";
const hashedWithPort = "|1|mE2KRFFwkWqXZF1dR0L2Zj/6gvE=|OWIwxijokWGmqCxdLwsN3RSO1vY=";

interface Row {
  readonly title: string;
  readonly text: string;
  readonly hostName?: string;
  readonly port?: number;
  readonly alias?: string;
  /** Of the Ed25519 key; a number is the line of the entry that differs. */
  readonly expected: "trusted" | "unknown" | "revoked" | number;
}

const rows: readonly Row[] = [
  { title: "trusts the key on file", text: `host.example ${ed25519.line}`, expected: "trusted" },
  {
    title: "compares names in lower case",
    text: `HOST.Example ${ed25519.line}`,
    hostName: "Host.EXAMPLE",
    expected: "trusted",
  },
  {
    title: "finds the name in a list",
    text: `a,host.example,1.2.3.4 ${ed25519.line} comment here`,
    expected: "trusted",
  },
  { title: "takes tabs and CRLF", text: `# x\r\n\r\nhost.example\t${ed25519.line}\r\n`, expected: "trusted" },
  { title: "knows wildcards", text: `*.exampl? ${ed25519.line}`, expected: "trusted" },
  {
    title: "does not let a question mark stand for nothing",
    text: `host.example? ${ed25519.line}`,
    expected: "unknown",
  },
  { title: "lets a negation win", text: `*.example,!host.example ${ed25519.line}`, expected: "unknown" },
  { title: "finds a hashed name", text: `${hashed} ${ed25519.line}`, expected: "trusted" },
  {
    title: "does not find another hashed name",
    text: `${hashed} ${ed25519.line}`,
    hostName: "h",
    expected: "unknown",
  },
  {
    title: "finds a hashed name with port",
    text: `${hashedWithPort} ${ed25519.line}`,
    port: 2222,
    expected: "trusted",
  },
  {
    title: "does not take another port for this one",
    text: `[host.example]:23 ${ed25519.line}`,
    port: 2222,
    expected: "unknown",
  },
  {
    title: "does not take a port for none",
    text: `[host.example]:2222 ${ed25519.line}`,
    expected: "unknown",
  },
  {
    title: "takes the very same key without port for one with port",
    text: `host.example ${ed25519.line}`,
    port: 2222,
    expected: "trusted",
  },
  {
    title: "takes another key without port for nothing said",
    text: `host.example ${other.line}`,
    port: 2222,
    expected: "unknown",
  },
  {
    title: "does not look without port when the name with port has a key",
    text: `[host.example]:2222 ${ecdsa.line}\nhost.example ${ed25519.line}`,
    port: 2222,
    expected: 1,
  },
  { title: "sees that the key has changed", text: `# one\nhost.example ${other.line}`, expected: 2 },
  {
    title: "sees a key of another type as a change, like OpenSSH",
    text: `host.example ${ecdsa.line}`,
    expected: 1,
  },
  {
    title: "trusts one of several keys",
    text: `host.example ${ecdsa.line}\nhost.example ${ed25519.line}`,
    expected: "trusted",
  },
  {
    title: "looks up the alias alone",
    text: `alias ${ed25519.line}\nhost.example ${other.line}`,
    alias: "Alias",
    port: 99,
    expected: "trusted",
  },
  {
    title: "does not look up the host when it has an alias",
    text: `host.example ${ed25519.line}`,
    alias: "alias",
    expected: "unknown",
  },
  {
    title: "refuses a revoked key although it is on file",
    text: `host.example ${ed25519.line}\n@revoked * ${ed25519.line}`,
    expected: "revoked",
  },
  {
    title: "refuses a key revoked under the name without port",
    text: `@revoked host.example ${ed25519.line}`,
    port: 2222,
    expected: "revoked",
  },
  {
    title: "does not mind the revocation of another key",
    text: `@revoked * ${other.line}\nhost.example ${ed25519.line}`,
    expected: "trusted",
  },
  {
    title: "does not take a certificate authority for a host key",
    text: `@cert-authority * ${ed25519.line}`,
    expected: "unknown",
  },
  { title: "skips unknown markers", text: `@new host.example ${ed25519.line}`, expected: "unknown" },
  {
    title: "skips bad base64",
    text: `host.example ssh-ed25519 AAAA!\nhost.example ${ed25519.line}`,
    expected: "trusted",
  },
  {
    title: "skips a type that is not the key's",
    text: `host.example ${ed25519.line.replace("ssh-ed25519", "ssh-rsa")}`,
    expected: "unknown",
  },
  {
    title: "skips keys of version 1",
    text: "host.example 1024 35 12345678901234567890",
    expected: "unknown",
  },
];

describe("KnownHosts.check", () => {
  it.each(rows)("$title", ({ text, hostName = "host.example", port = 22, alias, expected }) => {
    const knownHosts = new KnownHosts(parseKnownHosts(text, "/known_hosts"));
    const result = knownHosts.check(hostLookup({ hostName, port, hostKeyAlias: alias }), blobOf("ed25519"));
    const places =
      typeof result === "string" ? result : result.changed.map(({ file, line }) => `${file}:${line}`);
    expect(places).toEqual(typeof expected === "string" ? expected : [`/known_hosts:${expected}`]);
  });

  it("decides a pattern made to be slow at once", () => {
    const text = `${"*a".repeat(60)} ${ed25519.line}`;
    const knownHosts = new KnownHosts(parseKnownHosts(text, "f"));
    const lookup = hostLookup({ hostName: "a".repeat(250) + "b", port: 22, hostKeyAlias: undefined });
    expect(knownHosts.check(lookup, blobOf("ed25519"))).toBe("unknown");
  });
});

describe("keys", () => {
  it.each(Object.keys(hostKeys) as (keyof typeof hostKeys)[])("have type and fingerprint (%s)", (name) => {
    expect(fingerprintOf(blobOf(name))).toBe(hostKeys[name].fingerprint);
    expect(keyTypeOf(blobOf(name))).toBe(hostKeys[name].line.split(" ")[0]);
  });

  it.each([[[]], [[0, 0, 0, 200, 1]], [[0, 0, 0, 0]], [[255, 255, 255, 255, 65]]])(
    "are unknown: %j",
    (bytes) => {
      expect(keyTypeOf(Uint8Array.from(bytes))).toBe("unknown");
    },
  );
});

describe("hostKeyAlgorithmsFor", () => {
  const supported = ["ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"];

  it.each([
    ["nothing on file", "", supported],
    [
      "ECDSA on file",
      `host.example ${ecdsa.line}`,
      ["ecdsa-sha2-nistp256", "ssh-rsa", "ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"],
    ],
    [
      "RSA on file",
      `host.example ${rsa.line}`,
      ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"],
    ],
    ["a certificate authority", `@cert-authority * ${ecdsa.line}`, supported],
  ])("puts the types on file first: %s", (_title, text, expected) => {
    const knownHosts = new KnownHosts(parseKnownHosts(text, "f"));
    expect(hostKeyAlgorithmsFor(knownHosts, hostLookup(hostConfig()), supported)).toEqual(expected);
  });
});

describe("files", () => {
  let directory = "";
  const path = (name: string): string => join(directory, name);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "known-hosts-"));
  });

  afterEach(async () => rm(directory, { recursive: true, force: true }));

  it("are empty when they do not exist", async () => {
    expect((await readKnownHosts([path("missing"), path("no/such")])).entries).toEqual([]);
  });

  it("are read in order", async () => {
    await writeFile(path("a"), `h ${ed25519.line}\n`);
    await writeFile(path("b"), `h ${rsa.line}\n`);
    const { entries } = await readKnownHosts([path("b"), path("a")]);
    expect(entries.map(({ file, line }) => [file, line])).toEqual([
      [path("b"), 1],
      [path("a"), 1],
    ]);
  });

  it("that cannot be read are an error that names them", async () => {
    // A directory: permissions mean nothing to root.
    await expect(readKnownHosts([directory])).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringContaining(directory) as string,
    });
  });

  it("with revoked keys revoke them for all hosts", async () => {
    await writeFile(path("revoked"), `# gone\n${ed25519.line} comment\n`);
    const knownHosts = await readKnownHosts([], path("revoked"));
    expect(knownHosts.check(hostLookup(hostConfig()), blobOf("ed25519"))).toBe("revoked");
    expect(knownHosts.check(hostLookup(hostConfig()), blobOf("rsa"))).toBe("unknown");
  });

  it.each([
    ["missing", undefined, "HOST_KEY"],
    ["nonsense", "what is this\n", "HOST_KEY"],
    ["a binary list", "SSHKRL\n\0\0\0\0\u0001", "UNSUPPORTED"],
  ])("with revoked keys that cannot be understood are refused: %s", async (_title, text, code) => {
    if (text !== undefined) await writeFile(path("revoked"), text, "latin1");
    await expect(readKnownHosts([], path("revoked"))).rejects.toMatchObject({ code });
  });

  it("get a new key appended, after a line break if they lack one", async () => {
    await writeFile(path("k"), `other ${rsa.line}`);
    const { warning } = await appendKnownHost(path("k"), "[h]:23", blobOf("ed25519"), false);
    expect(warning).toBeUndefined();
    expect(await readFile(path("k"), "utf8")).toBe(`other ${rsa.line}\n[h]:23 ${ed25519.line}\n`);
  });

  it("are made for the owner alone", async () => {
    await appendKnownHost(path("new/k"), "h", blobOf("ed25519"), false);
    expect((await stat(path("new"))).mode & 0o777).toBe(0o700);
    expect((await stat(path("new/k"))).mode & 0o777).toBe(0o600);
  });

  it("hold hashed names that are found again", async () => {
    await appendKnownHost(path("k"), "host.example", blobOf("ed25519"), true);
    expect(await readFile(path("k"), "utf8")).not.toContain("host");
    const knownHosts = await readKnownHosts([path("k")]);
    expect(knownHosts.check(hostLookup(hostConfig()), blobOf("ed25519"))).toBe("trusted");
  });

  it("keep all lines of many writers at a time", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `h${index}`);
    await Promise.all(names.map(async (name) => appendKnownHost(path("k"), name, blobOf("rsa"), false)));
    const { entries } = await readKnownHosts([path("k")]);
    expect(entries.map((entry) => entry.hosts).toSorted()).toEqual(names.toSorted());
  });

  it.each(["*", "a,b", "a b", "@revoked", "!h"])("never get %j as a name", async (name) => {
    const { warning } = await appendKnownHost(path("k"), name, blobOf("rsa"), false);
    expect(warning).toContain("cannot stand in known_hosts");
    expect((await readKnownHosts([path("k")])).entries).toEqual([]);
  });

  it("that cannot be written are a warning", async () => {
    await chmod(directory, 0o700);
    const { warning } = await appendKnownHost(directory, "h", blobOf("rsa"), false);
    expect(warning).toContain("EISDIR");
  });

  it.skipIf(!openssh.available)(`are understood by ssh-keygen -F ${openssh.tag}`, async () => {
    await appendKnownHost(path("k"), "[host.example]:2222", blobOf("ed25519"), true);
    expect(commandWorks("ssh-keygen", ["-f", path("k"), "-F", "[host.example]:2222"])).toBe(true);
    expect(commandWorks("ssh-keygen", ["-f", path("k"), "-F", "host.example"])).toBe(false);
  });
});
