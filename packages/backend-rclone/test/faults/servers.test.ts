import { opensshAvailable, opensshReason, requirePeer, startSshd } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rcloneBackend, type RcloneOptions } from "../../src/index.ts";
import { distributionRclone, newestRclone, s3, webdav, type Remote } from "../remotes.ts";
import { newDirectory, removeDirectory } from "../servers/new-directory.ts";
import { insideDirectory } from "../servers/inside-directory.ts";
import { writeRcloneConf } from "../servers/rclone-conf.ts";
import type { RemotePlace, ServedPlace } from "../servers/remote-place.ts";
import { mustBeAmong } from "./checks.ts";
import { before, operations, type Operation } from "./operations.ts";
import { full } from "./scope.ts";
import { mustBeFailure, settled, until } from "./settled.ts";
import { onStage, type Stage } from "./stage.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const newer = newestRclone.available ? newestRclone : distributionRclone;
const options: RcloneOptions = { requestTimeoutMs: 1000, stallTimeoutMs: 2000, concurrency: 32 };
/** Those that are not given ten times as long. */
const short = operations.filter(({ isLong }) => isLong !== true);

const some = operations.filter(({ title }) => /^(?:store onto|load$|list$|delete|info|hash)/.test(title));

/** Plants what each operation needs in a directory of its own. */
async function prepare(stage: Stage, name: string, chosen: readonly Operation[]): Promise<void> {
  await Promise.all(chosen.map((_, at) => stage.plant(`${name}-${at}`, before)));
}

/** Runs all of them at the same time, and gives what they fail with. */
async function attemptAll(stage: Stage, name: string, chosen: readonly Operation[]): Promise<unknown[]> {
  const running = chosen.map(
    async ({ run, title }, at) => await settled(run(stage.bare, `${name}-${at}`), title),
  );
  return (await Promise.all(running)).map(({ error }) => error);
}

async function mustBeWhole(stage: Stage, name: string, chosen: readonly Operation[]): Promise<void> {
  for (const [at, { title, allowed }] of chosen.entries()) {
    mustBeAmong(await stage.contents(`${name}-${at}`), allowed, title);
  }
}

async function mustWorkAgain(stage: Stage, name: string, chosen: readonly Operation[]): Promise<void> {
  await prepare(stage, name, chosen);
  for (const [at, { run }] of chosen.entries()) await run(stage.backend, `${name}-${at}`);
}

/** Connections that a process has to others; of Linux. */
function connectionsOf(pid: number | undefined): number {
  const inodes = new Set(
    fs
      .readdirSync(`/proc/${pid}/fd`)
      .map((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        } catch {
          return undefined;
        }
      })
      .filter((inode) => inode !== undefined),
  );
  const rows = ["tcp", "tcp6"].flatMap((file) =>
    fs.readFileSync(`/proc/${pid}/net/${file}`, "utf8").trim().split("\n").slice(1),
  );
  // Established (01) and begun (02).
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((row) => /^0[12]$/.test(row[3] ?? "") && inodes.has(row[9] ?? "")).length;
}

function registerFreezing(
  remote: Remote<ServedPlace>,
  { title, program, available }: typeof newestRclone,
): void {
  describe.skipIf(full.isLeftOut || !available || !remote.available)(
    `the server of ${remote.title} is frozen, ${title}${full.tag}`,
    () => {
      let place: ServedPlace;
      beforeAll(async () => void (place = await remote.start()));
      afterAll(() => place.stop());

      test("calls are given up in time, rclone stops to work on them, and works when the server thaws", async () => {
        await onStage(place, { ...options, rcloneProgram: program }, async (stage) => {
          await prepare(stage, "frozen", short);
          place.freeze();
          try {
            for (const [at, error] of (await attemptAll(stage, "frozen", short)).entries()) {
              mustBeFailure(error, "TIMEOUT", short[at]?.title);
            }
            // No connection of ours is left in use, and those of rclone to the server have been given up.
            await until(() => connectionsOf(stage.pid) <= 32, "rclone has given up");
          } finally {
            place.thaw();
          }
          await until(
            async () => (await settled(stage.bare.info("x"))).error === undefined,
            "it is there again",
          );
          await mustBeWhole(stage, "frozen", short);
          await mustWorkAgain(stage, "again", short);
        });
        expect(place.canLookInside).toBe(true);
      });
    },
  );
}

registerFreezing(webdav, newer);
registerFreezing(s3, newer);

describe.skipIf(full.isLeftOut || !openssh.available || !newer.available)(
  `an OpenSSH that goes away ${openssh.tag}, ${newer.title}${full.tag}`,
  () => {
    test("its absence is a failed connection, and nothing else once it is back", async () => {
      const workDirectory = newDirectory();
      const directory = newDirectory();
      const sshd = await startSshd({ directory: workDirectory });
      const configFile = writeRcloneConf(workDirectory, "testsftp", {
        type: "sftp",
        host: "127.0.0.1",
        port: String(sshd.port),
        user: sshd.user,
        key_file: sshd.clientKeyFile,
        known_hosts_file: sshd.knownHostsFile,
        shell_type: "none",
        disable_hashcheck: "true",
      });
      const place: RemotePlace = {
        ...insideDirectory(directory),
        options: (path) => ({ remote: `testsftp:${join(directory, path)}`, configFile }),
        stop: () => sshd.stop(),
      };
      const setup = { ...options, requestTimeoutMs: 3000, rcloneProgram: newer.program };
      try {
        const playing = onStage(place, setup, async (stage) => {
          await prepare(stage, "absent", some);
          await sshd.stop();
          for (const [at, error] of (await attemptAll(stage, "absent", some)).entries()) {
            // It tries again and again to write.
            mustBeFailure(error, ["CONNECTION", "TIMEOUT"], some[at]?.title);
          }
          const opening = rcloneBackend({ ...place.options("absent"), ...setup });
          mustBeFailure((await settled(opening.open(), "open")).error, ["CONNECTION", "TIMEOUT"], "open");
          await sshd.start();
          await mustBeWhole(stage, "absent", some);
          await mustWorkAgain(stage, "again", some);
        });
        await expect(playing).resolves.toBeUndefined();
      } finally {
        await sshd.stop();
        for (const each of [directory, workDirectory]) removeDirectory(each);
      }
    });
  },
);
