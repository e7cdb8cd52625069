import { fullScope } from "@borgstore/tools-peers";
import { execFile } from "node:child_process";
import { existsSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { distributionRclone, local } from "./remotes.ts";

const MiB = 1024 * 1024;
const length = 256 * MiB;
const mostMiB = 100;
const built = new URL("../dist/index.js", import.meta.url);

interface Result {
  readonly bytes: number;
  readonly moreMiB: number;
}

/** Runs a program with a storage in a process of its own; returns what it writes, and how much memory it took. */
async function resultOf(remote: string, configFile: string, work: string): Promise<Result> {
  expect(existsSync(built)).toBe(true);
  const options = { remote, configFile, rcloneProgram: distributionRclone.program };
  const program = `
    import { rcloneBackend } from ${JSON.stringify(built.href)};
    const backend = rcloneBackend(${JSON.stringify(options)});
    await backend.open();
    const piece = new Uint8Array(1_000_003);
    await backend.storeStream("first", [piece]);
    for await (const each of backend.loadStream("first")) each.fill(0);
    const before = process.resourceUsage().maxRSS;
    let bytes = 0;
    ${work}
    const moreMiB = Math.round((process.resourceUsage().maxRSS - before) / 1024);
    await backend.close();
    console.log(JSON.stringify({ bytes, moreMiB }));`;
  const args = ["--no-warnings", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Result;
}

const full = fullScope("the limit is that of the pieces in flight");

async function storage(): Promise<{ readonly remote: string; readonly configFile: string }> {
  const place = await local.start();
  onTestFinished(() => place.stop());
  await place.plant("store", "value", new Uint8Array(0));
  return place.options("store");
}

describe.skipIf(!distributionRclone.available || full.isLeftOut)(
  `256 MiB in pieces, ${distributionRclone.title}${full.tag}`,
  () => {
    test("are stored with little memory", async () => {
      const { remote, configFile } = await storage();
      const { bytes, moreMiB } = await resultOf(
        remote,
        configFile,
        `async function* source() {
           while (bytes < ${length}) {
             const part = piece.subarray(0, ${length} - bytes);
             bytes += part.byteLength;
             yield part;
           }
         }
         await backend.storeStream("value", source());`,
      );
      expect(bytes).toBe(length);
      expect(statSync(`${remote}/value`).size).toBe(length);
      expect(moreMiB).toBeLessThan(mostMiB);
    });

    test("are loaded with little memory", async () => {
      const { remote, configFile } = await storage();
      rmSync(`${remote}/value`);
      writeFileSync(`${remote}/value`, "");
      truncateSync(`${remote}/value`, length);
      const { bytes, moreMiB } = await resultOf(
        remote,
        configFile,
        `for await (const each of backend.loadStream("value")) bytes += each.byteLength;`,
      );
      expect(bytes).toBe(length);
      expect(moreMiB).toBeLessThan(mostMiB);
    });
  },
);
