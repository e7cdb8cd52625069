import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const built = new URL("../dist/index.js", import.meta.url);
const partOfSdk = /\/node_modules\/@(?:aws|aws-sdk|smithy)\//;

/**
 * The URLs of all scripts that a fresh process compiled for a program, modules and what `require` loads alike: V8 counts
 * them itself, so nothing has to be hooked.
 */
async function scriptsOf(program: string): Promise<readonly string[]> {
  if (!existsSync(built)) throw new Error(`${fileURLToPath(built)} is missing: run "pnpm build" first`);
  const directory = mkdtempSync(path.join(tmpdir(), "borgstore-s3-lazy-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const args = [
    "--input-type=module",
    "--eval",
    `import { s3, s3Backend } from "${built.href}";\n${program}`,
  ];
  await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, NODE_V8_COVERAGE: directory },
  });
  return readdirSync(directory).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(path.join(directory, file), "utf8")) as {
      result: readonly { readonly url: string }[];
    };
    return result.map(({ url }) => url);
  });
}

const making = `
  const login = { accessKeyId: "key", secretAccessKey: "secret" };
  const backend = s3Backend({ bucket: "b", prefix: "p", endpoint: "http://127.0.0.1:1", region: "r", credentials: login });
  const other = s3.fromUrl("s3:/bucket/path");
  if (!backend.capabilities.remote || !other.capabilities.remote) throw new Error("not what was asked for");
`;

test("a program that imports the package and makes backends does not load the SDK", async () => {
  const scripts = await scriptsOf(making);
  expect(scripts).toContain(built.href);
  expect(scripts.filter((url) => partOfSdk.test(url))).toEqual([]);
});

test("opening a backend loads the SDK", async () => {
  const scripts = await scriptsOf(`${making}
    const error = await backend.open().then(() => undefined, (error) => error);
    if (error?.code !== "CONNECTION") throw error ?? new Error("somebody listens on port 1");
  `);
  const parts = scripts
    .filter((url) => partOfSdk.test(url))
    .map((url) => url.replace(/.*\/node_modules\//, ""));
  expect(parts).toContainEqual(expect.stringMatching(/^@aws-sdk\/client-s3\//));
  expect(parts).toContainEqual(expect.stringMatching(/^@smithy\//));
});
