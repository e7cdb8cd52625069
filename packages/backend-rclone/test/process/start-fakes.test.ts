import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RcdSettings } from "../../src/process/rcd-settings.ts";
import {
  expectNoneLeft,
  fakeProgram,
  freshDirectory,
  freshSettings,
  leaseForTest,
  withVariables,
} from "./rcd-for-test.ts";

/** What comes of a start, and that nothing is left of it. */
async function failureOf(settings: RcdSettings): Promise<unknown> {
  const error = await leaseForTest(settings)
    .get(undefined)
    .catch((reason: unknown) => reason);
  await expectNoneLeft(settings);
  return error;
}

/** Says that it serves, and answers each request with the status and text that the given expressions yield. */
function fakeServer(status: string, text: string): string {
  return fakeProgram(`#!${process.execPath}
    const http = require("node:http");
    const server = http.createServer((request, response) => {
      const { authorization } = request.headers;
      response.statusCode = ${status};
      response.end(${text});
    });
    server.listen(0, "127.0.0.1", () => {
      console.error("NOTICE: Serving remote control on http://127.0.0.1:" + server.address().port + "/");
    });`);
}

const permanent = { code: "UNSUPPORTED", retryable: false, unsent: true };

function saying(...texts: readonly string[]): unknown {
  const pattern = texts.map((text) => RegExp(text, "u").source).join(".*");
  return expect.stringMatching(new RegExp(pattern, "su"));
}

describe.skipIf(process.platform !== "linux")("programs that are not a good rclone", () => {
  test("none of that name in PATH", async () => {
    const folder = freshDirectory();
    const settings = freshSettings({ program: "no-such-rclone", environment: { PATH: folder } });
    expect(await failureOf(settings)).toMatchObject({
      ...permanent,
      message: saying('"no-such-rclone"', `PATH .*${folder}`, "https://rclone.org/install/", "RCLONE_BINARY"),
    });
  });

  test("a long PATH is counted, not quoted", async () => {
    const PATH = Array.from({ length: 50 }, (_, i) => `/no/such/folder/${i}`).join(":");
    const message = saying(String.raw`searched: 50 folders\)`);
    expect(await failureOf(freshSettings({ program: "rclone", environment: { PATH } }))).toMatchObject({
      ...permanent,
      message,
    });
  });

  test.each([
    ["a missing file", undefined],
    ["a file that may not be run", 0o644],
  ])("a path: %s", async (_what, mode) => {
    const program = join(freshDirectory(), "rclone");
    if (mode !== undefined) fs.writeFileSync(program, "", { mode });
    expect(await failureOf(freshSettings({ program }))).toMatchObject({
      ...permanent,
      message: saying(program, "does not exist or may not be run", "RCLONE_BINARY"),
    });
  });

  test("a folder", async () => {
    expect(await failureOf(freshSettings({ program: freshDirectory() }))).toMatchObject(permanent);
  });

  test("one that the system cannot run", async () => {
    const program = fakeProgram("#!/no/such/interpreter\n");
    expect(await failureOf(freshSettings({ program }))).toMatchObject({
      ...permanent,
      message: saying("ended with code 12[67]"),
    });
  });

  test("one that complains and ends, whose secrets are not repeated", async () => {
    const program = fakeProgram('#!/bin/sh\necho "unknown command $1, password=hunter2" >&2\nexit 5\n');
    expect(await failureOf(freshSettings({ program }))).toMatchObject({
      ...permanent,
      message: saying(String.raw`ended with code 5: unknown command rcd, password=\*\*\*`),
    });
  });

  test("our own password is not repeated", async () => {
    withVariables({ MY_TOKEN: "this-is-mine", MY_KEY_FILE: "/this/is/known" });
    const program = fakeProgram(
      '#!/bin/sh\necho "have $RCLONE_RC_PASS and $MY_TOKEN in $MY_KEY_FILE" >&2\nexit 5\n',
    );
    expect(await failureOf(freshSettings({ program }))).toMatchObject({
      message: saying(String.raw`have \*\*\* and \*\*\* in /this/is/known`),
    });
  });

  test("one that was killed may work another time", async () => {
    const program = fakeProgram("#!/bin/sh\nkill -KILL $$\n");
    expect(await failureOf(freshSettings({ program }))).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      unsent: true,
      message: saying("SIGKILL"),
    });
  });

  test("one that the system does not start, here for the size of its environment", async () => {
    const program = fakeProgram("#!/bin/sh\n");
    const environment = { BIG: "x".repeat(1_000_000) };
    expect(await failureOf(freshSettings({ program, environment }))).toMatchObject({
      code: "UNAVAILABLE",
      unsent: true,
      message: saying("could not be started: E2BIG"),
    });
  });

  test.each([
    ["is silent", "#!/bin/sh\nsleep 1000\n"],
    ["prints garbage", "#!/bin/sh\nhead -c 100000 /dev/urandom >&2\nsleep 1000\n"],
    ["ignores SIGTERM", '#!/bin/sh\ntrap "" TERM\nsleep 1000\n'],
  ])("one that %s: no answer in time, and it is gone", async (_what, text) => {
    const settings = freshSettings({ program: fakeProgram(text), startTimeoutMs: 300 });
    expect(await failureOf(settings)).toMatchObject({
      code: "TIMEOUT",
      retryable: true,
      unsent: true,
      message: saying("rclone did not answer within 300 ms"),
    });
  });

  test("one that serves, but never answers", async () => {
    const program = fakeProgram(`#!${process.execPath}
      const server = require("node:net").createServer(() => undefined);
      server.listen(0, "127.0.0.1", () => {
        console.error("Serving remote control on http://127.0.0.1:" + server.address().port + "/");
      });`);
    expect(await failureOf(freshSettings({ program, startTimeoutMs: 2000 }))).toMatchObject({
      code: "TIMEOUT",
    });
  });

  test("one that is too old", async () => {
    const program = fakeServer("200", `'{"version":"v1.50.2","decomposed":[1,50,2]}'`);
    expect(await failureOf(freshSettings({ program }))).toMatchObject({
      ...permanent,
      message: saying("v1.50.2 is too old", "v1.57", "https://rclone.org/install/"),
    });
  });

  test("one that answers without a password", async () => {
    const program = fakeServer("200", `'{"version":"v1.60.1","decomposed":[1,60,1]}'`);
    expect(await failureOf(freshSettings({ program }))).toMatchObject({
      ...permanent,
      message: saying("answers without a password"),
    });
  });

  test.each([
    ["refuses the password", "401", "'{}'"],
    ["answers with something else", "200", "'<html>'"],
    ["answers with other JSON", "200", `'{"version":1}'`],
    ["answers without end", "200", "'x'.repeat(2_000_000)"],
    [
      "does not refuse properly",
      "authorization ? 200 : 500",
      `'{"version":"v1.60.1","decomposed":[1,60,1]}'`,
    ],
  ])("one that %s", async (_what, status, text) => {
    expect(await failureOf(freshSettings({ program: fakeServer(status, text) }))).toMatchObject({
      ...permanent,
      message: saying("does not answer as rclone does"),
    });
  });
});
