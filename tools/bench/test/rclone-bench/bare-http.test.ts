import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rcloneAvailable, requirePeer } from "@borgstore/tools-peers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeKeys, makeNeighbourKeys, nestKey } from "../../src/measure/keys.ts";
import { bareHttp } from "../../src/rclone-bench/bare-http.ts";
import { openPlace } from "../../src/rclone-bench/rclone-place.ts";

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bare-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test.skipIf(!rclone.available)(
  `the bound does what it is measured for ${rclone.tag}`,
  { timeout: 300_000 },
  async () => {
    const configFile = join(directory, "conf");
    writeFileSync(configFile, "");
    await using place = await openPlace(configFile, join(directory, "keeper"));
    const bare = await bareHttp(place).open(directory);
    const keys = makeKeys(10);
    const value = new Uint8Array([1, 2, 3]);
    await bare.run("store-new", keys, value, 4);
    await bare.run("store", makeNeighbourKeys(keys), value, 1);
    await bare.run("replace", keys, value, 4);
    expect((await bare.list()).count).toBe(20);
    for (const key of keys) {
      const path = join(directory, "store", "data", nestKey(key));
      expect([...readFileSync(path)]).toEqual([1, 2, 3]);
      expect(readdirSync(join(path, "..")).some((name) => name.endsWith(".tmp"))).toBe(false);
    }
    await bare.run("load", keys, value, 4);
    await bare.run("info", keys, value, 4);
    await expect(bare.run("load", keys, new Uint8Array(4), 1)).rejects.toThrow("wrong result");
    await bare.run("delete", keys, value, 4);
    expect((await bare.list()).count).toBe(10);
    await bare.close();
  },
);
