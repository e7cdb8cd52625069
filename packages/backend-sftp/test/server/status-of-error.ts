import { statusCodes } from "./protocol-numbers.ts";

/** A failure whose status does not come from the file system. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

const statusOfErrno: ReadonlyMap<string, number> = new Map([
  ["ENOENT", statusCodes.noSuchFile],
  ["ENOTDIR", statusCodes.noSuchFile],
  ["EBADF", statusCodes.noSuchFile],
  ["ELOOP", statusCodes.noSuchFile],
  ["EPERM", statusCodes.permissionDenied],
  ["EACCES", statusCodes.permissionDenied],
  ["EFAULT", statusCodes.permissionDenied],
  ["ENAMETOOLONG", statusCodes.badMessage],
  ["EINVAL", statusCodes.badMessage],
  ["ENOSYS", statusCodes.unsupported],
]);

/** The name of the errno of a failed system call; nothing for errors of other kinds. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("errno" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The status OpenSSH's sftp-server answers a failed system call with; nothing for faults of this server itself. */
export function statusOfError(error: unknown): number | undefined {
  if (error instanceof StatusError) return error.status;
  const errno = errnoOf(error);
  return errno === undefined ? undefined : (statusOfErrno.get(errno) ?? statusCodes.failure);
}
