import { rcloneAvailable, requirePeer } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  expectNoneLeft,
  freshDirectory,
  freshSettings,
  leaseForTest,
  pidOf,
  readOrEmpty,
  withVariables,
} from "./rcd-for-test.ts";

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone is not installed");

/** The remote `here`, as `rclone config encryption set` writes it with the password `right-password`. */
const encrypted = `# Encrypted rclone configuration File

RCLONE_ENCRYPT_V0:
zFE5fkyvgGcQol5+utFyF3DHTWvCfg6r1faqLVnGKFcmdocCb06cqY5LpjT/88+gmBvWhBVvbj7huad0cA==`;

describe.skipIf(!rclone.available || process.platform !== "linux")(`starting rclone ${rclone.tag}`, () => {
  test("it answers with the password, and to nobody without", async () => {
    const running = await leaseForTest(freshSettings()).get(undefined);
    expect(running.version).toMatch(/^v\d+\.\d+\.\d+/u);
    const url = `http://127.0.0.1:${running.port}/config/listremotes`;
    const answer = await fetch(url, {
      method: "POST",
      headers: { authorization: running.authorization },
    });
    expect(await answer.json()).toEqual({ remotes: ["here"] });
    const refused = await fetch(url, { method: "POST" });
    expect(refused.status).toBe(401);
    const served = await fetch(`http://127.0.0.1:${running.port}/[here:/]/`);
    expect(served.status).toBe(401);
  });

  test("no secret is in the command line, and two processes have different ones", async () => {
    const running = await leaseForTest(freshSettings()).get(undefined);
    const other = await leaseForTest(freshSettings()).get(undefined);
    expect(running.authorization).not.toBe(other.authorization);
    const pair = Buffer.from(running.authorization.slice("Basic ".length), "base64").toString();
    const commandLine = readOrEmpty(`/proc/${pidOf(running)}/cmdline`);
    expect(commandLine).toContain("rcd\0--rc-addr\x00127.0.0.1:0\0");
    for (const secret of pair.split(":")) {
      expect(secret).toHaveLength(43);
      expect(commandLine).not.toContain(secret);
    }
  });

  test("the environment can neither hide it nor open it to others", async () => {
    const log = join(freshDirectory(), "log");
    const hostile = {
      RCLONE_LOG_FILE: log,
      RCLONE_LOG_LEVEL: "ERROR",
      RCLONE_USE_JSON_LOG: "true",
      RCLONE_QUIET: "true",
      RCLONE_RC: "true",
      RCLONE_RC_NO_AUTH: "true",
      RCLONE_RC_ADDR: "127.0.0.1:1",
      RCLONE_RC_BASEURL: "other",
      RCLONE_RC_USER: "somebody",
      RCLONE_RC_PASS: "known",
      RCLONE_RC_SERVER_READ_TIMEOUT: "1ms",
      RCLONE_PROGRESS: "true",
      RCLONE_ASK_PASSWORD: "true",
    };
    withVariables(hostile);
    const running = await leaseForTest(freshSettings()).get(undefined);
    expect(running.authorization).not.toContain(Buffer.from("somebody:known").toString("base64"));
    const refused = await fetch(`http://127.0.0.1:${running.port}/core/version`, { method: "POST" });
    expect(refused.status).toBe(401);
    expect(fs.existsSync(log)).toBe(false);
  });

  test("what users have set in the environment counts", async () => {
    withVariables({ RCLONE_LOW_LEVEL_RETRIES: "7" });
    const running = await leaseForTest(freshSettings()).get(undefined);
    const answer = await fetch(`http://127.0.0.1:${running.port}/options/get`, {
      method: "POST",
      headers: { authorization: running.authorization },
    });
    const { main } = (await answer.json()) as { main: Record<string, unknown> };
    const { LowLevelRetries, ConnectTimeout, Timeout, UseServerModTime, AskPassword } = main;
    expect({ LowLevelRetries, UseServerModTime, AskPassword }).toEqual({
      LowLevelRetries: 7,
      UseServerModTime: true,
      AskPassword: false,
    });
    expect([ConnectTimeout, Timeout]).toEqual([10e9, 300e9]);
  });

  test("remotes may come from the environment of the settings", async () => {
    const settings = freshSettings({ environment: { RCLONE_CONFIG_THERE_TYPE: "local" } });
    const running = await leaseForTest(settings).get(undefined);
    const answer = await fetch(`http://127.0.0.1:${running.port}/operations/fsinfo`, {
      method: "POST",
      headers: { authorization: running.authorization, "content-type": "application/json" },
      body: JSON.stringify({ fs: "there:" }),
    });
    expect(answer.status).toBe(200);
  });

  test("a configuration file that is not there is an error, as rclone would go on without", async () => {
    const configFile = join(freshDirectory(), "none.conf");
    await expect(leaseForTest(freshSettings({ configFile })).get(undefined)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      retryable: false,
      unsent: true,
      message: expect.stringContaining(configFile) as unknown,
    });
  });

  test("a configuration that cannot be read is an error at once, not at the first call", async () => {
    const settings = freshSettings();
    fs.writeFileSync(settings.configFile ?? "", "garbage [[[\n");
    await expect(leaseForTest(settings).get(undefined)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("could not parse line: garbage [[[") as unknown,
    });
    await expectNoneLeft(settings);
  });

  test("an encrypted configuration needs its password", async () => {
    const settings = freshSettings();
    fs.writeFileSync(settings.configFile ?? "", encrypted);
    const unknown = await leaseForTest(settings)
      .get(undefined)
      .catch((error: unknown) => error);
    expect(unknown).toMatchObject({
      code: "UNAUTHENTICATED",
      retryable: false,
      unsent: true,
      message: expect.stringContaining("RCLONE_CONFIG_PASS") as unknown,
    });
    const environment = { ...settings.environment, RCLONE_CONFIG_PASS: "wrong-password" };
    const wrong = await leaseForTest({ ...settings, environment })
      .get(undefined)
      .catch((error: unknown) => error);
    expect(wrong).toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.not.stringContaining("wrong-password") as unknown,
    });
    await expectNoneLeft(settings);

    const known = { ...settings.environment, RCLONE_CONFIG_PASS: "right-password" };
    const running = await leaseForTest({ ...settings, environment: known }).get(undefined);
    expect(running.isLost).toBe(false);
  });
});
