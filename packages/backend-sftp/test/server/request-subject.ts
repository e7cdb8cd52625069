import type { HandleTable } from "./handle-table.ts";
import type { PacketReader } from "./packet-reader.ts";
import type { SftpRequestInfo } from "./sftp-server-options.ts";

const startWithHandle: ReadonlySet<string> = new Set([
  "close",
  "read",
  "write",
  "fstat",
  "fsetstat",
  "readdir",
  "extended:fsync@openssh.com",
  "extended:fstatvfs@openssh.com",
  "extended:check-file-handle",
]);

const startWithName: ReadonlySet<string> = new Set([
  "open",
  "lstat",
  "setstat",
  "opendir",
  "remove",
  "mkdir",
  "rmdir",
  "realpath",
  "stat",
  "readlink",
  "extended:statvfs@openssh.com",
  "extended:check-file-name",
]);

const startWithTwoNames: ReadonlySet<string> = new Set([
  "rename",
  "symlink",
  "extended:posix-rename@openssh.com",
  "extended:hardlink@openssh.com",
]);

/** What a request is about, for the hooks. The reader is a copy that nobody else reads on. */
export function requestSubject(
  type: string,
  request: PacketReader,
  handles: HandleTable,
): Pick<SftpRequestInfo, "path" | "target"> {
  if (startWithName.has(type)) return { path: readableName(request.name()) };
  if (startWithTwoNames.has(type)) {
    return { path: readableName(request.name()), target: readableName(request.name()) };
  }
  if (!startWithHandle.has(type)) return {};
  const handle = handles.find(request.string());
  return handle === undefined ? {} : { path: readableName(handle.path) };
}

function readableName(name: string): string {
  return Buffer.from(name, "latin1").toString("utf8");
}
