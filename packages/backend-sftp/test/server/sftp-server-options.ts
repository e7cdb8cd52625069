/** An extension of version 3 that the server can have, lack, or deny. */
export type SftpExtension =
  | "posix-rename@openssh.com"
  | "hardlink@openssh.com"
  | "fsync@openssh.com"
  | "statvfs@openssh.com"
  | "limits@openssh.com"
  | "check-file";

/** A kind of host key. */
export type HostKeyKind = "ed25519" | "ecdsa" | "rsa";

/** A request, as hooks see it before or after it is carried out. */
export interface SftpRequestInfo {
  /** "init", "open", "close", "read" and so on; "extended:NAME" for extended requests; "unknown:NUMBER". */
  readonly type: string;
  /** The name in the request, the first if it has two, as the client sent it; of a handle, the path that was opened. */
  readonly path?: string;
  /** The second name of a request that has two: rename, posix-rename, hardlink, symlink. */
  readonly target?: string;
  /** Which connection it came in on; the first that was accepted is 1. */
  readonly connection: number;
  /** The how-manieth request of its type it is since the start, or since the counts were reset. The first is 1. */
  readonly count: number;
}

/**
 * What becomes of a request that was not carried out yet. "ignore" does not carry it out and never answers; "drop" does
 * not carry it out and kills the TCP connection; a status is answered without carrying it out; a delay holds up all
 * requests of the channel, and then it proceeds.
 */
type BeforeRequest =
  | "proceed"
  | "ignore"
  | "drop"
  | { readonly status: number }
  | { readonly delayMs: number };

/** What becomes of the answer of a request that was carried out: sent, not sent, or lost with the connection. */
type AfterRequest = "answer" | "ignore" | "drop";

/** What the server serves and how it behaves. Without options it behaves as the sftp-server of OpenSSH 9.2. */
export interface SftpServerOptions {
  /** An existing directory, where relative names start. Absolute names are used as they are: it is no jail. */
  readonly home: string;
  /** In the order the server prefers. @default ["ed25519"] */
  readonly hostKeys?: readonly HostKeyKind[];
  /** Public keys that are let in, in OpenSSH's text form. @default the generated client key */
  readonly authorizedKeys?: readonly string[];
  /** Lets in who knows it. @default no passwords */
  readonly password?: string;
  /** The expected answer to one question. @default no keyboard-interactive authentication */
  readonly keyboardInteractive?: string;
  /** At the so-manieth failed attempt the server hangs up. @default 6 */
  readonly maxAuthTries?: number;
  /** "no": not advertised, answered with 8; "refuses": advertised, answered with 8. @default all but check-file */
  readonly extensions?: Readonly<Partial<Record<SftpExtension, "yes" | "no" | "refuses">>>;
  /** Longer reads get only so much. @default 261120 */
  readonly maxReadBytes?: number;
  /** Longer writes fail with 4. @default 261120 is announced, and what fits into a packet is accepted */
  readonly maxWriteBytes?: number;
  /** Per channel; one more fails with 4. @default 1019 */
  readonly maxOpenHandles?: number;
  /** SSH_FXF_EXCL is ignored. @default false */
  readonly exclusiveOpenReplaces?: boolean;
  /** SSH_FXP_RENAME replaces. @default false */
  readonly plainRenameReplaces?: boolean;
  /** Whether statuses have a text. @default true */
  readonly statusMessages?: boolean;
  /** Requests that are read at once are answered in reverse order; they are carried out in order. @default false */
  readonly answersOutOfOrder?: boolean;
  /** Entries of READDIR lack the permissions, and with them the kind of file. @default false */
  readonly omitPermissionsInReaddir?: boolean;
  /** Entries of one READDIR answer. @default 100 */
  readonly readdirBatch?: number;
  /** Free blocks that statvfs shall report; with undefined, the true ones. */
  readonly statvfsFreeBlocks?: () => number | undefined;
  /** Called before each request is carried out. */
  readonly before?: (request: SftpRequestInfo) => BeforeRequest | Promise<BeforeRequest>;
  /** Called after each request that was carried out, before its answer is sent. */
  readonly after?: (request: SftpRequestInfo) => AfterRequest | Promise<AfterRequest>;
}
