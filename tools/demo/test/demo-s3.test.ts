import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { s3 } from "@borgstore/backend-s3";
import { errorCodes, openStore } from "@borgstore/core";
import { fullScope, requirePeer, rgwAvailable, startRgw, type Rgw } from "@borgstore/tools-peers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoReport } from "../src/report.ts";
import { makeTree, treeFiles } from "./make-tree.ts";
import { runForReport, startDemo, type StartOptions } from "./run-main.ts";
import { tempDirectory } from "./temp-directory.ts";

const timeout = 300_000;
const peer = requirePeer("rgw", rgwAvailable(), "radosgw or ceph is not installed");
const full = fullScope("tests of the s3 package have what depends on Node");

let rgw: Rgw;
let count = 0;

interface Place {
  readonly temp: string;
  readonly tree: string;
  /** URL of a storage that does not exist yet, without credentials. */
  readonly url: string;
  /** How the demo is started, with the key in the environment. */
  readonly options: StartOptions;
}

async function startPlace(scheme = "s3"): Promise<Place> {
  const temp = await tempDirectory();
  const tree = join(temp, "tree");
  await mkdir(tree);
  await makeTree(tree);
  const { accessKeyId, secretAccessKey } = rgw.credentials;
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  return {
    temp,
    tree,
    url: `${scheme}:${rgw.endpoint}/demo/store-${++count}`,
    options: { temp, env },
  };
}

/** The URL with the key in it. */
function withLogin(url: string, secret = rgw.credentials.secretAccessKey): string {
  return url.replace(/^(s3|b2):/, `$1:${rgw.credentials.accessKeyId}:${secret}@`);
}

/** What `openStore` says of the storage: nothing when it is there. */
async function refusal(url: string): Promise<unknown> {
  try {
    const store = await openStore(withLogin(url), { backends: [s3], namespaces: { data: { levels: [2] } } });
    await store.close();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.skipIf(full.isLeftOut || !peer.available)(`in a bucket ${peer.tag}${full.tag}`, { timeout }, () => {
  beforeAll(async () => {
    rgw = await startRgw();
    await rgw.createBucket("demo");
  }, timeout);
  afterAll(async () => await rgw.stop());

  it("stores a tree, restores it byte for byte, reuses it in a second run, and destroys it", async () => {
    const { tree, url, options } = await startPlace();
    const first = await runForReport([url, tree], options);
    expect(first.compared).toMatchObject({ differences: [], changed: [], equalFiles: treeFiles });
    expect(first.backup).toMatchObject({ files: treeFiles, reusedChunks: 0 });
    expect(first.changeLevel.loadsOfMoving).toBeGreaterThan(0);
    expect(await refusal(url)).toBeUndefined();

    const second = await runForReport([url, tree, "--destroy"], options);
    expect(second.compared).toMatchObject({ differences: [], changed: [], equalFiles: treeFiles });
    expect(second.backup).toMatchObject({ newChunks: 0, reusedChunks: first.backup.newChunks });
    expect(second.destroyed).toBe(true);
    expect(await refusal(url)).toMatchObject({ code: "BACKEND_NOT_FOUND" });
  });

  it("stops cleanly with 130, goes on from there, and never shows the key of a b2: URL", async () => {
    const { temp, tree, url } = await startPlace("b2");
    const args = [withLogin(url), tree];
    const demo = startDemo([...args, "--progress", "0.01"], { temp, latencyMs: 10 });
    await demo.seen(/storing, (?!0 %)\d+ %/);
    demo.child.kill("SIGINT");
    const stopped = await demo.ended;
    expect(stopped).toMatchObject({ code: 130, killedBy: null });

    const next = await startDemo([...args, "--json"], { temp }).ended;
    expect(next.code).toBe(0);
    const report = JSON.parse(next.stdout) as DemoReport;
    expect(report.backup.reusedChunks).toBe(report.found.chunks);
    expect(report.compared).toMatchObject({ differences: [], equalFiles: treeFiles });
    const shown = [stopped, next].map(({ stdout, stderr }) => stdout + stderr).join("");
    expect(shown).toContain(rgw.endpoint);
    const { accessKeyId, secretAccessKey } = rgw.credentials;
    for (const secret of [accessKeyId, secretAccessKey]) expect(shown).not.toContain(secret);
  });

  it.each([
    {
      what: "the secret is wrong",
      change: (url: string) => withLogin(url, "wrong-secret"),
      code: "UNAUTHENTICATED" as const,
      says: /access key/,
    },
    {
      what: "the bucket is missing",
      change: (url: string) => withLogin(url.replace("/demo/", "/missing/")),
      code: "BACKEND_NOT_FOUND" as const,
      says: /bucket/,
    },
    {
      what: "the URL has the form of other tools",
      change: () => "s3://demo/store",
      code: "INVALID_URL" as const,
      says: /s3:\/bucket\/path/,
    },
  ])("ends with a message and no trace of code when $what", async ({ change, code, says }) => {
    const { temp, tree, url } = await startPlace();
    const end = await startDemo([change(url), tree], { temp }).ended;
    expect(end.code).toBe(errorCodes[code].exitCode);
    expect(end.stderr).toMatch(says);
    expect(end.stderr).toContain(code);
    expect(end.stderr).not.toMatch(/\n {4}at |wrong-secret/);
  });
});
