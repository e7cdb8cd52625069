import { StoreError, type StoreErrorCode } from "@borgstore/core";

interface Meaning {
  readonly code: StoreErrorCode;
  readonly detail: string;
  readonly retryable?: boolean;
}

/** What each error code of a socket means, one row each. Anything else is `CONNECTION`. */
export const socketErrorMeanings: Readonly<Record<string, Meaning>> = Object.freeze({
  ECONNREFUSED: { code: "CONNECTION", detail: "nothing listens there, or it refuses" },
  ECONNRESET: { code: "CONNECTION", detail: "the other end reset it" },
  EPIPE: { code: "CONNECTION", detail: "the other end has closed it" },
  ETIMEDOUT: { code: "TIMEOUT", detail: "the host does not answer" },
  EHOSTUNREACH: { code: "CONNECTION", detail: "there is no route to the host" },
  EHOSTDOWN: { code: "CONNECTION", detail: "the host is down" },
  ENETUNREACH: { code: "CONNECTION", detail: "there is no route to its network" },
  ENETDOWN: { code: "CONNECTION", detail: "the network is down" },
  EADDRNOTAVAIL: { code: "CONNECTION", detail: "no address or port of this machine is left for it" },
  ENOTFOUND: { code: "CONNECTION", detail: "there is no host of this name", retryable: false },
  EAI_AGAIN: { code: "CONNECTION", detail: "names cannot be resolved at the moment" },
  EMFILE: { code: "UNAVAILABLE", detail: "this process has too many open files; see ulimit -n" },
});

/** The error for a connection to `host` that failed with a code of the system. */
export function socketError(host: string, error: unknown): StoreError {
  const code = (error as { code?: unknown } | null)?.code;
  const meaning = typeof code === "string" ? socketErrorMeanings[code] : undefined;
  if (meaning === undefined) {
    return new StoreError("CONNECTION", { detail: `to ${host}: it was closed`, cause: error });
  }
  return new StoreError(meaning.code, {
    detail: `to ${host}: ${meaning.detail}`,
    retryable: meaning.retryable,
    cause: error,
  });
}
