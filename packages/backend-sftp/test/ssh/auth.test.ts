import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { isEncryptedKey } from "../../src/ssh/encrypted-key.ts";
import { readIdentity } from "../../src/ssh/identities.ts";
import { readAgent } from "../../src/ssh/key-agent.ts";
import { fingerprintOf, parsePublicKeyLine } from "../../src/ssh/public-key.ts";
import { login, type ServerRules } from "./auth-server.ts";
import { hostConfig } from "./host-keys.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const environment = {};

let directory = "";
const path = (name: string): string => join(directory, name);
const fingerprints = new Map<string, string>();
const print = (name: string): string => fingerprints.get(name) ?? "";

async function makeKey(name: string, passphrase?: string): Promise<void> {
  const pair =
    passphrase === undefined
      ? ssh2.utils.generateKeyPairSync("ed25519")
      : ssh2.utils.generateKeyPairSync("ed25519", { passphrase, cipher: "aes256-ctr", rounds: 4 });
  await writeFile(path(name), pair.private, { mode: 0o600 });
  await writeFile(path(`${name}.pub`), `${pair.public}\n`);
  const blob = parsePublicKeyLine(pair.public);
  if (blob !== undefined) fingerprints.set(name, fingerprintOf(blob));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "auth-"));
  for (const name of ["one", "two", "three"]) await makeKey(name);
  await makeKey("locked", "secret");
});

afterAll(async () => rm(directory, { recursive: true, force: true }));

/** A server that accepts one key, by the name of its file, and nothing else. */
function accepting(...names: string[]): ServerRules {
  return {
    methods: ["publickey"],
    decide: (context) =>
      context.method === "publickey" && names.map(print).includes(fingerprintOf(context.key.data))
        ? "accept"
        : "refuse",
  };
}

const files = (...names: string[]): { identityFiles: string[]; identityFilesConfigured: boolean } => ({
  identityFiles: names.map(path),
  identityFilesConfigured: true,
});

describe("isEncryptedKey", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  const secret = { cipher: "aes-128-cbc", passphrase: "x" };

  it.each([
    ["OpenSSH's format, plain", ssh2.utils.generateKeyPairSync("ed25519").private, false],
    [
      "OpenSSH's format, encrypted",
      ssh2.utils.generateKeyPairSync("ed25519", { passphrase: "x", cipher: "aes256-cbc", rounds: 1 }).private,
      true,
    ],
    ["PKCS#1, plain", rsa.export({ type: "pkcs1", format: "pem" }), false],
    ["PKCS#1, encrypted", rsa.export({ type: "pkcs1", format: "pem", ...secret }), true],
    ["PKCS#8, plain", rsa.export({ type: "pkcs8", format: "pem" }), false],
    ["PKCS#8, encrypted", rsa.export({ type: "pkcs8", format: "pem", ...secret }), true],
    ["nonsense", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", false],
  ])("knows %s", (_title, text, expected) => {
    expect(isEncryptedKey(text.toString())).toBe(expected);
  });
});

describe("readIdentity", () => {
  it("finds the public half in the private file, without passphrase and without .pub", async () => {
    await writeFile(path("alone"), await readFile(path("locked")), { mode: 0o600 });
    const identity = await readIdentity(path("alone"));
    expect(identity.isEncrypted).toBe(true);
    expect(identity.publicKey && fingerprintOf(identity.publicKey)).toBe(print("locked"));
  });

  it("takes a file with a public key only", async () => {
    expect(await readIdentity(path("one.pub"))).toMatchObject({
      privateKey: undefined,
      keyType: "ssh-ed25519",
      isMissing: false,
      problem: "holds only a public key",
    });
  });

  it("refuses a private key that others may read, as OpenSSH does", async () => {
    await makeKey("open");
    await chmod(path("open"), 0o644);
    expect(await readIdentity(path("open"))).toMatchObject({
      privateKey: undefined,
      problem: expect.stringContaining("chmod 600") as string,
    });
  });
});

describe("buildAuthHandler", () => {
  it("tries key files in order and tells what was refused", async () => {
    const result = await login(accepting("three"), {
      config: hostConfig(files("one", "missing", "three")),
      environment,
    });
    expect(result.isAccepted).toBe(true);
    expect(result.asked).toEqual([
      "none",
      `publickey ${print("one")}`,
      `publickey ${print("three")}`,
      `publickey ${print("three")} signed`,
    ]);
    expect(result.reasons).toEqual([`${path("one")}: refused`, `${path("missing")}: no such file`]);
  });

  it("is silent about default files that do not exist", async () => {
    const config = hostConfig({ identityFiles: [path("missing")] });
    const { isAccepted, reasons } = await login(accepting("one"), { config, environment });
    expect(isAccepted).toBe(false);
    expect(reasons).toEqual(["the server offers publickey"]);
  });

  it("asks for a passphrase at the key's turn, and not if a key before it will do", async () => {
    const requests: unknown[] = [];
    const passphrase = (request: unknown): string => {
      requests.push(request);
      return "secret";
    };
    const config = hostConfig(files("one", "locked"));
    expect((await login(accepting("one"), { config, environment, passphrase })).isAccepted).toBe(true);
    expect(requests).toEqual([]);
    expect((await login(accepting("locked"), { config, environment, passphrase })).isAccepted).toBe(true);
    expect(requests).toEqual([{ file: path("locked"), publicKeyFingerprint: print("locked") }]);
  });

  it.each([
    ["no callback", undefined, "encrypted, and no passphrase callback"],
    ["no passphrase", () => undefined, "encrypted, and no passphrase was given"],
    ["a wrong one", () => "not-the-passphrase", "wrong passphrase, or a damaged key"],
  ])(
    "skips an encrypted key with %s, and says so without the passphrase",
    async (_title, passphrase, reason) => {
      const { isAccepted, reasons } = await login(accepting("locked"), {
        config: hostConfig(files("locked")),
        environment,
        passphrase,
      });
      expect(isAccepted).toBe(false);
      expect(reasons[0]).toBe(`${path("locked")}: ${reason}`);
      expect(reasons.join()).not.toContain("not-the-passphrase");
    },
  );

  it("ends when a callback throws, without telling its message", async () => {
    const { isAccepted, reasons } = await login(accepting("locked"), {
      config: hostConfig(files("locked")),
      environment,
      passphrase: () => {
        throw new TypeError("hunter2");
      },
    });
    expect(isAccepted).toBe(false);
    expect(reasons).toEqual(["asking for a secret failed (TypeError)"]);
  });

  it.each(["pkcs1", "pkcs8"] as const)("reads RSA keys of PEM files (%s), encrypted or not", async (type) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const secret = { cipher: "aes-256-cbc", passphrase: "x" };
    await writeFile(path("plain.pem"), privateKey.export({ type, format: "pem" }), { mode: 0o600 });
    await writeFile(path("secret.pem"), privateKey.export({ type, format: "pem", ...secret }), {
      mode: 0o600,
    });
    const rules: ServerRules = {
      methods: ["publickey"],
      decide: (context) => (context.method === "publickey" ? "accept" : "refuse"),
    };
    for (const name of ["plain.pem", "secret.pem"]) {
      const config = hostConfig(files(name));
      const result = await login(rules, { config, environment, passphrase: () => "x" });
      expect([name, result.reasons, result.isAccepted]).toEqual([name, [], true]);
    }
  });

  it("leaves out keys that PubkeyAcceptedAlgorithms excludes", async () => {
    const config = hostConfig({ ...files("one"), pubkeyAcceptedAlgorithms: ["rsa-sha2-512"] });
    const { asked, reasons } = await login(accepting("one"), { config, environment });
    expect(asked).toEqual(["none"]);
    expect(reasons[0]).toContain("PubkeyAcceptedAlgorithms");
  });

  it.each([
    ["password", ["password"], ["none", "password"]],
    ["keyboard-interactive", ["keyboard-interactive"], ["none", "keyboard-interactive"]],
  ] as const)("sends the password by %s when the server offers that", async (_title, methods, asked) => {
    const requests: unknown[] = [];
    const result = await login(passwordRules(methods), {
      config: hostConfig(files("one")),
      environment,
      password: (request) => {
        requests.push(request);
        return "open sesame";
      },
    });
    expect([result.isAccepted, result.asked]).toEqual([true, asked]);
    expect(requests).toEqual([{ user: "user", host: "host.example" }]);
  });

  it("tries a wrong password by both methods, asks once, and does not tell it", async () => {
    let count = 0;
    const result = await login(passwordRules(["password", "keyboard-interactive"]), {
      config: hostConfig(),
      environment,
      password: async () => `wrong${(count += 1)}`,
    });
    expect([result.isAccepted, result.asked, count]).toEqual([
      false,
      ["none", "keyboard-interactive", "password"],
      1,
    ]);
    expect(result.reasons).toEqual([
      "keyboard-interactive: refused",
      "password: refused",
      "the server offers password, keyboard-interactive",
    ]);
  });

  it("sends no password to a host whose key has changed", async () => {
    const { asked, reasons } = await login(passwordRules(["password"]), {
      config: hostConfig(),
      environment,
      password: () => "open sesame",
      isPasswordAllowed: () => false,
    });
    expect([asked, reasons[0]]).toEqual([["none"], "no password is sent to a host whose key has changed"]);
  });

  it("goes on to the password after a key that is only the first step", async () => {
    const result = await login(twoSteps(), {
      config: hostConfig(files("one", "two")),
      environment,
      password: () => "open sesame",
    });
    expect(result.isAccepted).toBe(true);
    expect(result.asked.at(-1)).toBe("password");
    expect(result.reasons).toEqual([`${path("one")}: accepted, but the server wants more`]);
  });
});

describe.skipIf(!openssh.available)(`ssh-agent ${openssh.tag}`, () => {
  let agent: ChildProcess;
  let socket = "";

  beforeAll(async () => {
    socket = path("agent");
    agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
    // It prints its variables once it listens.
    if (agent.stdout !== null) await once(agent.stdout, "data");
    for (const name of ["three", "two"]) {
      execFileSync("ssh-add", ["-q", path(name)], {
        env: { SSH_AUTH_SOCK: socket, PATH: process.env["PATH"] },
      });
    }
  });

  afterAll(async () => {
    const end = once(agent, "exit");
    agent.kill();
    await end;
  });

  it("offers configured keys first, then the others, then files that the agent does not hold", async () => {
    const config = hostConfig({ ...files("one", "two"), identityAgent: socket });
    const result = await login(accepting(), { config, environment });
    expect(keysAsked(result.asked)).toEqual(
      ["two", "three", "one"].map((name) => `publickey ${print(name)}`),
    );
    expect(result.reasons).toEqual([
      "agent: 2 keys refused",
      `${path("one")}: refused`,
      "the server offers publickey",
    ]);
  });

  it("offers only configured keys under IdentitiesOnly, of which a public half is enough", async () => {
    const config = hostConfig({ ...files("two.pub"), identitiesOnly: true, identityAgent: undefined });
    const result = await login(accepting("two"), { config, environment: { SSH_AUTH_SOCK: socket } });
    expect(keysAsked(result.asked)).toEqual([
      `publickey ${print("two")}`,
      `publickey ${print("two")} signed`,
    ]);
    expect(result.isAccepted).toBe(true);
  });

  it("uses no agent where IdentityAgent is none", async () => {
    const config = hostConfig({ identityAgent: "none" });
    const result = await login(accepting("two"), { config, environment: { SSH_AUTH_SOCK: socket } });
    expect(keysAsked(result.asked)).toEqual([]);
  });

  it("goes on to the password after a key of the agent that is only the first step", async () => {
    const config = hostConfig({ ...files("two"), identityAgent: socket });
    const result = await login(
      { ...twoSteps(), methods: ["publickey"] },
      { config, environment, password: () => "open sesame" },
    );
    expect([result.isAccepted, result.asked.at(-1)]).toEqual([true, "password"]);
  });
});

describe("an agent that does not work", () => {
  let dead: Server;
  let refusing: Server;

  beforeAll(async () => {
    dead = createServer(() => undefined);
    dead.listen(path("dead"));
    await once(dead, "listening");
    const key = ssh2.utils.parseKey(await readFile(path("two.pub")));
    refusing = createServer((socket) => {
      const protocol = new ssh2.AgentProtocol(false);
      protocol.on("identities", (request) =>
        protocol.getIdentitiesReply(request, key instanceof Error ? [] : [key]),
      );
      protocol.on("sign", (request) => protocol.failureReply(request));
      socket.pipe(protocol).pipe(socket);
    });
    refusing.listen(path("refusing"));
    await once(refusing, "listening");
  });

  afterAll(() => {
    dead.close();
    refusing.close();
  });

  it("does not end the login when it refuses to sign", async () => {
    const config = hostConfig({ ...files("one"), identityAgent: path("refusing") });
    const result = await login(accepting("two", "one"), { config, environment });
    expect(result.isAccepted).toBe(true);
    expect(result.agentErrors).toHaveLength(1);
    expect(result.reasons).toEqual([expect.stringContaining(`agent: ${print("two")}: `)]);
  });

  it("counts as empty when it does not answer in time", async () => {
    expect(await readAgent(path("dead"), 20)).toMatchObject({
      identities: [],
      problem: "no answer within 0.02 s",
    });
  });

  it.each(["dead", "missing"])("does not keep key files from being tried (%s)", async (name) => {
    const config = hostConfig({ ...files("one"), identityAgent: path(name) });
    const result = await login(accepting("one"), { config, environment, agentDeadlineMs: 20 });
    expect(result.isAccepted).toBe(true);
    expect(result.reasons).toEqual([expect.stringMatching(/^agent: /)]);
  });
});

function keysAsked(asked: readonly string[]): string[] {
  return asked.filter((line) => line.startsWith("publickey"));
}

/** A server that wants a password, in whatever way. */
function passwordRules(methods: ServerRules["methods"]): ServerRules {
  return {
    methods,
    decide: async (context) => {
      if (context.method === "password") return context.password === "open sesame" ? "accept" : "refuse";
      if (context.method !== "keyboard-interactive") return "refuse";
      const answers = await new Promise<string[]>((resolve) => {
        context.prompt([{ prompt: "Password: ", echo: false }], (given) => resolve(given));
      });
      return answers[0] === "open sesame" ? "accept" : "refuse";
    },
  };
}

/** A server that wants a key and then a password. */
function twoSteps(): ServerRules {
  let hasKey = false;
  return {
    methods: ["publickey"],
    methodsAfterPartial: ["password"],
    decide: (context) => {
      if (context.method === "publickey") {
        if (context.signature !== undefined) hasKey = true;
        return "partial";
      }
      return context.method === "password" && hasKey && context.password === "open sesame"
        ? "accept"
        : "refuse";
    },
  };
}
