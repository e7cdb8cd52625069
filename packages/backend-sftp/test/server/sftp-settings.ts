import type { SftpExtension, SftpServerOptions } from "./sftp-server-options.ts";

/** The options with the defaults of OpenSSH 9.2 filled in. */
export interface SftpSettings extends Pick<SftpServerOptions, "before" | "after"> {
  readonly extensions: Readonly<Record<SftpExtension, "yes" | "no" | "refuses">>;
  readonly maxPacketBytes: number;
  readonly maxReadBytes: number;
  /** What is announced. */
  readonly maxWriteBytes: number;
  /** What is accepted. */
  readonly maxAcceptedWriteBytes: number;
  readonly maxOpenHandles: number;
  readonly exclusiveOpenReplaces: boolean;
  readonly plainRenameReplaces: boolean;
  readonly statusMessages: boolean;
  readonly answersOutOfOrder: boolean;
  readonly omitPermissionsInReaddir: boolean;
  readonly readdirBatch: number;
  readonly statvfsFreeBlocks: () => number | undefined;
}

const opensshPacketBytes = 256 * 1024;
/** Room for all that is not data in a packet. */
const overheadBytes = 1024;
const opensshDataBytes = opensshPacketBytes - overheadBytes;

/** Fills in what the options leave out. */
export function settingsOf(options: SftpServerOptions): SftpSettings {
  const { maxReadBytes = opensshDataBytes, maxWriteBytes = opensshDataBytes } = options;
  return {
    ...(options.before && { before: options.before }),
    ...(options.after && { after: options.after }),
    extensions: {
      "posix-rename@openssh.com": "yes",
      "hardlink@openssh.com": "yes",
      "fsync@openssh.com": "yes",
      "statvfs@openssh.com": "yes",
      "limits@openssh.com": "yes",
      "check-file": "no",
      ...options.extensions,
    },
    maxPacketBytes: Math.max(opensshPacketBytes, maxReadBytes + overheadBytes, maxWriteBytes + overheadBytes),
    maxReadBytes,
    maxWriteBytes,
    maxAcceptedWriteBytes: options.maxWriteBytes ?? Infinity,
    // The usual limit of 1024 files of a process, less what sftp-server needs itself.
    maxOpenHandles: options.maxOpenHandles ?? 1019,
    exclusiveOpenReplaces: options.exclusiveOpenReplaces ?? false,
    plainRenameReplaces: options.plainRenameReplaces ?? false,
    statusMessages: options.statusMessages ?? true,
    answersOutOfOrder: options.answersOutOfOrder ?? false,
    omitPermissionsInReaddir: options.omitPermissionsInReaddir ?? false,
    readdirBatch: options.readdirBatch ?? 100,
    statvfsFreeBlocks: options.statvfsFreeBlocks ?? (() => undefined),
  };
}
