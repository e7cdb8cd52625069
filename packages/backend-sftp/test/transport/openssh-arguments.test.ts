import { StoreError } from "@borgstore/core";
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { commandWorks, requirePeer } from "@borgstore/tools-peers";
import { checkOptions, type SftpOptions } from "../../src/options.ts";
import { connectByOpenSsh, opensshArguments } from "../../src/transport/openssh-transport.ts";
import { hostConfig } from "../ssh/host-keys.ts";

const place = { host: "host", user: undefined, port: undefined, path: "geheimer/pfad" };
const times = { keepaliveIntervalMs: 30_000, connectTimeoutMs: 30_000 };

function argumentsFor(options: SftpOptions, more: Partial<typeof times> = {}): string[] {
  return opensshArguments(place, checkOptions(options), { ...times, ...more });
}

/** The values of `-o`, in their order. */
function optionsOf(found: readonly string[]): string[] {
  return found.filter((_argument, at) => found[at - 1] === "-o");
}

test("the subsystem is asked for as sftp(1) does, and the host comes after all options", () => {
  expect(argumentsFor({})).toEqual([
    ...[
      "BatchMode=yes",
      "LogLevel=DEBUG1",
      "ClearAllForwardings=yes",
      "ForwardAgent=no",
      "ForwardX11=no",
      "PermitLocalCommand=no",
      "RemoteCommand=none",
      "RequestTTY=no",
      "EscapeChar=none",
      "ConnectTimeout=30",
      "ServerAliveInterval=30",
    ].flatMap((option) => ["-o", option]),
    "-s",
    "--",
    "host",
    "sftp",
  ]);
});

test("user, port and file are said where they are given", () => {
  const found = opensshArguments(
    { ...place, user: "me@corp", port: 2222 },
    checkOptions({ sshConfigFile: "/etc/my config" }),
    times,
  );
  expect(found.slice(0, 2)).toEqual(["-F", "/etc/my config"]);
  expect(found.slice(-8)).toEqual(["-l", "me@corp", "-p", "2222", "-s", "--", "host", "sftp"]);
});

test("sshOptions come after what must hold, so that they cannot undo it, each value for itself", () => {
  const found = optionsOf(
    argumentsFor({ sshOptions: { BatchMode: "no", IdentityFile: ["a b", "c"], SetEnv: "A=1" } }),
  );
  expect(found.slice(-4)).toEqual(["BatchMode=no", "IdentityFile=a b", "IdentityFile=c", "SetEnv=A=1"]);
  expect(found.indexOf("BatchMode=yes")).toBe(0);
});

test.each([
  [1, 1],
  [999, 1],
  [1000, 1],
  [1001, 2],
  [30_000, 30],
])("%i ms are %i s for the program", (ms, seconds) => {
  const found = optionsOf(argumentsFor({}, { keepaliveIntervalMs: ms, connectTimeoutMs: ms }));
  expect(found).toContain(`ConnectTimeout=${seconds}`);
  expect(found).toContain(`ServerAliveInterval=${seconds}`);
});

test("no keepalive stays none", () => {
  expect(optionsOf(argumentsFor({}, { keepaliveIntervalMs: 0 }))).toContain("ServerAliveInterval=0");
});

test("others who see the arguments learn neither the path nor a secret", () => {
  const secrets = { passphrase: () => "geheim", password: () => "geheim" };
  expect(argumentsFor(secrets).join(" ")).not.toContain("geheim");
});

const openssh = requirePeer("openssh", commandWorks("ssh", ["-V"]), "ssh is not installed");

describe.skipIf(!openssh.available)(`the program ${openssh.tag}`, () => {
  test("takes all of the arguments, and what must hold wins over its own configuration", () => {
    const sshOptions = { RequestTTY: "force", ForwardAgent: "yes", RemoteCommand: "tmux" };
    const found = argumentsFor({ sshConfigFile: "none", sshOptions });
    const { status, stdout, stderr } = spawnSync("ssh", ["-G", ...found], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    const resolved = stdout.split("\n");
    expect(resolved).toEqual(
      expect.arrayContaining(["batchmode yes", "requesttty false", "forwardagent no", "escapechar none"]),
    );
    expect(resolved).not.toContain("remotecommand tmux");
  });
});

test("a program that is missing is told by name, with what to do", async () => {
  const settings = checkOptions({ sshProgram: "/nowhere/ssh" });
  const link = await connectByOpenSsh(place, hostConfig(), settings, 1000, new AbortController().signal);
  const error = await new Promise<StoreError>((resolve) => link.onLost((make) => resolve(make())));
  expect(error).toMatchObject({ code: "UNSUPPORTED", retryable: false });
  expect(error.message).toContain('"/nowhere/ssh" cannot be started (ENOENT)');
  link.destroy();
  await link.end(0);
});

test("nothing is started after an abort", async () => {
  const settings = checkOptions({ sshProgram: "/nowhere/ssh" });
  const reason = new Error("enough");
  const connecting = connectByOpenSsh(place, hostConfig(), settings, 1000, AbortSignal.abort(reason));
  await expect(connecting).rejects.toBe(reason);
});
