import type { Capabilities } from "@borgstore/core";
import { fullScope, registerSuite } from "@borgstore/tools-peers";
import { join } from "node:path";
import { it } from "vitest";
import type { SftpOptions } from "../src/index.ts";
import { startInProcess } from "./in-process.ts";
import { asOpenSsh, longCases, register, type Place } from "./register-server.ts";
import type { SftpServerOptions } from "./server/sftp-server-options.ts";

function registerInProcess(
  name: string,
  server: Partial<SftpServerOptions>,
  changes: Partial<Capabilities> = {},
  options: SftpOptions = {},
  skip: Readonly<Record<string, string>> = {},
): void {
  const start = async (): Promise<Place> => {
    const started = await startInProcess(server);
    return {
      // Asking the ssh program about the configuration takes longer than most cases.
      options: (path) => started.options(path, { sshProgram: join(started.home, "no-ssh"), ...options }),
      localPath: (path) => join(started.home, path),
      stop: () => started.stop(),
    };
  };
  register(`sftp, ssh2, in this process, ${name}`, { ...asOpenSsh, ...changes }, start, { skip });
}

const full = fullScope("what other servers answer is no matter of Node's");

function registerInFull(
  name: string,
  server: Partial<SftpServerOptions>,
  changes: Partial<Capabilities> = {},
  options: SftpOptions = {},
  skip: Readonly<Record<string, string>> = longCases,
): void {
  registerSuite(full, it, `sftp, ssh2, in this process, ${name}`, () =>
    registerInProcess(name, server, changes, options, skip),
  );
}

// A server that gives a few entries at a time makes pages of its own kind.
const { "list/pages": _pages, ...withPages } = longCases;

registerInProcess("as OpenSSH", {}, {}, {}, full.isLeftOut ? longCases : {});
registerInFull(
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
registerInFull(
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
  {},
  { durability: "each", connections: 3 },
  withPages,
);
