import { StoreError, type StoreErrorCode } from "./errors.ts";

/** What one error code of a socket means. */
export interface SocketErrorMeaning {
  readonly code: StoreErrorCode;
  /** One phrase in lower case that says what is wrong, or what to check. */
  readonly detail: string;
  /** Overrides the code's own. */
  readonly retryable?: boolean;
  /** Whenever it comes, nothing was sent yet; see {@link StoreError.unsent}. */
  readonly unsent?: boolean;
}

/** What each error code of a socket, also one with TLS, means, one row each. Anything else is `CONNECTION`. */
export const socketErrorMeanings: Readonly<Record<string, SocketErrorMeaning>> = Object.freeze({
  ECONNREFUSED: { code: "CONNECTION", detail: "nothing listens there, or it refuses" },
  ECONNRESET: { code: "CONNECTION", detail: "the other end reset it" },
  ECONNABORTED: { code: "CONNECTION", detail: "this machine gave it up" },
  EPIPE: { code: "CONNECTION", detail: "the other end has closed it" },
  ETIMEDOUT: { code: "TIMEOUT", detail: "the host does not answer" },
  EHOSTUNREACH: { code: "CONNECTION", detail: "there is no route to the host" },
  EHOSTDOWN: { code: "CONNECTION", detail: "the host is down" },
  ENETUNREACH: { code: "CONNECTION", detail: "there is no route to its network" },
  ENETDOWN: { code: "CONNECTION", detail: "the network is down" },
  EADDRNOTAVAIL: { code: "CONNECTION", detail: "no address or port of this machine is left for it" },
  ENOTFOUND: { code: "CONNECTION", detail: "there is no host of this name", retryable: false, unsent: true },
  EAI_AGAIN: { code: "CONNECTION", detail: "names cannot be resolved at the moment", unsent: true },
  EMFILE: { code: "UNAVAILABLE", detail: "this process has too many open files; see ulimit -n" },
  ENFILE: { code: "UNAVAILABLE", detail: "this machine has too many open files" },
  EPROTO: {
    code: "CONNECTION",
    detail: "TLS fails; check the port, whether TLS is spoken there, and its versions",
    retryable: false,
  },
  CERT_HAS_EXPIRED: certificate("its certificate has expired; renew it, or check this machine's clock"),
  CERT_NOT_YET_VALID: certificate("its certificate is not valid yet; check this machine's clock"),
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate(
    "its certificate is self-signed; if that is right, name it in NODE_EXTRA_CA_CERTS",
  ),
  SELF_SIGNED_CERT_IN_CHAIN: certificate(
    "its certificate comes from an unknown authority; if that is right, name the authority in NODE_EXTRA_CA_CERTS",
  ),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate(
    "its certificate cannot be traced to an authority; check that the server sends the whole chain, or name the authority in NODE_EXTRA_CA_CERTS",
  ),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate(
    "the authority of its certificate is unknown; check that the server sends the whole chain, or name the authority in NODE_EXTRA_CA_CERTS",
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: certificate("its certificate is for another host; check the host's name"),
});

/**
 * The error for a connection to `host` that failed with a code of the system, of name resolution or of TLS. It is
 * marked as unsent when the connection surely was not there yet.
 *
 * @param host for the message; without a secret.
 * @param error as Node gives it; kept as the cause.
 * @param key the name that the call was about
 */
export function socketError(host: string, error: unknown, key?: string): StoreError {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const meaning = typeof code === "string" ? socketErrorMeanings[code] : undefined;
  const unsent = meaning?.unsent === true || isOfConnecting(error);
  if (meaning === undefined) {
    return new StoreError("CONNECTION", { key, detail: `to ${host}: it was closed`, unsent, cause: error });
  }
  const { detail, retryable } = meaning;
  return new StoreError(meaning.code, {
    key,
    detail: `to ${host}: ${detail}`,
    retryable,
    unsent,
    cause: error,
  });
}

/** Whether a code is one of the system, of Node's HTTP parser, of TLS or of a stream that ended too early. */
export function isSocketErrorCode(code: unknown): code is string {
  return (
    typeof code === "string" &&
    /^(?:E[A-Z0-9]+|HPE_[A-Z_]+|ERR_SSL_[A-Z0-9_]+|ERR_STREAM_PREMATURE_CLOSE)$/.test(code)
  );
}

/** A certificate is looked at before anything is sent, and it stays the same when the call is repeated. */
function certificate(detail: string): SocketErrorMeaning {
  return { code: "CONNECTION", detail, retryable: false, unsent: true };
}

/**
 * Decided by the system call, not by the code: a connection that was there can end with `ECONNREFUSED` or
 * `EHOSTUNREACH`, too, when a firewall begins to reject it. A host of several addresses gives one error for each.
 */
function isOfConnecting(error: unknown): boolean {
  const { syscall, errors } = (error ?? {}) as { readonly syscall?: unknown; readonly errors?: unknown };
  if (Array.isArray(errors)) return errors.length > 0 && errors.every(isOfConnecting);
  return syscall === "connect" || syscall === "getaddrinfo";
}
