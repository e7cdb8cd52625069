/** Types of the packets a server sends (draft-ietf-secsh-filexfer-02, section 3). */
export const answerTypes = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extendedReply: 201,
} as const;

/** The type of the first packet, which has no id. */
export const initType = 1;

/** The type of requests that are named by a string. */
export const extendedType = 200;

/** Types of the requests that follow, with the names hooks and counts use. */
export const requestNames: ReadonlyMap<number, string> = new Map([
  [3, "open"],
  [4, "close"],
  [5, "read"],
  [6, "write"],
  [7, "lstat"],
  [8, "fstat"],
  [9, "setstat"],
  [10, "fsetstat"],
  [11, "opendir"],
  [12, "readdir"],
  [13, "remove"],
  [14, "mkdir"],
  [15, "rmdir"],
  [16, "realpath"],
  [17, "stat"],
  [18, "rename"],
  [19, "readlink"],
  [20, "symlink"],
]);

/** Status codes of version 3 (section 7). */
export const statusCodes = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const;

/** What OpenSSH writes beside a status code; the place in the list is the code. */
export const statusTexts: readonly string[] = [
  "Success",
  "End of file",
  "No such file",
  "Permission denied",
  "Failure",
  "Bad message",
  "No connection",
  "Connection lost",
  "Operation unsupported",
];

/** Flags of OPEN (section 6.3). */
export const openFlags = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

/** Which attributes follow (section 5). */
export const attributeFlags = {
  size: 1,
  owner: 2,
  permissions: 4,
  times: 8,
  extended: 0x80000000,
} as const;
