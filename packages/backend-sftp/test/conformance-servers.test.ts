import {
  fullScope,
  opensshAvailable,
  opensshReason,
  rcloneAvailable,
  registerSuite,
  requirePeer,
  startRcloneSftp,
  startSshd,
} from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import type { SftpOptions } from "../src/index.ts";
import { newDirectory } from "./fresh-directory.ts";
import {
  asOpenSsh,
  casesOfAnswers,
  casesOfThisSide,
  longCases,
  ofRealServers,
  register,
  shortCases,
  type Place,
} from "./register-server.ts";

const full = fullScope(
  "the calls of Node are those of other tests with the server in this process and with OpenSSH",
);
const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const rclone = requirePeer("rclone", rcloneAvailable(), "rclone is not installed");

async function opensshPlace(options: SftpOptions): Promise<Place> {
  const directory = newDirectory();
  const sshd = await startSshd({ directory });
  const storages = newDirectory();
  return {
    options: (path) => ({
      host: "127.0.0.1",
      path: join(storages, path),
      sshConfigFile: sshd.sshConfigFile,
      ...options,
    }),
    localPath: (path) => join(storages, path),
    stop: async () => {
      await sshd.stop();
      for (const each of [directory, storages]) fs.rmSync(each, { recursive: true, force: true });
    },
  };
}

async function rclonePlace(): Promise<Place> {
  const workDirectory = newDirectory();
  const directory = newDirectory();
  const server = await startRcloneSftp({ directory, workDirectory, extra: ["--dir-cache-time", "1h"] });
  return {
    options: (path) => ({ host: "127.0.0.1", path: `/${path}`, sshConfigFile: server.sshConfigFile }),
    localPath: (path) => join(directory, path),
    stop: async () => {
      await server.stop();
      for (const each of [directory, workDirectory]) fs.rmSync(each, { recursive: true, force: true });
    },
  };
}

describe.skipIf(!openssh.available)(`OpenSSH ${openssh.tag}`, () => {
  registerSuite(full, it, "sftp, ssh2, OpenSSH", () => {
    register("sftp, ssh2, OpenSSH", asOpenSsh, () => opensshPlace({ transport: "ssh2" }), {
      ...ofRealServers,
      skip: { ...longCases, ...casesOfThisSide },
    });
    const unsynced: SftpOptions = { transport: "ssh2", durability: "none" };
    const changes = { ...asOpenSsh, durable: false };
    register("sftp, ssh2, OpenSSH, without syncing", changes, () => opensshPlace(unsynced), {
      ...ofRealServers,
      skip: shortCases,
    });
  });
  registerSuite(full, it, "sftp, openssh, OpenSSH", () => {
    // Logging in takes the program a quarter of a second: one login serves all cases, as users have it too.
    const sshOptions = {
      ControlMaster: "auto",
      ControlPersist: "20",
      ControlPath: join(tmpdir(), `sftp-control-${process.pid}`),
    };
    const start = (): Promise<Place> => opensshPlace({ transport: "openssh", sshOptions });
    register("sftp, openssh, OpenSSH", asOpenSsh, start, {
      ...ofRealServers,
      skip: { ...longCases, ...casesOfAnswers },
    });
  });
});

describe.skipIf(!rclone.available)(`rclone serve sftp ${rclone.tag}`, () => {
  const reason = "it opens files by name when they are first read, and then another one may have it";
  const doubled = "it may lose what is stored in a directory that two requests make at the same moment";
  registerSuite(full, it, "sftp, ssh2, rclone", () => {
    register("sftp, ssh2, rclone", { ...asOpenSsh, durable: false }, rclonePlace, {
      ...ofRealServers,
      // It reads a directory anew for each file in it, unless it may rely on being alone.
      seesChanges: false,
      skip: {
        ...longCases,
        ...casesOfThisSide,
        "concurrency/many-names": doubled,
        "concurrency/one-directory": doubled,
        "list/pages": doubled,
        "concurrency/mixed": reason,
        "concurrency/one-name": reason,
        "store/replace-atomic": reason,
      },
    });
  });
});
