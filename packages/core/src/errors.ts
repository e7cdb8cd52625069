/** Stable error codes: the part of an error that programs may branch on. Messages may change, codes do not. */
export type StoreErrorCode =
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "NOT_EMPTY"
  | "IS_DIRECTORY"
  | "NOT_A_DIRECTORY"
  | "BACKEND_NOT_FOUND"
  | "BACKEND_EXISTS"
  | "NOT_OPEN"
  | "ALREADY_OPEN"
  | "INVALID_NAME"
  | "INVALID_ARGUMENT"
  | "INVALID_URL"
  | "NO_NAMESPACE"
  | "RANGE"
  | "PERMISSION_DENIED"
  | "UNAUTHENTICATED"
  | "HOST_KEY"
  | "QUOTA_EXCEEDED"
  | "NO_SPACE"
  | "INTEGRITY"
  | "UNSUPPORTED"
  | "ARCHIVED"
  | "CLOCK_SKEW"
  | "RATE_LIMITED"
  | "TIMEOUT"
  | "CONNECTION"
  | "UNAVAILABLE"
  | "UNEXPECTED";

/** What one error code means, for every part of the house that has to translate it. */
export interface ErrorCodeInfo {
  /** One phrase in lower case; the default message starts with it. */
  readonly meaning: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** HTTP status, as the reference's REST protocol (version 1) has it where it has one. */
  readonly httpStatus: number;
  /** Exit code of a command that ends with this error. */
  readonly exitCode: number;
}

function permanent(meaning: string, httpStatus: number, exitCode: number): ErrorCodeInfo {
  return Object.freeze({ meaning, retryable: false, httpStatus, exitCode });
}

function transient(meaning: string, httpStatus: number): ErrorCodeInfo {
  return Object.freeze({ meaning, retryable: true, httpStatus, exitCode: 11 });
}

/** The one table of codes. Servers, clients and commands read it; nobody keeps a mapping of their own. */
export const errorCodes: Readonly<Record<StoreErrorCode, ErrorCodeInfo>> = Object.freeze({
  NOT_FOUND: permanent("no object under this name", 404, 3),
  ALREADY_EXISTS: permanent("something exists under this name already", 409, 3),
  NOT_EMPTY: permanent("the directory is not empty", 409, 3),
  IS_DIRECTORY: permanent("this name is a directory, not an object", 409, 3),
  NOT_A_DIRECTORY: permanent("this name, or a part of it, is an object, not a directory", 409, 3),
  BACKEND_NOT_FOUND: permanent("the storage does not exist; create it first", 410, 4),
  BACKEND_EXISTS: permanent("the storage exists already", 409, 4),
  NOT_OPEN: permanent("the backend is not open", 412, 5),
  ALREADY_OPEN: permanent("the backend is open already", 412, 5),
  INVALID_NAME: permanent("not a valid name", 400, 2),
  INVALID_ARGUMENT: permanent("not a valid argument", 400, 2),
  INVALID_URL: permanent("not a valid storage URL", 400, 2),
  NO_NAMESPACE: permanent("no configured namespace holds this name", 400, 2),
  RANGE: permanent("the requested bytes are not all there", 416, 6),
  PERMISSION_DENIED: permanent("permission denied", 403, 7),
  UNAUTHENTICATED: permanent("the credentials were refused", 401, 7),
  HOST_KEY: permanent("the server's host key is unknown or has changed", 401, 7),
  QUOTA_EXCEEDED: permanent("the quota does not allow this", 507, 8),
  NO_SPACE: permanent("no space left on the medium", 507, 8),
  INTEGRITY: permanent("the content is not what it should be", 422, 9),
  UNSUPPORTED: permanent("this backend cannot do that", 501, 10),
  ARCHIVED: permanent("the object is in cold storage and must be restored first", 409, 10),
  CLOCK_SKEW: permanent("the clocks of client and server differ too much", 403, 7),
  RATE_LIMITED: transient("the service asks to slow down", 429),
  TIMEOUT: transient("no answer in time", 504),
  CONNECTION: transient("the connection failed", 503),
  UNAVAILABLE: transient("the service is not available", 503),
  UNEXPECTED: permanent("unexpected failure", 500, 1),
});

/** What is known about the circumstances of a failure. */
export interface StoreErrorContext {
  /** Says more than the code's own meaning: what was tried, what to do. Must not hold a secret. */
  readonly detail?: string | undefined;
  /** Name of the backend, as in `Backend.name`. */
  readonly backend?: string | undefined;
  /** The operation that failed, as its method is called: `"load"`, `"softDelete"`, … */
  readonly operation?: string | undefined;
  /** The name of the object or directory concerned. */
  readonly key?: string | undefined;
  /** Overrides the code's default retryability. */
  readonly retryable?: boolean | undefined;
  /**
   * The operation surely has not begun: nothing of it was sent to the medium, for example because no connection could
   * be made. A repeated call then does not take what it finds for the work of this one.
   *
   * @default false
   */
  readonly unsent?: boolean | undefined;
  /** The lower-level error, kept as it is. */
  readonly cause?: unknown;
}

const brand = Symbol.for("@borgstore/core/StoreError");

/**
 * The only error class that backends, layers and stores throw, except for aborts (which reject with
 * `signal.reason`). Recognise it with {@link StoreError.is}, which also works across two installed copies of
 * this package.
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** Whether the same call may succeed later. Set to `false` by the retry layer when it gives up. */
  retryable: boolean;
  /** Whether the operation surely has not begun: nothing of it was sent to the medium. */
  readonly unsent: boolean;
  backend: string | undefined;
  operation: string | undefined;
  key: string | undefined;

  constructor(code: StoreErrorCode, context: StoreErrorContext = {}) {
    const { meaning, retryable } = errorCodes[code];
    const about = context.key === undefined ? "" : `: ${JSON.stringify(context.key)}`;
    const detail = context.detail === undefined ? "" : ` (${context.detail})`;
    super(`${meaning}${about}${detail}`, "cause" in context ? { cause: context.cause } : undefined);
    this.name = "StoreError";
    this.code = code;
    this.retryable = context.retryable ?? retryable;
    this.unsent = context.unsent ?? false;
    this.backend = context.backend;
    this.operation = context.operation;
    this.key = context.key;
  }

  /**
   * Whether `value` is a StoreError, and if `code` is given, one with that code. Decides by a symbol on the
   * prototype, so errors of another installed copy of this package count too.
   */
  static is(value: unknown, code?: StoreErrorCode): value is StoreError {
    return (
      typeof value === "object" &&
      value !== null &&
      (value as Record<symbol, unknown>)[brand] === true &&
      (code === undefined || (value as StoreError).code === code)
    );
  }
}

// isolatedDeclarations forbids a computed symbol as a class member.
Object.defineProperty(StoreError.prototype, brand, { value: true });

/** Fills in what the place that threw `error` could not know. What is set already stays. Returns `error`. */
export function annotateError(
  error: StoreError,
  context: Pick<StoreErrorContext, "backend" | "operation" | "key">,
): StoreError {
  error.backend ??= context.backend;
  error.operation ??= context.operation;
  error.key ??= context.key;
  return error;
}
