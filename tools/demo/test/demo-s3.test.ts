import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { s3 } from "@borgstore/backend-s3";
import { errorCodes, openStore } from "@borgstore/core";
import { fullScope, requirePeer, rgwAvailable, startRgw, type Rgw } from "@borgstore/tools-peers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoReport } from "../src/report.ts";
import { makeTree, treeFiles } from "./make-tree.ts";
import { startDemo, type StartOptions } from "./run-main.ts";
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

async function startPlace(): Promise<Place> {
  const temp = await tempDirectory();
  const tree = join(temp, "tree");
  await mkdir(tree);
  await makeTree(tree);
  const { accessKeyId, secretAccessKey } = rgw.credentials;
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  return {
    temp,
    tree,
    url: `s3:${rgw.endpoint}/demo/store-${++count}`,
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

  // Each run to the end moves hundreds of items to another level: one goes on from where another was stopped.
  it("stops cleanly with 130; goes on from there, restores all byte for byte, and destroys it; never shows the key", async () => {
    const { temp, tree, url } = await startPlace();
    const asB2 = withLogin(url.replace(/^s3:/, "b2:"));
    const demo = startDemo([asB2, tree, "--progress", "0.01"], { temp, latencyMs: 10 });
    await demo.seen(/storing, (?!0 %)\d+ %/);
    demo.child.kill("SIGINT");
    const stopped = await demo.ended;
    expect(stopped).toMatchObject({ code: 130, killedBy: null });
    expect(await refusal(url)).toBeUndefined();

    const next = await startDemo([withLogin(url), tree, "--destroy", "--json"], { temp }).ended;
    expect(next.code).toBe(0);
    const report = JSON.parse(next.stdout) as DemoReport;
    expect(report.backup).toMatchObject({ files: treeFiles, reusedChunks: report.found.chunks });
    expect(report.compared).toMatchObject({ differences: [], changed: [], equalFiles: treeFiles });
    expect(report.changeLevel.loadsOfMoving).toBeGreaterThan(0);
    expect(report.destroyed).toBe(true);
    expect(await refusal(url)).toMatchObject({ code: "BACKEND_NOT_FOUND" });

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
      what: "the bucket, asked for with the key of the environment, is missing",
      change: (url: string) => url.replace("/demo/", "/missing/"),
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
    const { tree, url, options } = await startPlace();
    const end = await startDemo([change(url), tree], options).ended;
    expect(end.code).toBe(errorCodes[code].exitCode);
    expect(end.stderr).toMatch(says);
    expect(end.stderr).toContain(code);
    expect(end.stderr).not.toMatch(/\n {4}at |wrong-secret/);
  });
});
