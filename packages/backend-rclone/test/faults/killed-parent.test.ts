import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { markName, processesWith } from "../process/rcd-for-test.ts";
import { distributionRclone, local, newestRclone, s3, sftp, webdav, type Remote } from "../remotes.ts";
import type { RemotePlace } from "../servers/remote-place.ts";
import { mustBeAmong } from "./checks.ts";
import { compileModule, type CompiledModule } from "../compiled-module.ts";
import { print } from "./contents.ts";
import { contentsOf } from "./look-inside.ts";
import { full } from "./scope.ts";
import { until } from "./settled.ts";

const newer = newestRclone.available ? newestRclone : distributionRclone;
const sizes = { small: 40_000, large: 2_000_000 };

/** Overwrites small and large values, at once and in pieces, with one letter after the other, and never ends. */
const overwriting = `
const sizes = ${JSON.stringify(sizes)};
const backend = rcloneBackend(given);
await backend.create().catch(() => undefined);
await backend.open();
async function* pieces(value) {
  for (let at = 0; at < value.byteLength; at += 10_000) yield value.subarray(at, at + 10_000);
}
const store = (name, value) =>
  name.endsWith("stream") ? backend.storeStream(name, pieces(value)) : backend.store(name, value);
const overwrite = async (name, size, letter) => await store(name, new Uint8Array(size).fill(97 + (letter % 26)));
const names = Object.entries(sizes).flatMap(([size, bytes]) =>
  ["store", "stream"].map((kind) => [\`data/\${size}-\${kind}\`, bytes]),
);
await Promise.all(names.map(([name, bytes]) => overwrite(name, bytes, 0)));
console.log("busy");
await Promise.all(
  names.map(async ([name, bytes]) => {
    for (let letter = 1; ; letter++) await overwrite(name, bytes, letter);
  }),
);`;

const names = Object.keys(sizes).flatMap((size) => ["store", "stream"].map((kind) => `${size}-${kind}`));
const whole = Object.values(sizes).flatMap((size) =>
  Array.from({ length: 26 }, (_, letter) => print(new Uint8Array(size).fill(97 + letter))),
);

let compiled: CompiledModule;
let program: string;

async function killAfter(place: RemotePlace, afterMs: number): Promise<void> {
  const mark = randomUUID();
  const path = `killed-after-${afterMs}`;
  const environment = { [markName]: mark };
  const options = { ...place.options(path), rcloneProgram: newer.program, environment };
  const parent = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  await once(parent.stdout, "data");
  await delay(afterMs);
  parent.kill("SIGKILL");
  if (parent.signalCode === null) await once(parent, "exit");
  await until(() => processesWith(mark).length === 0, "no process is left");
  const found = await contentsOf(place, `${path}/data`);
  for (const name of names) {
    // Where nothing replaces in one step the old value may have been put aside.
    const value = found[name] ?? found[`${name}.hid`];
    mustBeAmong(value, whole, `${name} after ${afterMs} ms`);
  }
}

function register(remote: Remote): void {
  describe.skipIf(!remote.available)(`remote of ${remote.title}`, () => {
    let place: RemotePlace;
    beforeAll(async () => void (place = await remote.start()));
    afterAll(() => place.stop());

    test("each value is there whole, the old one or the new one, and no process is left", async () => {
      await Promise.all([20, 110].map((afterMs) => killAfter(place, afterMs)));
      expect(names).toHaveLength(4);
    });
  });
}

describe.skipIf(full.isLeftOut || !newer.available || process.platform !== "linux")(
  `our process is killed while it overwrites, ${newer.title}${full.tag}`,
  () => {
    beforeAll(() => {
      compiled = compileModule("index", "rcloneBackend");
      program = compiled.program("overwriting", overwriting);
    });
    afterAll(() => compiled.remove());

    for (const remote of [local, sftp, webdav, s3]) register(remote);
  },
);
