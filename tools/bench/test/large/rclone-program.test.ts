import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rcloneAvailable, requirePeer } from "@borgstore/tools-peers";
import { expect, test } from "vitest";
import { openRcloneLanes } from "../../src/large/rclone-program.ts";
import { Workspace } from "../../src/measure/workspace.ts";

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");

test.skipIf(!rclone.available)(
  `the program copies what it is measured for, there and back ${rclone.tag}`,
  { timeout: 300_000 },
  async () => {
    using workspace = new Workspace(tmpdir());
    const configFile = workspace.nameDirectory();
    writeFileSync(configFile, "");
    const remote = workspace.nameDirectory();
    const target = { remote, env: { RCLONE_CONFIG: configFile } };
    const { lanes, close } = openRcloneLanes(target, new Uint8Array([1, 2, 3]), workspace);
    const [store, load] = lanes;
    await store?.run();
    expect([...readFileSync(join(remote, "one", "0"))]).toEqual([1, 2, 3]);
    expect(readdirSync(join(remote, "many"))).toHaveLength(5);
    expect(Number.isFinite(await load?.run())).toBe(true);
    await close();
    expect(existsSync(remote)).toBe(true);
  },
);

test.skipIf(!rclone.available)(`a failure names neither places nor settings ${rclone.tag}`, async () => {
  using workspace = new Workspace(tmpdir());
  const configFile = workspace.nameDirectory();
  writeFileSync(configFile, "");
  const target = { remote: "nowhere:path", env: { RCLONE_CONFIG: configFile } };
  const { lanes } = openRcloneLanes(target, new Uint8Array(1), workspace);
  await expect(lanes[0]?.run()).rejects.toThrow(/^the rclone program ended with \d+$/);
});
