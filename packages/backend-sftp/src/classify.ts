import { StoreError, type StoreErrorCode } from "@borgstore/core";
import { MalformedPacket } from "./protocol/packet-reader.ts";
import { status } from "./protocol/packet-types.ts";
import { SftpStatusError } from "./protocol/status-error.ts";

interface StatusMeaning {
  readonly code: StoreErrorCode;
  readonly detail?: string;
}

/**
 * What each status of a server means, one row each; anything else is `UNEXPECTED`. Those above 8 are of later versions
 * of the protocol, and some servers send them in version 3 too. "Failure" says nothing: who asked looks what is there.
 */
export const statusMeanings: Readonly<Record<number, StatusMeaning>> = Object.freeze({
  [status.noSuchFile]: { code: "NOT_FOUND" },
  [status.permissionDenied]: { code: "PERMISSION_DENIED", detail: "by the server" },
  // What OpenSSH makes of ENAMETOOLONG and EINVAL.
  [status.badMessage]: {
    code: "INVALID_NAME",
    detail: "the server does not take this name; it may be too long",
  },
  [status.noConnection]: { code: "CONNECTION", detail: "the server has lost its own connection" },
  [status.connectionLost]: { code: "CONNECTION", detail: "the server has lost its own connection" },
  [status.opUnsupported]: { code: "UNSUPPORTED", detail: "the server does not know this request" },
  [status.noSuchPath]: { code: "NOT_FOUND" },
  [status.fileAlreadyExists]: { code: "ALREADY_EXISTS" },
  [status.writeProtect]: { code: "PERMISSION_DENIED", detail: "the medium is write-protected" },
  [status.noMedia]: { code: "UNAVAILABLE", detail: "there is no medium in the server's drive" },
  [status.noSpace]: { code: "NO_SPACE" },
  [status.quotaExceeded]: { code: "QUOTA_EXCEEDED", detail: "the quota of this user on the server" },
  [status.unknownPrincipal]: { code: "PERMISSION_DENIED", detail: "the server does not know the user" },
  [status.lockConflict]: { code: "UNAVAILABLE", detail: "the file is locked by something else" },
  [status.dirNotEmpty]: { code: "NOT_EMPTY" },
  [status.notADirectory]: { code: "NOT_A_DIRECTORY" },
  [status.invalidFilename]: { code: "INVALID_NAME", detail: "the server does not take this name" },
  [status.linkLoop]: { code: "NOT_FOUND", detail: "symbolic links are not followed" },
});

/** The server's status of an error; `undefined` when it has none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof SftpStatusError ? error.status : undefined;
}

/** Whether the server said that there is nothing of this name. */
export function isMissing(error: unknown): boolean {
  const code = statusOf(error);
  return code === status.noSuchFile || code === status.noSuchPath;
}

/** Whether the server said that this is not allowed. */
export function isDenied(error: unknown): boolean {
  return statusOf(error) === status.permissionDenied;
}

/** Whether the server said no without telling why. */
export function isFailure(error: unknown): boolean {
  return statusOf(error) === status.failure;
}

/** The store's error for one of a server. What is a `StoreError` already is returned as it is. */
export function classify(error: unknown, key?: string): StoreError {
  if (StoreError.is(error)) return error;
  const code = statusOf(error);
  const meaning = code === undefined ? undefined : statusMeanings[code];
  if (meaning !== undefined)
    return new StoreError(meaning.code, { key, detail: meaning.detail, cause: error });
  if (error instanceof MalformedPacket) {
    return new StoreError("UNEXPECTED", { key, detail: "the server's answer makes no sense", cause: error });
  }
  return new StoreError("UNEXPECTED", { key, cause: error });
}
