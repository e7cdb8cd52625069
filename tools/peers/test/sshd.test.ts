import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  findSftpServer,
  opensshAvailable,
  opensshReason,
  requirePeer,
  startSshd,
  type Sshd,
  type SshdOptions,
} from "../src/index.ts";
import { run, temporaryDirectory } from "./ssh-client.ts";

// Logins and keys take their time while other tests keep the machine busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const patient = { timeout: 20_000 };
const runsTypeScript = "typescript" in process.features && Boolean(process.features.typescript);
const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());

// Making keys takes longer than all else; the tests, one at a time, share them.
const keys = mkdtempSync(path.join(tmpdir(), "borgstore-peers-"));
afterAll(() => rmSync(keys, { recursive: true, force: true }));

async function start(options: Partial<SshdOptions> = {}): Promise<Sshd> {
  const sshd = await startSshd({ directory: keys, ...options });
  onTestFinished(async () => await sshd.stop());
  return sshd;
}

/** A session that sends back what it gets, once it has done so the first time. */
async function openEcho(sshd: Sshd): Promise<ChildProcessWithoutNullStreams> {
  const client = spawn("ssh", ["-F", sshd.sshConfigFile, "127.0.0.1", "cat"]);
  onTestFinished(() => void client.kill("SIGKILL"));
  client.stdin.write("first\n");
  await once(client.stdout, "data");
  return client;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => resolve(socket.destroy() === socket));
  });
}

/** How the processes are; Z for one that has ended and waits for its parent to take notice. */
function states(pids: readonly number[]): string[] {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", pids.join(",")], { encoding: "utf8" });
  return stdout.split("\n").filter((state) => state !== "");
}

describe.skipIf(!openssh.available)(`logging in ${openssh.tag}`, () => {
  test("ssh and sftp need nothing but the configuration file", async () => {
    const sshd = await start();
    const directory = temporaryDirectory();
    const source = path.join(directory, "source");
    const target = path.join(directory, "target");
    writeFileSync(source, "content");

    expect(await run("ssh", sshd, ["borgstore-test", "echo", "here"])).toMatchObject({
      code: 0,
      stdout: "here\n",
    });
    const sftp = await run("sftp", sshd, ["-b", "-", "127.0.0.1"], `put ${source} ${target}\n`);
    expect(sftp.code).toBe(0);
    expect(readFileSync(target, "utf8")).toBe("content");
  });

  test("the RSA key and the key with a passphrase are authorized, the stranger's is not", async () => {
    const sshd = await start();
    const askpass = path.join(temporaryDirectory(), "askpass");
    writeFileSync(askpass, `#!/bin/sh\necho '${sshd.passphrase}'\n`, { mode: 0o700 });
    const logIn = async (key: string) => {
      // The first identity in the configuration file would be tried as well.
      const args = ["-F", "none", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i", key];
      args.push("-o", `UserKnownHostsFile=${sshd.knownHostsFile}`, "-p", String(sshd.port));
      const client = spawn("ssh", [...args, `${sshd.user}@127.0.0.1`, "true"], {
        stdio: "ignore",
        env: { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force" },
      });
      await once(client, "close");
      return client.exitCode;
    };

    expect(await logIn(sshd.clientRsaKeyFile)).toBe(0);
    expect(await logIn(sshd.encryptedKeyFile)).toBe(0);
    expect(await logIn(sshd.strangerKeyFile)).toBe(255);
  });

  test("the host can be a jump host to itself", async () => {
    const sshd = await start();
    const { code, stdout } = await run("ssh", sshd, ["-J", "127.0.0.1", "borgstore-test", "echo", "there"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "there\n" });
  });

  test("a host has as many kinds of keys as asked for, and clients know all of them", async () => {
    const sshd = await start({ hostKeyTypes: ["rsa", "ecdsa"] });
    expect(sshd.hostKeyFiles.map((file) => path.basename(file))).toEqual(["host_rsa_key", "host_ecdsa_key"]);
    for (const algorithm of ["rsa-sha2-512", "ecdsa-sha2-nistp256"]) {
      const { code } = await run("ssh", sshd, ["-o", `HostKeyAlgorithms=${algorithm}`, "127.0.0.1", "true"]);
      expect(code).toBe(0);
    }
  });
});

describe.skipIf(!openssh.available)(`configuration ${openssh.tag}`, () => {
  test("a read-only subsystem refuses to write", async () => {
    const sshd = await start({ subsystem: "readonly" });
    const target = path.join(temporaryDirectory(), "made");
    const { code, stderr } = await run("sftp", sshd, ["-b", "-", "127.0.0.1"], `mkdir ${target}\n`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/permission denied/i);
  });

  test.skipIf(findSftpServer() === undefined)("the stand-alone sftp-server can serve", async () => {
    const sshd = await start({ subsystem: "external" });
    const target = path.join(temporaryDirectory(), "made");
    expect((await run("sftp", sshd, ["-b", "-", "127.0.0.1"], `mkdir ${target}\n`)).code).toBe(0);
  });

  test("further lines replace those of the same keyword", async () => {
    const sshd = await start({ config: ["AllowUsers nobody-at-all", "Subsystem sftp internal-sftp -R"] });
    const { code, stderr } = await run("ssh", sshd, ["127.0.0.1", "true"]);
    expect(code).toBe(255);
    expect(stderr).toMatch(/permission denied/i);
  });

  test("a line that sshd does not know ends the start with what sshd says", async () => {
    await expect(start({ config: ["NoSuchOption yes"] })).rejects.toThrow(/NoSuchOption/);
  });

  test("a port that is taken ends the start", async () => {
    const { port } = await start();
    await expect(start({ directory: temporaryDirectory(), port })).rejects.toThrow(/address already in use/i);
  });
});

describe.skipIf(!openssh.available)(`connections ${openssh.tag}`, () => {
  test("their processes are known while they last", async () => {
    const sshd = await start();
    expect(sshd.connections()).toEqual([]);
    const client = await openEcho(sshd);
    expect(sshd.connections().length).toBeGreaterThanOrEqual(2);
    client.stdin.end();
    await once(client, "close");
    await vi.waitFor(() => expect(sshd.connections()).toEqual([]), patient);
  });

  test("a dropped connection ends, and the next one is accepted", async () => {
    const sshd = await start();
    const client = await openEcho(sshd);
    sshd.drop();
    await once(client, "close");
    expect(client.exitCode).toBe(255);
    expect((await run("ssh", sshd, ["127.0.0.1", "true"])).code).toBe(0);
  });

  test("a frozen connection is silent until it thaws, and others are answered", async () => {
    const sshd = await start();
    const client = await openEcho(sshd);
    let received = "";
    client.stdout.on("data", (data) => (received += String(data)));
    sshd.freeze();
    client.stdin.write("second\n");
    // A whole login takes longer than the echo would.
    expect((await run("ssh", sshd, ["127.0.0.1", "true"])).code).toBe(0);
    expect(received).toBe("");
    sshd.thaw();
    await vi.waitFor(() => expect(received).toBe("second\n"), patient);
  });

  test("a frozen connection can be dropped", async () => {
    const sshd = await start();
    const client = await openEcho(sshd);
    sshd.freeze();
    sshd.drop();
    await once(client, "close");
    expect(client.exitCode).toBe(255);
  });
});

describe.skipIf(!openssh.available)(`stopping and starting ${openssh.tag}`, () => {
  test("a stopped server leaves no process and refuses connections", async () => {
    const sshd = await start();
    const client = await openEcho(sshd);
    sshd.freeze();
    const pids = sshd.connections();
    expect(states(pids)).toEqual(pids.map(() => expect.stringMatching(/^T/)));
    const closed = once(client, "close");
    await sshd.stop();
    await closed;
    expect(await isListening(sshd.port)).toBe(false);
    expect(sshd.connections()).toEqual([]);
    expect(states(pids).filter((state) => !state.startsWith("Z"))).toEqual([]);
    await sshd.stop();
  });

  test("a started server is the same again", async () => {
    const sshd = await start();
    const { port } = sshd;
    const hostKey = readFileSync(sshd.hostKeyFiles[0] ?? "", "utf8");
    await sshd.stop();
    await sshd.start();
    await sshd.start();
    expect(sshd.port).toBe(port);
    expect(readFileSync(sshd.hostKeyFiles[0] ?? "", "utf8")).toBe(hostKey);
    expect((await run("ssh", sshd, ["127.0.0.1", "true"])).code).toBe(0);
  });

  test("clients refuse a new host key", async () => {
    const sshd = await start();
    const known = readFileSync(sshd.knownHostsFile, "utf8");
    await sshd.newHostKey();
    expect(readFileSync(sshd.knownHostsFile, "utf8")).toBe(known);
    const { code, stderr } = await run("ssh", sshd, ["127.0.0.1", "true"]);
    expect(code).toBe(255);
    expect(stderr).toMatch(/host key verification failed/i);
  });

  test.skipIf(!runsTypeScript).each(["exit", "be killed"])(
    "a server ends with its process, which may %s (needs a Node that runs TypeScript)",
    async (how) => {
      const index = new URL("../src/index.ts", import.meta.url).href;
      const program = `
        const { startSshd } = await import(${JSON.stringify(index)});
        const sshd = await startSshd({ directory: ${JSON.stringify(keys)} });
        console.log(sshd.port);
        process.stdin.once("data", () => process.exit());
      `;
      const owner = spawn(process.execPath, ["--input-type=module", "-e", program]);
      onTestFinished(() => void owner.kill("SIGKILL"));
      const [port] = (await once(owner.stdout, "data")).map(Number);
      expect(await isListening(port ?? 0)).toBe(true);
      if (how === "exit") owner.stdin.end("now");
      else owner.kill("SIGKILL");
      await vi.waitFor(async () => expect(await isListening(port ?? 0)).toBe(false), patient);
    },
  );
});
