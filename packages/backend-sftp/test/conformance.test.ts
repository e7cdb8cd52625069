import type { Capabilities } from "@borgstore/core";
import { fullScope, opensshAvailable, registerSuite } from "@borgstore/tools-peers";
import { join } from "node:path";
import { it } from "vitest";
import type { SftpOptions } from "../src/index.ts";
import { startInProcess } from "./in-process.ts";
import {
  asOpenSsh,
  casesOfNames,
  casesOfThisSide,
  longCases,
  register,
  shortCases,
  type Place,
} from "./register-server.ts";
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
      options: (path) => started.options(path, options),
      localPath: (path) => join(started.home, path),
      stop: () => started.stop(),
    };
  };
  register(`sftp, ssh2, in this process, ${name}`, { ...asOpenSsh, ...changes }, start, { skip });
}

// What is tried with the first of them, and other answers do not change.
const elsewhere = { ...casesOfThisSide, ...casesOfNames };

const full = fullScope("what other servers answer is no matter of Node's");

function registerInFull(
  name: string,
  server: Partial<SftpServerOptions>,
  changes: Partial<Capabilities> = {},
  options: SftpOptions = {},
  skip: Readonly<Record<string, string>> = { ...longCases, ...elsewhere },
): void {
  registerSuite(full, it, `sftp, ssh2, in this process, ${name}`, () =>
    registerInProcess(name, server, changes, options, skip),
  );
}

// A server that gives a few entries at a time makes pages of its own kind.
const { "list/pages": _pages, ...withPages } = longCases;

// In a brief run the others are enough for the calls of Node.
const ofFirst = full.isLeftOut ? { ...longCases, ...elsewhere } : longCases;

registerInProcess("as OpenSSH", {}, {}, {}, ofFirst);
// Where there is OpenSSH, these cases are tried with its server, in conformance-servers.test.ts.
if (!opensshAvailable()) {
  registerInFull("as OpenSSH, without syncing", {}, { durable: false }, { durability: "none" }, shortCases);
}
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
  { ...withPages, ...elsewhere },
);
