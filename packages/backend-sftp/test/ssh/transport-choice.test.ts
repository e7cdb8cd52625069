import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type AlgorithmKind, defaultAlgorithms, supportedAlgorithms } from "../../src/ssh/algorithm-lists.ts";
import { KnownHosts, parseKnownHosts } from "../../src/ssh/known-hosts.ts";
import type { SshHostConfig } from "../../src/ssh/ssh-host-config.ts";
import { reasonsForOpenSsh, ssh2Algorithms } from "../../src/ssh/transport-choice.ts";
import { hostConfig, hostKeys } from "./host-keys.ts";

const nobody = new KnownHosts();
const authority = new KnownHosts(parseKnownHosts(`@cert-authority * ${hostKeys.rsa.line}`, "f"));

/** A FIDO key's public half: the type, and a string in the place of the rest. */
const skLine = `sk-ssh-ed25519@openssh.com ${Buffer.from("\0\0\0\u001Ask-ssh-ed25519@openssh.com\0\0\0\u0001x", "latin1").toString("base64")}`;

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "transport-"));
  await writeFile(join(directory, "plain.pub"), `${hostKeys.ed25519.line}\n`);
  await writeFile(join(directory, "sk.pub"), `${skLine}\n`);
  await writeFile(join(directory, "signed.pub"), `${hostKeys.ecdsa.line}\n`);
  await writeFile(join(directory, "signed-cert.pub"), "x");
});

afterAll(async () => rm(directory, { recursive: true, force: true }));

type Row = readonly [title: string, changes: Partial<SshHostConfig>];

const forSsh2: Row[] = [
  ["nothing special", {}],
  ["a jump host", { proxyJump: "jump" }],
  ["GSSAPI beside keys", { gssapiAuthentication: true }],
  ["a plain key", { identityFiles: ["DIR/plain", "DIR/missing"] }],
  ["a missing certificate", { certificateFiles: ["DIR/missing"] }],
  ["certificates without public keys", { certificateFiles: ["DIR/sk.pub"], pubkeyAuthentication: false }],
];

const forOpenSsh: (readonly [...Row, expected: RegExp])[] = [
  ["a proxy command", { proxyCommand: "nc %h %p" }, /ProxyCommand/],
  ["a shared connection", { controlPath: "/c" }, /ControlPath/],
  ["a command for known hosts", { knownHostsCommand: "/x" }, /KnownHostsCommand/],
  ["a certificate", { certificateFiles: ["DIR/signed-cert.pub"] }, /signed-cert.pub is a certificate/],
  ["a certificate beside a key", { identityFiles: ["DIR/signed"] }, /signed-cert.pub is a certificate/],
  ["a FIDO key", { identityFiles: ["DIR/sk"] }, /sk is a FIDO key/],
  ["keys on a token", { pkcs11Provider: "/p.so" }, /PKCS11/],
  ["only post-quantum key exchange", { kexAlgorithms: ["sntrup761x25519-sha512"] }, /KexAlgorithms/],
  ["a cipher that ssh2 lacks", { ciphers: ["rijndael-cbc@lysator.liu.se"] }, /Ciphers/],
  ["a MAC that ssh2 lacks", { macs: ["umac-64@openssh.com"] }, /MACs/],
  ["only host certificates", { hostKeyAlgorithms: ["ssh-ed25519-cert-v01@openssh.com"] }, /HostKey/],
  [
    "only GSSAPI",
    {
      gssapiAuthentication: true,
      pubkeyAuthentication: false,
      passwordAuthentication: false,
      kbdInteractiveAuthentication: false,
    },
    /GSSAPI/,
  ],
];

function inDirectory(changes: Partial<SshHostConfig>): SshHostConfig {
  const { identityFiles = [], certificateFiles = [] } = changes;
  return hostConfig({
    ...changes,
    identityFiles: identityFiles.map((name) => name.replace("DIR", directory)),
    certificateFiles: certificateFiles.map((name) => name.replace("DIR", directory)),
  });
}

describe("reasonsForOpenSsh", () => {
  it.each(forSsh2)("finds none in %s", async (_title, changes) => {
    expect(await reasonsForOpenSsh(inDirectory(changes), nobody)).toEqual([]);
  });

  it.each(forOpenSsh)("finds one in %s", async (_title, changes, expected) => {
    const reasons = await reasonsForOpenSsh(inDirectory(changes), nobody);
    expect(reasons).toEqual([expect.stringMatching(expected)]);
  });

  it("finds one in a host that only a certificate authority vouches for", async () => {
    expect(await reasonsForOpenSsh(hostConfig(), authority)).toEqual([
      expect.stringContaining("certificate authority"),
    ]);
  });
});

describe("ssh2Algorithms", () => {
  it("takes the configured ones that ssh2 has, AES-GCM first among the ciphers", () => {
    const algorithms = ssh2Algorithms(
      hostConfig({
        kexAlgorithms: ["mlkem768x25519-sha256", "diffie-hellman-group16-sha512", "curve25519-sha256"],
        ciphers: ["chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr"],
        macs: ["umac-64@openssh.com", "hmac-sha2-512"],
        compression: true,
      }),
      nobody,
    );
    expect(algorithms).toEqual({
      kex: ["diffie-hellman-group16-sha512", "curve25519-sha256"],
      cipher: ["aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr"],
      hmac: ["hmac-sha2-512"],
      serverHostKey: [...defaultAlgorithms("serverHostKey")],
      compress: ["zlib@openssh.com", "none"],
    });
  });

  it("orders host key algorithms by the keys on file", () => {
    const knownHosts = new KnownHosts(parseKnownHosts(`host.example ${hostKeys.rsa.line}`, "f"));
    expect(ssh2Algorithms(hostConfig(), knownHosts).serverHostKey.slice(0, 2)).toEqual([
      "rsa-sha2-512",
      "rsa-sha2-256",
    ]);
  });

  it("never offers what was not configured", () => {
    const config = hostConfig({ kexAlgorithms: ["sntrup761x25519-sha512@openssh.com"] });
    expect(() => ssh2Algorithms(config, nobody)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  });
});

describe("the lists of ssh2's algorithms", () => {
  const constants = createRequire(import.meta.url)("ssh2/lib/protocol/constants.js") as Record<
    string,
    string[]
  >;
  /** What ssh2 has and we leave out: OpenSSH dropped them or never had them, and OpenSSL 3 lacks some. */
  const leftOut = new Set([
    "aes128-gcm",
    "aes256-gcm",
    "arcfour",
    "arcfour128",
    "arcfour256",
    "blowfish-cbc",
    "cast128-cbc",
    "hmac-ripemd160",
    "hmac-sha2-256-96",
    "hmac-sha2-512-96",
  ]);

  it.each([
    ["kex", "SUPPORTED_KEX"],
    ["cipher", "SUPPORTED_CIPHER"],
    ["hmac", "SUPPORTED_MAC"],
    ["serverHostKey", "SUPPORTED_SERVER_HOST_KEY"],
  ] as const)("are those of the installed version: %s", (kind: AlgorithmKind, name) => {
    const installed = (constants[name] ?? []).filter((algorithm) => !leftOut.has(algorithm));
    expect(supportedAlgorithms(kind).toSorted()).toEqual(installed.toSorted());
  });
});
