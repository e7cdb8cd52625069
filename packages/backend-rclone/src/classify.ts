import { isSocketErrorCode, socketError, StoreError, type StoreErrorCode } from "@borgstore/core";

interface Meaning {
  readonly pattern: RegExp;
  readonly code: StoreErrorCode;
  /** Says what to do, where rclone's own text does not. */
  readonly advice?: string;
  readonly retryable?: boolean;
}

const reconnect = "rclone config reconnect may help";

/**
 * What rclone's texts mean, first match counts. Its answers have a status too, but that is 500 for nearly everything, and
 * 404 also for methods that it does not have. The texts come from rclone, from its libraries, and from services.
 */
export const rcloneMeanings: readonly Meaning[] = Object.freeze([
  { pattern: /couldn't find method/, code: "UNSUPPORTED", advice: "a newer rclone has it" },
  { pattern: /object not found|directory not found/, code: "NOT_FOUND" },
  { pattern: /is a directory not a file|not a regular file/, code: "IS_DIRECTORY" },
  { pattern: /is a file not a directory|not a directory|ENOTDIR/, code: "NOT_A_DIRECTORY" },
  { pattern: /directory not empty/, code: "NOT_EMPTY" },
  { pattern: /can't purge non directory/, code: "UNSUPPORTED" },
  {
    pattern: /didn't find section in config file/,
    code: "INVALID_ARGUMENT",
    advice: "rclone's configuration has no remote of this name; rclone listremotes shows them",
  },
  {
    // Without the s at the end Go says it of answers that are no JSON, as the pages of a service in trouble.
    pattern: /didn't find backend called|couldn't decode|failed to parse|bad remote|invalid characters/,
    code: "INVALID_ARGUMENT",
  },
  {
    pattern: /is it obscured|password not set/,
    code: "INVALID_ARGUMENT",
    advice: "passwords stand in rclone's options as rclone obscure writes them",
  },
  { pattern: /corrupted on transfer|sizes? differ|hash(?:es)? differ/, code: "INTEGRITY", retryable: true },
  {
    pattern: /knownhosts: key|key mismatch|ssh: host key|unknown host key/i,
    code: "HOST_KEY",
  },
  { pattern: /no space left|ENOSPC|disk full|insufficient storage|\b507\b/i, code: "NO_SPACE" },
  { pattern: /quota|storage limit|over.?limit/i, code: "QUOTA_EXCEEDED" },
  { pattern: /InvalidObjectState|is archived|storage class/i, code: "ARCHIVED" },
  { pattern: /RequestTimeTooSkewed|clock skew/i, code: "CLOCK_SKEW" },
  {
    pattern: /SlowDown|too many requests|rate.?limit|\b429\b|userRateLimitExceeded/i,
    code: "RATE_LIMITED",
  },
  {
    pattern: /NoSuchBucket|bucket (?:does not|doesn't) exist|container not found/i,
    code: "BACKEND_NOT_FOUND",
  },
  {
    pattern:
      /SignatureDoesNotMatch|InvalidAccessKeyId|unable to authenticate|handshake failed: ssh|\b401\b|unauthorized|unauthenticated|invalid_grant|token (?:has )?expired|empty token|ssh-agent|NoCredentialProviders/i,
    code: "UNAUTHENTICATED",
    advice: reconnect,
  },
  {
    pattern: /permission denied|AccessDenied|access denied|\b403\b|forbidden|read-only file system|EROFS/i,
    code: "PERMISSION_DENIED",
  },
  { pattern: /file name too long|ENAMETOOLONG|name too long/i, code: "INVALID_NAME" },
  { pattern: /i\/o timeout|deadline exceeded|timed out|timeout awaiting/i, code: "TIMEOUT" },
  {
    pattern:
      /connection refused|connection reset|broken pipe|no such host|network is unreachable|no route to host|dial tcp|\bEOF\b|couldn't connect|connection lost/i,
    code: "CONNECTION",
  },
  {
    // Mostly with the cause, which may be one of the above.
    pattern: /couldn't fetch token|failed to (?:log ?in|authenticate)/i,
    code: "UNAUTHENTICATED",
    advice: reconnect,
  },
]);

/** rclone's texts are as long as their causes are deep. */
const longestText = 300;

/**
 * The error that an answer of rclone means.
 *
 * @param text what rclone says is wrong, without secrets
 */
export function rcloneError(status: number, text: string, name: string | undefined): StoreError {
  const reason = reasonOf(text);
  const meaning = rcloneMeanings.find(({ pattern }) => pattern.test(reason));
  const short = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  const said = `rclone: ${short === "" ? `status ${status}` : short}`;
  // Most of what services fail with passes: the rest is told by its text.
  if (meaning === undefined) return new StoreError("UNAVAILABLE", { key: name, detail: said });
  const { code, advice, retryable } = meaning;
  return new StoreError(code, {
    key: name,
    detail: advice === undefined ? said : `${said}; ${advice}`,
    retryable,
  });
}

/** What a failure of a call to rclone is to be told as. */
export function classify(error: unknown, name: string | undefined): unknown {
  if (StoreError.is(error)) {
    error.key ??= name;
    return error;
  }
  const { code } = (error ?? {}) as { readonly code?: unknown };
  // A request that was written to after its end has ended for a reason, which is not told.
  const isOfSocket = isSocketErrorCode(code) || (typeof code === "string" && code.startsWith("ERR_STREAM_"));
  return isOfSocket ? socketError("rclone", error, name) : error;
}

/**
 * What may look like a reason and is none: what stands in quotes, addresses, hosts with their ports, and paths. Each
 * begins where a word does, and with a limit: long texts would take a time that grows with the square.
 */
const noReason =
  /"[^"]*"|(?<![\w.+-])[a-z][a-z0-9+.-]{0,20}:\/\/\S+|\[[0-9a-f:]{2,45}\]:\d+|(?<![\w.-])[\w.-]{1,255}:\d+|(?<![\w.])\/\S*/gi;

function reasonOf(text: string): string {
  return text.replaceAll(noReason, " ");
}
