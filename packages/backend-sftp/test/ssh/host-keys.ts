import type { SshHostConfig } from "../../src/ssh/ssh-host-config.ts";

/** Public keys made by ssh-keygen for these tests, with the fingerprints that `ssh-keygen -l` prints. */
export const hostKeys = {
  ed25519: {
    line: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDmo5EtAQErXXsSHZaTz7m+9m4gN/FwkZNWmIaQSpQhU",
    fingerprint: "SHA256:+IYfgK9XGvfPkxBqh4aM29n3a7uaXfwLf03lY0iQyW8",
  },
  other: {
    line: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID4WPG6THfCG53n1YRmh4Og3STeNx8SGjB8GHzfj9IlA",
    fingerprint: "SHA256:Tqo7txvQpADw4Ev5ZLicHXvPFGvT3uBw9Al42gdZUfg",
  },
  ecdsa: {
    line: "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDZuyXs2iOj92QXe4t1CWiHq942pUy+/zetBMAMPtskLj/3nskovOJg2+P0vzN8mgo8LGr8EEwn4j8ZiwR8TRKI=",
    fingerprint: "SHA256:VhvW85p0v1AJbzNOFHJwVdj21jqoF4+fVCe3z8vL0WE",
  },
  rsa: {
    line: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDsippr2VypdFa7MBy/SQy+SwztJU3EiGKNVKvLe5rI8wS75I0zKbPXnUXoQ5ZOJw+oRPL/9Z1//ct1TA5ii+buJN6yqcu2NkVKF67HCNjXADNdMLhFJSNsDso8aeekA2SoWEIA/heA09nNrx4eJXZmOugHPiTmF+os+CQ9QbFpiQ==",
    fingerprint: "SHA256:aEmK9UeTZEwUUrGIkITpY/VCmW4X2W7eWivgcDZKPpQ",
  },
} as const;

/** The key of a line, as ssh2 gives it to `hostVerifier`. */
export function blobOf(name: keyof typeof hostKeys): Uint8Array {
  return Buffer.from(hostKeys[name].line.split(" ")[1] ?? "", "base64");
}

/** A configuration that says nothing, changed where a test says something. */
export function hostConfig(changes: Partial<SshHostConfig> = {}): SshHostConfig {
  return {
    host: "host.example",
    hostName: "host.example",
    user: "user",
    port: 22,
    identityFiles: [],
    identityFilesConfigured: false,
    certificateFiles: [],
    identitiesOnly: false,
    identityAgent: "none",
    proxyJump: undefined,
    proxyCommand: undefined,
    userKnownHostsFiles: [],
    globalKnownHostsFiles: [],
    knownHostsCommand: undefined,
    hostKeyAlias: undefined,
    strictHostKeyChecking: "ask",
    connectTimeoutMs: undefined,
    serverAliveIntervalMs: 0,
    serverAliveCountMax: 3,
    controlMaster: undefined,
    controlPath: undefined,
    kexAlgorithms: undefined,
    ciphers: undefined,
    macs: undefined,
    hostKeyAlgorithms: undefined,
    pubkeyAcceptedAlgorithms: undefined,
    addressFamily: "any",
    bindAddress: undefined,
    compression: false,
    pkcs11Provider: undefined,
    revokedHostKeys: undefined,
    hashKnownHosts: false,
    pubkeyAuthentication: true,
    passwordAuthentication: true,
    kbdInteractiveAuthentication: true,
    gssapiAuthentication: false,
    hostbasedAuthentication: false,
    ...changes,
  };
}
