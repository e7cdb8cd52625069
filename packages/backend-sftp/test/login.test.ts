import { StoreError, type Backend } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer, startSshd, type Sshd } from "@borgstore/tools-peers";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../src/index.ts";
import { freshDirectory, newDirectory } from "./fresh-directory.ts";
import { inProcess } from "./in-process.ts";

/** Logs in, does something, and says which of the two transports it was. */
async function use(backend: Backend): Promise<void> {
  await backend.create();
  await backend.open();
  await backend.store("data/a", new Uint8Array([1, 2, 3]));
  expect(await backend.load("data/a")).toEqual(new Uint8Array([1, 2, 3]));
  await backend.close();
  await backend.destroy();
}

async function failure(work: Promise<unknown>): Promise<StoreError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (StoreError.is(error)) return error;
  throw new Error("it did not fail as it should", { cause: error });
}

describe("passwords", () => {
  test.each([
    { how: "by a question", server: { keyboardInteractive: "sesame" } },
    { how: "as such", server: { password: "sesame" } },
  ])("a password is asked for when keys are refused, and given $how", async ({ server }) => {
    const { options } = await inProcess({ ...server, authorizedKeys: [] });
    const asked: unknown[] = [];
    const password: SftpOptions["password"] = (about) => {
      asked.push(about);
      return "sesame";
    };
    await expect(use(sftpBackend(options("store", { password })))).resolves.toBeUndefined();
    expect(asked[0]).toEqual({ user: "somebody", host: "127.0.0.1" });
  });

  test("a wrong password is UNAUTHENTICATED, and stands in no message", async () => {
    const { options } = await inProcess({ password: "sesame", authorizedKeys: [] });
    const backend = sftpBackend(options("store", { password: () => "opensesame" }));
    const error = await failure(backend.open());
    expect(error).toMatchObject({ code: "UNAUTHENTICATED", retryable: false, unsent: true });
    expect(JSON.stringify([error.message, String(error.cause), error.stack])).not.toContain("opensesame");
  });

  test("without a password only keys are tried, and the error says what became of them", async () => {
    const { options } = await inProcess({ password: "sesame", authorizedKeys: [] });
    const error = await failure(sftpBackend(options()).open());
    expect(error.code).toBe("UNAUTHENTICATED");
    expect(error.message).toMatch(
      /somebody at 127\.0\.0\.1: .*no password was given; the server offers password/,
    );
  });
});

describe("host keys", () => {
  test("a pinned fingerprint counts instead of known_hosts, and no other key does", async () => {
    const { options, server } = await inProcess();
    const [, base64 = ""] = server.hostKeyLines[0]?.split(" ") ?? [];
    const { createHash } = await import("node:crypto");
    const digest = createHash("sha256").update(Buffer.from(base64, "base64")).digest("base64");
    const nowhere = { UserKnownHostsFile: join(freshDirectory(), "none") };
    const right = `SHA256:${digest.replace(/=+$/, "")}`;
    await expect(
      use(sftpBackend(options("store", { hostKeys: [right], sshOptions: nowhere }))),
    ).resolves.toBeUndefined();
    const wrong = `SHA256:${"A".repeat(43)}`;
    const error = await failure(sftpBackend(options("store", { hostKeys: [wrong] })).open());
    expect(error).toMatchObject({ code: "HOST_KEY", retryable: false });
    expect(error.message).toContain(right);
  });

  test("accept-new writes an unknown key down, and refuses another one from then on", async () => {
    const { options, server } = await inProcess();
    const file = join(freshDirectory(), "known_hosts");
    const sshOptions = { UserKnownHostsFile: file, StrictHostKeyChecking: "accept-new" };
    await expect(use(sftpBackend(options("store", { sshOptions })))).resolves.toBeUndefined();
    expect(fs.readFileSync(file, "utf8").trim()).toBe(server.knownHostsLine());
    const other = await inProcess();
    fs.writeFileSync(file, `[127.0.0.1]:${server.port} ${other.server.hostKeyLines[0]}\n`);
    expect(await failure(sftpBackend(options("store", { sshOptions })).open())).toMatchObject({
      code: "HOST_KEY",
    });
  });

  test("of several keys the server is asked for the one on file", async () => {
    const { options, server } = await inProcess({ hostKeys: ["rsa", "ecdsa", "ed25519"] });
    const file = join(freshDirectory(), "known_hosts");
    for (const line of server.knownHostsLine().split("\n")) {
      fs.writeFileSync(file, `${line}\n`);
      await expect(
        use(sftpBackend(options("store", { sshOptions: { UserKnownHostsFile: file } }))),
      ).resolves.toBeUndefined();
    }
  });
});

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());

describe.skipIf(!openssh.available)(`a real sshd ${openssh.tag}`, () => {
  let sshd: Sshd;
  let directory: string;
  beforeAll(async () => {
    directory = newDirectory();
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(directory, "ca")]);
    sshd = await startSshd({
      directory: join(directory, "sshd"),
      config: [`TrustedUserCAKeys ${join(directory, "ca.pub")}`],
    });
  });
  afterAll(async () => {
    await sshd.stop();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  function backend(more: SftpOptions = {}, host = "127.0.0.1"): Backend {
    return sftpBackend({
      host,
      path: join(freshDirectory(), "store"),
      sshConfigFile: sshd.sshConfigFile,
      ...more,
    });
  }

  test("an alias of the ssh configuration is a host, by both transports", async () => {
    await expect(use(backend({ transport: "ssh2" }, "borgstore-test"))).resolves.toBeUndefined();
    await expect(use(backend({ transport: "openssh" }, "borgstore-test"))).resolves.toBeUndefined();
  });

  test("an encrypted key is opened with the passphrase, which is asked for once a connection", async () => {
    const sshOptions = { IdentityFile: sshd.encryptedKeyFile };
    const files: string[] = [];
    const passphrase: SftpOptions["passphrase"] = ({ file }) => {
      files.push(file);
      return sshd.passphrase;
    };
    await sftpBackend({
      host: "127.0.0.1",
      port: sshd.port,
      user: sshd.user,
      path: join(freshDirectory(), "store"),
      sshConfigFile: "none",
      transport: "ssh2",
      passphrase,
      sshOptions: { ...sshOptions, UserKnownHostsFile: sshd.knownHostsFile, IdentityAgent: "none" },
    }).create();
    expect(files).toEqual([sshd.encryptedKeyFile]);
  });

  test("a wrong passphrase and a missing one are UNAUTHENTICATED, and say so without it", async () => {
    const config = join(freshDirectory(), "config");
    fs.writeFileSync(
      config,
      fs.readFileSync(sshd.sshConfigFile, "utf8").replace(sshd.clientKeyFile, sshd.encryptedKeyFile),
    );
    const options = { sshConfigFile: config, transport: "ssh2" } as const;
    const missing = await failure(backend(options).open());
    expect(missing).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(missing.message).toContain("encrypted");
    const wrong = await failure(backend({ ...options, passphrase: () => "hunter2" }).open());
    expect(wrong).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(wrong.message).not.toContain("hunter2");
  });

  test("keys of the agent are used", async () => {
    const socket = join(freshDirectory(), "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    onTestFinished(async () => {
      const ended = once(agent, "exit");
      agent.kill();
      await ended;
    });
    await expect.poll(() => fs.existsSync(socket), { interval: 5 }).toBe(true);
    execFileSync("ssh-add", ["-q", sshd.clientKeyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    const config = join(freshDirectory(), "config");
    const text = fs.readFileSync(sshd.sshConfigFile, "utf8");
    // Only the public half of the key is named: the private one is the agent's.
    fs.writeFileSync(
      config,
      text
        .replace(sshd.clientKeyFile, `${sshd.clientKeyFile}.pub`)
        .replace("IdentityAgent none", `IdentityAgent "${socket}"`),
    );
    await expect(use(backend({ sshConfigFile: config, transport: "ssh2" }))).resolves.toBeUndefined();
  });

  test.each(["ssh2", "openssh"] as const)("a jump host leads to the host, by %s", async (transport) => {
    const config = join(freshDirectory(), "config");
    const text = fs.readFileSync(sshd.sshConfigFile, "utf8");
    fs.writeFileSync(
      config,
      `Host far\n  ProxyJump borgstore-test\n  HostKeyAlias [127.0.0.1]:${sshd.port}\n${text.replace("Host 127.0.0.1 borgstore-test", "Host 127.0.0.1 borgstore-test far")}`,
    );
    await expect(use(backend({ sshConfigFile: config, transport }, "far"))).resolves.toBeUndefined();
  });

  test("a certificate is a reason for the ssh program, and is let in by it", async () => {
    const place = freshDirectory();
    const key = join(place, "id");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    execFileSync("ssh-keygen", [
      "-q",
      "-s",
      join(directory, "ca"),
      "-I",
      "test",
      "-n",
      sshd.user,
      `${key}.pub`,
    ]);
    const config = join(place, "config");
    fs.writeFileSync(config, fs.readFileSync(sshd.sshConfigFile, "utf8").replace(sshd.clientKeyFile, key));
    await expect(use(backend({ sshConfigFile: config }))).resolves.toBeUndefined();
    expect(await failure(backend({ sshConfigFile: config, transport: "ssh2" }).open())).toMatchObject({
      code: "UNAUTHENTICATED",
    });
    const pinned = backend({ sshConfigFile: config, hostKeys: [`SHA256:${"A".repeat(43)}`] });
    const error = await failure(pinned.open());
    expect(error).toMatchObject({ code: "UNSUPPORTED" });
    expect(error.message).toMatch(/certificate.*hostKeys/s);
  });

  test("a ProxyCommand is never gone around, neither the host's own nor that of its jump host", async () => {
    const config = join(freshDirectory(), "config");
    const text = fs.readFileSync(sshd.sshConfigFile, "utf8");
    const hosts = "Host gate\n  ProxyCommand false\nHost far\n  ProxyJump gate\n";
    fs.writeFileSync(config, hosts + text.replace("Host 127.0.0.1", "Host gate far 127.0.0.1"));
    for (const host of ["gate", "far"]) {
      const refused = await failure(backend({ sshConfigFile: config, transport: "ssh2" }, host).open());
      expect(refused).toMatchObject({ code: "UNSUPPORTED" });
      expect(refused.message).toContain("gate has a ProxyCommand");
      const led = await failure(backend({ sshConfigFile: config, connectTimeoutMs: 30_000 }, host).open());
      expect(led).toMatchObject({ code: "CONNECTION" });
    }
  });

  test("a program that leads to the host ends with the connection timeout, though it holds on", async () => {
    const sshOptions = { ProxyCommand: "sleep 30" };
    const started = performance.now();
    const error = await failure(backend({ sshOptions, connectTimeoutMs: 700 }).open());
    expect(error).toMatchObject({ code: "TIMEOUT", unsent: true });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test("jump hosts in a circle are INVALID_ARGUMENT", async () => {
    const config = join(freshDirectory(), "config");
    fs.writeFileSync(config, "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\nHost *\n  HostName 127.0.0.1\n");
    const error = await failure(backend({ sshConfigFile: config, transport: "ssh2" }, "a").open());
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
  });

  test.each(["ssh2", "openssh"] as const)(
    "a server that hangs up over too many keys is UNAUTHENTICATED, by %s",
    async (transport) => {
      const place = freshDirectory();
      await using strict = await startSshd({ directory: join(place, "sshd"), config: ["MaxAuthTries 1"] });
      const config = join(place, "config");
      const text = fs.readFileSync(strict.sshConfigFile, "utf8");
      const keys = `IdentityFile "${strict.strangerKeyFile}"\n  IdentityFile "${strict.clientKeyFile}"`;
      fs.writeFileSync(config, text.replace(`IdentityFile "${strict.clientKeyFile}"`, keys));
      const error = await failure(backend({ sshConfigFile: config, transport }).open());
      expect(error).toMatchObject({ code: "UNAUTHENTICATED", retryable: false, unsent: true });
    },
  );

  test("an ssh program that is missing is said to be, where it is needed only", async () => {
    const sshOptions = { ControlPath: join(freshDirectory(), "control") };
    const ssh2 = use(
      sftpBackend({
        host: "127.0.0.1",
        port: sshd.port,
        user: sshd.user,
        path: join(freshDirectory(), "store"),
        sshConfigFile: sshd.sshConfigFile,
        sshProgram: "/nowhere/ssh",
      }),
    );
    await expect(ssh2).resolves.toBeUndefined();
    const error = await failure(backend({ sshProgram: "/nowhere/ssh", sshOptions }).open());
    expect(error).toMatchObject({ code: "UNSUPPORTED", retryable: false });
    expect(error.message).toMatch(/\/nowhere\/ssh.*install the OpenSSH client/);
  });

  test("what ssh refuses of its configuration is INVALID_ARGUMENT", async () => {
    const error = await failure(backend({ sshOptions: { NoSuchKeyword: "yes" } }).open());
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
    expect(error.message).toContain("nosuchkeyword");
  });
});
