import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { requirePeer, rgwAvailable, startRgw, type Rgw, type S3Credentials } from "../src/index.ts";
import { descendants, waitUntilGone } from "../src/process-tree.ts";
import { escapeS3Key, s3Request, type S3Request, type S3Response } from "../src/s3-request.ts";
import { serveRgw } from "../src/serve-rgw.ts";
import { temporaryDirectory } from "./ssh-client.ts";

// A start is some ten programs one after the other, while other tests keep the machine busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const built = new URL("../dist/index.js", import.meta.url);
const peer = requirePeer("rgw", rgwAvailable(), "radosgw or another program of Ceph is not installed");

let rgw: Rgw;

/** The status of a signed request, of the main user unless told otherwise. */
async function status(method: S3Request["method"], at: string, credentials?: S3Credentials): Promise<number> {
  const { endpoint } = rgw;
  const answer = await s3Request({
    endpoint,
    method,
    path: at,
    credentials: credentials ?? rgw.credentials,
    body: method === "PUT" ? "content" : "",
  });
  return answer.status;
}

async function getBucket(server: Rgw): Promise<S3Response> {
  return await s3Request({ ...server, method: "GET", path: "/bucket" });
}

/** The temporary directory of the current test, with a name that is no trouble for most programs. */
function stubTemporaryDirectory(): string {
  const directory = path.join(temporaryDirectory(), "with a space; and # more");
  mkdirSync(directory);
  vi.stubEnv("TMPDIR", directory);
  return directory;
}

afterEach(() => vi.unstubAllEnvs());

describe.skipIf(!peer.available)(`a RADOS Gateway ${peer.tag}`, () => {
  beforeAll(async () => {
    rgw = await startRgw();
    await rgw.createBucket("bucket");
  });
  afterAll(async () => await rgw.stop());

  test("an object that was stored can be loaded", async () => {
    expect(await status("PUT", "/bucket/object")).toBe(200);
    const { endpoint, credentials } = rgw;
    const answer = await s3Request({ endpoint, method: "GET", path: "/bucket/object", credentials });
    expect(answer).toEqual({ status: 200, body: "content" });
  });

  test("keys may hold any characters, values any bytes, and both can be listed", async () => {
    const { endpoint, credentials } = rgw;
    const key = "a b/../it's 100 % (ü)*+?&=~";
    const body = Uint8Array.of(0, 0xff, 0x80);
    const at = `/bucket/${escapeS3Key(key)}`;
    expect((await s3Request({ endpoint, method: "PUT", path: at, credentials, body })).status).toBe(200);
    const query = { "list-type": "2", prefix: "a b/", "encoding-type": "url" };
    const answer = await s3Request({ endpoint, method: "GET", path: "/bucket", query, credentials });
    expect(answer.status).toBe(200);
    const listed = /<Key>([^<]*)/.exec(answer.body)?.[1] ?? "";
    // It escapes the apostrophe for XML, not for URLs.
    expect(decodeURIComponent(listed.replaceAll("&apos;", "'"))).toBe(key);
    expect(answer.body).toContain("<Size>3</Size>");
  });

  test("a bucket that exists already stays as it is, and a name that is none is refused", async () => {
    await status("PUT", "/bucket/kept");
    await rgw.createBucket("bucket");
    expect(await status("GET", "/bucket/kept")).toBe(200);
    await expect(rgw.createBucket("No")).rejects.toThrow(/bucket No: HTTP status 400/);
  });

  test("a wrong secret, an unknown user and nobody are refused", async () => {
    const { endpoint, credentials } = rgw;
    expect(await status("GET", "/bucket", { ...credentials, secretAccessKey: "wrong" })).toBe(403);
    expect(await status("GET", "/bucket", { ...credentials, accessKeyId: "UNKNOWN" })).toBe(403);
    expect((await s3Request({ endpoint, method: "GET", path: "/bucket" })).status).toBe(403);
  });

  test("the other user is known, and has no right to the bucket of the first one", async () => {
    await status("PUT", "/bucket/secret");
    expect(await status("GET", "/", rgw.otherCredentials)).toBe(200);
    expect(await status("GET", "/bucket", rgw.otherCredentials)).toBe(403);
    expect(await status("GET", "/bucket/secret", rgw.otherCredentials)).toBe(403);
    expect(await status("PUT", "/bucket/other", rgw.otherCredentials)).toBe(403);
    expect(await status("DELETE", "/bucket/secret", rgw.otherCredentials)).toBe(403);
  });

  test("frozen it accepts a connection and answers nothing, until it thaws", async () => {
    rgw.freeze();
    const pending = status("GET", "/bucket");
    // That nothing happens has no event.
    expect(await Promise.race([pending, delay(1000, "silence")])).toBe("silence");
    rgw.thaw();
    expect(await pending).toBe(200);
    expect(await status("GET", "/bucket")).toBe(200);
  });

  test("without its gateway connections are refused; with it again, also changes work, and objects are there", async () => {
    await status("PUT", "/bucket/before");
    const { port } = rgw;
    rgw.freeze();
    await rgw.stopGateway();
    await rgw.stopGateway();
    await expect(status("GET", "/bucket/before")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await rgw.startGateway();
    await rgw.startGateway();
    expect(rgw.port).toBe(port);
    expect(await status("GET", "/bucket/before")).toBe(200);
    expect(await status("PUT", "/bucket/after")).toBe(200);
    await rgw.createBucket("after");
  });
});

describe.skipIf(!peer.available)(`starting and stopping RADOS Gateways ${peer.tag}`, () => {
  test("two at a time know nothing of each other, and leave nothing behind", async () => {
    const directory = stubTemporaryDirectory();
    const before = descendants(process.pid);
    const both = await Promise.all([startRgw(), startRgw()]);
    onTestFinished(async () => void (await Promise.all(both.map(async (one) => await one.stop()))));
    const [one, two] = both;
    expect(one.port).not.toBe(two.port);
    await one.createBucket("bucket");
    expect((await getBucket(one)).status).toBe(200);
    expect((await getBucket(two)).status).toBe(404);
    expect(descendants(process.pid).length).toBe(before.length + 6);
    expect(readdirSync(directory)).toHaveLength(2);

    await one.stop();
    await one.stop();
    await expect(one.startGateway()).rejects.toThrow(/stopped/);
    expect(await getBucket(two)).toMatchObject({ status: 404 });
    await two.stop();
    expect(descendants(process.pid)).toEqual(before);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("a start that fails says what the program said, and leaves nothing behind", async () => {
    const programs = temporaryDirectory();
    const directory = stubTemporaryDirectory();
    const before = descendants(process.pid);
    writeFileSync(path.join(programs, "ceph-osd"), "#!/bin/sh\necho no memory left >&2\nexit 3\n");
    chmodSync(path.join(programs, "ceph-osd"), 0o755);
    vi.stubEnv("PATH", `${programs}${path.delimiter}${process.env["PATH"]}`);
    await expect(startRgw()).rejects.toThrow(/ceph-osd ended with exit code 3\n(.*\n)*no memory left/);
    expect(descendants(process.pid)).toEqual(before);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.skipIf(!existsSync(built)).each([
    ["exit", 0],
    ["be killed", 1],
  ])("all ends with its process, which may %s (needs a build)", async (how, left) => {
    const directory = stubTemporaryDirectory();
    const program = `
        const { startRgw } = await import(${JSON.stringify(built.href)});
        const rgw = await startRgw();
        console.log(rgw.endpoint);
        process.stdin.once("data", () => process.exit());
      `;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", program]);
    onTestFinished(() => void owner.kill("SIGKILL"));
    await once(owner.stdout, "data");
    const pids = descendants(owner.pid ?? 0);
    expect(pids).toHaveLength(3);
    const exited = once(owner, "exit");
    if (how === "exit") owner.stdin.end("now");
    else owner.kill("SIGKILL");
    await exited;
    await waitUntilGone(pids);
    // Nobody is left who could remove the directory of a process that was killed.
    expect(readdirSync(directory)).toHaveLength(left);
  });

  test("served by hand it says what a shell and a store need, and is gone when it was stopped", async () => {
    const directory = stubTemporaryDirectory();
    const stopped = new AbortController();
    const lines: string[] = [];
    const served = serveRgw((line) => lines.push(line), stopped.signal);
    await vi.waitFor(() => expect(lines.at(-1)).toMatch(/s3:/), { timeout: 60_000 });
    const text = lines.join("\n");
    const [, accessKeyId = "", secretAccessKey = ""] =
      /^export AWS_ACCESS_KEY_ID=(\w+) AWS_SECRET_ACCESS_KEY=(\w+)$/m.exec(text) ?? [];
    const [, endpoint = ""] = /s3:(http:\/\/127\.0\.0\.1:\d+)\/demo\/store$/.exec(text) ?? [];
    const credentials = { accessKeyId, secretAccessKey };
    const answer = await s3Request({ endpoint, method: "GET", path: "/demo", credentials });
    expect(answer.status).toBe(200);
    stopped.abort();
    await served;
    expect(readdirSync(directory)).toEqual([]);
  });
});
