import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const built = new URL("../dist/index.js", import.meta.url);
const partOfExeca = /\/node_modules\/(?:execa|cross-spawn|get-stream)\//;

/**
 * The URLs of all scripts that a fresh process compiled for a program, modules and what `require` loads alike: V8 counts
 * them itself, so nothing has to be hooked.
 */
async function scriptsOf(program: string): Promise<readonly string[]> {
  if (!existsSync(built)) throw new Error(`${fileURLToPath(built)} is missing: run "pnpm build" first`);
  const directory = mkdtempSync(path.join(tmpdir(), "borgstore-rclone-lazy-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const args = [
    "--input-type=module",
    "--eval",
    `import { rclone, rcloneBackend } from "${built.href}";\n${program}`,
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

// A program that is not there could not be started by mistake without an error.
const making = `
  const options = { rcloneProgram: "/nowhere/rclone" };
  const backend = rcloneBackend({ remote: "remote:path", ...options });
  const other = rclone.fromUrl("rclone:/local/path", options);
  if (!backend.capabilities.remote || !other.capabilities.remote) throw new Error("not what was asked for");
  await backend.close();
`;

test("a program that imports the package and makes backends starts nothing, and does not load execa", async () => {
  const scripts = await scriptsOf(`${making}
    const left = process.getActiveResourcesInfo().filter((name) => /Process|Timeout|TCP/.test(name));
    if (left.length > 0) throw new Error("something has been started: " + left.join());
  `);
  expect(scripts).toContain(built.href);
  expect(scripts.filter((url) => partOfExeca.test(url))).toEqual([]);
});

test("nor does opening one whose program is not there", async () => {
  const scripts = await scriptsOf(`${making}
    const error = await backend.open().then(() => undefined, (error) => error);
    if (error?.code !== "UNSUPPORTED") throw error ?? new Error("there is such a program");
  `);
  expect(scripts.filter((url) => partOfExeca.test(url))).toEqual([]);
});

test("opening a backend loads execa", async () => {
  const scripts = await scriptsOf(`
    const backend = rcloneBackend({ remote: "remote:path", rcloneProgram: process.execPath });
    const error = await backend.open().then(() => undefined, (error) => error);
    if (error?.code !== "UNSUPPORTED") throw error ?? new Error("Node has become rclone");
  `);
  expect(scripts).toContainEqual(expect.stringMatching(/\/node_modules\/execa\//));
});
