/**
 * Numbers of SFTP version 3, as in draft-ietf-secsh-filexfer-02, which is what OpenSSH and nearly all other servers
 * speak. Only what this package sends or gets.
 */
export const packetType = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  stat: 17,
  rename: 18,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 200,
  extendedReply: 201,
} as const;

/** Flags of an open (section 6.3). */
export const openFlag = { read: 0x01, write: 0x02, create: 0x08, exclusive: 0x20 } as const;

/** Codes of a status (section 7), with those of later versions that servers send all the same. */
export const status = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  opUnsupported: 8,
  invalidHandle: 9,
  noSuchPath: 10,
  fileAlreadyExists: 11,
  writeProtect: 12,
  noMedia: 13,
  noSpace: 14,
  quotaExceeded: 15,
  unknownPrincipal: 16,
  lockConflict: 17,
  dirNotEmpty: 18,
  notADirectory: 19,
  invalidFilename: 20,
  linkLoop: 21,
} as const;

/** Flags that say which attributes are there (section 5). */
export const attributeFlag = {
  size: 0x01,
  owner: 0x02,
  permissions: 0x04,
  times: 0x08,
  extended: 0x80000000,
} as const;
