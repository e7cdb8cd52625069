import { registerConformance } from "@borgstore/backend-testkit";
import type { Backend, Capabilities } from "@borgstore/core";
import {
  opensshAvailable,
  opensshReason,
  rcloneAvailable,
  requirePeer,
  startRcloneSftp,
  startSshd,
} from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { sftpBackend, type SftpBackendOptions, type SftpOptions } from "../src/index.ts";
import { newDirectory } from "./fresh-directory.ts";
import { startInProcess } from "./in-process.ts";
import type { SftpServerOptions } from "./server/sftp-server-options.ts";

/** A server that all cases of one suite use, each with a directory of its own. */
interface Place {
  /** Options for a storage at a path of the server. */
  options(path: string): SftpBackendOptions;
  /** Where that path is here. */
  localPath(path: string): string;
  stop(): Promise<void>;
}

interface Setup {
  readonly place: Place;
  readonly path: string;
  readonly backend: Backend;
}

const asOpenSsh: Capabilities = {
  atomicReplace: true,
  atomicMove: true,
  createIfAbsent: "probe",
  directories: true,
  rangedLoad: true,
  nativeHash: true,
  accessTime: true,
  durable: true,
  remote: true,
};

function plant({ place, path }: Setup, object: string, value: Uint8Array): void {
  const file = join(place.localPath(path), object);
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, value);
}

/** What is known about a server. */
interface Known {
  /** Whether it sees at once what is changed behind its back. */
  readonly seesChanges?: boolean;
  /** Cases that are beyond it, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

function register(
  name: string,
  capabilities: Capabilities,
  start: () => Promise<Place>,
  { seesChanges = true, skip = {} }: Known = {},
): void {
  describe(`server of ${name}`, () => {
    let starting: Promise<Place> | undefined;
    let count = 0;
    afterAll(async () => await (await starting)?.stop());
    registerConformance({
      name,
      runner: { describe, it },
      capabilities,
      setup: async () => {
        starting ??= start();
        const place = await starting;
        const path = `case-${++count}/store`;
        return { place, path, backend: sftpBackend(place.options(path)) };
      },
      teardown: ({ place, path }) =>
        fs.rmSync(dirname(place.localPath(path)), { recursive: true, force: true }),
      anotherBackend: ({ place, path }) => sftpBackend(place.options(path)),
      ...(seesChanges && { plant }),
      skip,
    });
  });
}

function registerInProcess(
  name: string,
  server: Partial<SftpServerOptions>,
  changes: Partial<Capabilities> = {},
  options: SftpOptions = {},
): void {
  register(`sftp, ssh2, in this process, ${name}`, { ...asOpenSsh, ...changes }, async () => {
    const started = await startInProcess(server);
    return {
      options: (path) => started.options(path, options),
      localPath: (path) => join(started.home, path),
      stop: () => started.stop(),
    };
  });
}

registerInProcess("as OpenSSH", {});
registerInProcess("durable each time", {}, {}, { durability: "each" });
registerInProcess(
  "without extensions",
  {
    extensions: {
      "posix-rename@openssh.com": "no",
      "hardlink@openssh.com": "no",
      "fsync@openssh.com": "no",
      "statvfs@openssh.com": "no",
      "limits@openssh.com": "no",
    },
  },
  { atomicReplace: false, createIfAbsent: false, durable: false },
);
registerInProcess(
  "that answers out of order, short and silently, and refuses what it announces",
  {
    extensions: {
      "hardlink@openssh.com": "refuses",
      "limits@openssh.com": "refuses",
      "statvfs@openssh.com": "refuses",
      "check-file": "yes",
    },
    answersOutOfOrder: true,
    maxReadBytes: 5_000,
    maxWriteBytes: 32_768,
    statusMessages: false,
    omitPermissionsInReaddir: true,
    readdirBatch: 7,
  },
  { durable: false },
  { durability: "none", connections: 3 },
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
  register("sftp, ssh2, OpenSSH", asOpenSsh, () => opensshPlace({ transport: "ssh2" }));
  // Logging in takes the program a quarter of a second: one login serves all cases, as users have it too.
  register("sftp, openssh, OpenSSH", asOpenSsh, () =>
    opensshPlace({
      transport: "openssh",
      sshOptions: {
        ControlMaster: "auto",
        ControlPersist: "20",
        ControlPath: join(newDirectory(), "control"),
      },
    }),
  );
});

describe.skipIf(!rclone.available)(`rclone serve sftp ${rclone.tag}`, () => {
  // It reads a directory anew for each file in it, unless it may rely on being alone.
  const reason = "it opens files by name when they are first read, and then another one may have it";
  register("sftp, ssh2, rclone", { ...asOpenSsh, durable: false }, rclonePlace, {
    seesChanges: false,
    skip: {
      "concurrency/mixed": reason,
      "concurrency/one-name": reason,
      "store/replace-atomic": reason,
    },
  });
});
