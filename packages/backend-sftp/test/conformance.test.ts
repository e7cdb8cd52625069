import type { Capabilities } from "@borgstore/core";
import { fullScope, registerSuite } from "@borgstore/tools-peers";
import { join } from "node:path";
import { it } from "vitest";
import type { SftpOptions } from "../src/index.ts";
import { startInProcess } from "./in-process.ts";
import { asOpenSsh, register } from "./register-server.ts";
import type { SftpServerOptions } from "./server/sftp-server-options.ts";

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

const full = fullScope("what other servers answer is no matter of Node's");

function registerInFull(...variant: Parameters<typeof registerInProcess>): void {
  registerSuite(full, it, variant[0], () => registerInProcess(...variant));
}

registerInProcess("as OpenSSH", {});
registerInFull("durable each time", {}, {}, { durability: "each" });
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
  { durable: false },
  { durability: "none", connections: 3 },
);
