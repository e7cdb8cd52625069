import {
  socketError,
  socketErrorMeanings,
  StoreError,
  type StoreErrorCode,
  isSocketErrorCode,
} from "@borgstore/core";

interface Meaning {
  readonly code: StoreErrorCode;
  readonly detail?: string | undefined;
  readonly retryable?: boolean | undefined;
}

const wrongCredentials: Meaning = {
  code: "UNAUTHENTICATED",
  detail: "the service does not accept the access key, the secret, or their session",
};
const noCredentials: Meaning = {
  code: "UNAUTHENTICATED",
  detail:
    "no credentials were found or they could not be loaded; give key:secret@ or profile@ in the URL, the credentials " +
    "option, or configure them for the AWS SDK (environment, profile, SSO, instance role)",
};
const denied: Meaning = {
  code: "PERMISSION_DENIED",
  detail:
    "by the service; wrong credentials look the same where the answer has no body, and a missing object does to whoever " +
    "may not list the bucket",
};
const missingBucket: Meaning = {
  code: "BACKEND_NOT_FOUND",
  detail: "there is no such bucket at this service; correct its name or make it, buckets are never made here",
};
const slowDown: Meaning = { code: "RATE_LIMITED" };
const unavailable: Meaning = { code: "UNAVAILABLE" };
const damaged: Meaning = {
  code: "INTEGRITY",
  detail: "what arrived at the service was not what was sent",
  retryable: true,
};
const skewed: Meaning = {
  code: "CLOCK_SKEW",
  detail: "set the clock of this machine; the service takes requests within 15 minutes of its own",
};

/**
 * What the error codes of services mean, one row each. Names, not messages: they are what services agree on.
 *
 * Source: "Error responses" of the Amazon S3 API reference, and what other services were seen to send.
 */
export const errorMeanings: Readonly<Record<string, Meaning>> = Object.freeze({
  NoSuchKey: { code: "NOT_FOUND" },
  NotFound: { code: "NOT_FOUND" },
  NoSuchBucket: missingBucket,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  AccountProblem: denied,
  InvalidPayer: denied,
  InvalidAccessKeyId: wrongCredentials,
  SignatureDoesNotMatch: wrongCredentials,
  ExpiredToken: wrongCredentials,
  ExpiredTokenException: wrongCredentials,
  InvalidToken: wrongCredentials,
  TokenRefreshRequired: wrongCredentials,
  InvalidSecurity: wrongCredentials,
  InvalidClientTokenId: wrongCredentials,
  UnrecognizedClientException: wrongCredentials,
  CredentialsProviderError: noCredentials,
  TokenProviderError: noCredentials,
  RequestTimeTooSkewed: skewed,
  RequestExpired: skewed,
  InvalidObjectState: { code: "ARCHIVED" },
  SlowDown: slowDown,
  SlowDownRead: slowDown,
  SlowDownWrite: slowDown,
  Throttling: slowDown,
  ThrottlingException: slowDown,
  ThrottledException: slowDown,
  RequestThrottled: slowDown,
  RequestThrottledException: slowDown,
  RequestLimitExceeded: slowDown,
  BandwidthLimitExceeded: slowDown,
  TooManyRequests: slowDown,
  TooManyRequestsException: slowDown,
  InternalError: unavailable,
  InternalFailure: unavailable,
  ServiceUnavailable: unavailable,
  ServiceFailure: unavailable,
  Busy: unavailable,
  // Somebody else changes the same name at this moment.
  OperationAborted: unavailable,
  ConditionalRequestConflict: unavailable,
  // The upload of parts that this one belongs to is gone: from the start again.
  NoSuchUpload: { code: "UNAVAILABLE", detail: "the multipart upload is no longer there" },
  RequestTimeout: { code: "TIMEOUT", detail: "the service has waited too long for the request's body" },
  IncompleteBody: { code: "CONNECTION", detail: "the request did not arrive whole" },
  QuotaExceeded: { code: "QUOTA_EXCEEDED", detail: "the quota of this user or bucket at the service" },
  XMinioStorageFull: { code: "NO_SPACE" },
  EntityTooLarge: { code: "INVALID_ARGUMENT", detail: "larger than the service takes" },
  KeyTooLongError: { code: "INVALID_NAME", detail: "longer than the service takes" },
  BadDigest: damaged,
  InvalidDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  InvalidStorageClass: { code: "INVALID_ARGUMENT", detail: "the service does not know this storage class" },
  NotImplemented: { code: "UNSUPPORTED", detail: "the service does not implement this request" },
  MethodNotAllowed: { code: "UNSUPPORTED", detail: "the service does not allow this request" },
});

const statusMeanings: Readonly<Record<number, Meaning>> = Object.freeze({
  401: wrongCredentials,
  403: denied,
  // A proxy whose server is away answers like this; the service would name what it does not find.
  404: { code: "UNAVAILABLE", detail: "this is not how an S3 service says that an object is missing" },
  405: { code: "UNSUPPORTED", detail: "the service does not allow this request" },
  408: { code: "TIMEOUT", detail: "the service has waited too long for the request" },
  409: unavailable,
  429: slowDown,
  501: { code: "UNSUPPORTED", detail: "the service does not implement this request" },
  507: { code: "NO_SPACE" },
});

/** Names of answers that say that the bucket is elsewhere. */
const redirects: ReadonlySet<string> = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "Redirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);

/** What is read of an error of the SDK; all of it may be missing. */
interface ServiceFailure {
  readonly name?: unknown;
  readonly Code?: unknown;
  readonly code?: unknown;
  readonly Region?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown } | undefined;
  readonly $response?:
    | { readonly statusCode?: unknown; readonly headers?: Readonly<Record<string, unknown>> }
    | undefined;
}

/** The error of the SDK, also behind the store's error that was made of it. */
function failureOf(error: unknown): ServiceFailure {
  const source = StoreError.is(error) ? error.cause : error;
  return typeof source === "object" && source !== null ? source : {};
}

/** The HTTP status of the answer that an error stands for; `undefined` when there was none. */
export function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = failureOf(error);
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** The error's name at the service. */
export function nameOf(error: unknown): string {
  const { name, Code } = failureOf(error);
  const text = typeof Code === "string" && Code !== "" ? Code : name;
  return typeof text === "string" ? text : "";
}

/** `NotFound` is what the SDK makes of an answer without a body. */
const namesOfMissing: ReadonlySet<string> = new Set(["NoSuchKey", "NotFound", "NoSuchVersion"]);

/** Whether the service said that there is no such object. A missing bucket is something else, where that can be told. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && namesOfMissing.has(nameOf(error));
}

/** Whether a condition of the request did not hold. */
export function isPreconditionFailed(error: unknown): boolean {
  return statusOf(error) === 412;
}

/** Whether there are no bytes in the range that was asked for. */
export function isRangeUnsatisfiable(error: unknown): boolean {
  return statusOf(error) === 416;
}

/** Whether the service does not know a request or a header of it. */
export function isNotImplemented(error: unknown): boolean {
  const status = statusOf(error);
  return status === 501 || status === 405 || nameOf(error) === "NotImplemented";
}

/** The store's error for one of the SDK, the service or the network. What is a `StoreError` already is returned as it is. */
export function classify(error: unknown, key?: string): StoreError {
  if (StoreError.is(error)) {
    forgetSecrets(error.cause);
    return error;
  }
  forgetSecrets(error);
  const name = nameOf(error);
  const status = statusOf(error);
  const meaning = meaningOf(error, name, status);
  const unsent = status === undefined && isUnsent(error);
  if (meaning === undefined)
    return new StoreError("UNEXPECTED", { key, detail: label(name, status), cause: error });
  const detail = [label(name, status), meaning.detail].filter((part) => part !== undefined).join(": ");
  return new StoreError(meaning.code, { key, detail, retryable: meaning.retryable, unsent, cause: error });
}

/** What is kept of a service's error. */
const partsToKeep: ReadonlySet<string> = new Set(
  (
    "name message stack cause errors code errno syscall address port hostname " +
    "Code Region RequestId HostId Key BucketName $fault $metadata $response $retryable"
  ).split(" "),
);

/**
 * Takes out of an error of the SDK, and of those that caused it, what may hold a secret: services repeat tokens and the headers of requests that they
 * refuse, and the answer's stream holds the request with all of its headers.
 */
function forgetSecrets(error: unknown): void {
  if (typeof error !== "object" || error === null || StoreError.is(error)) return;
  const { $response, cause } = error as { readonly $response?: { body?: unknown }; readonly cause?: unknown };
  forgetSecrets(cause);
  // Errors of the caller's own, such as those of its function for credentials, stay as they are.
  if (!("$metadata" in error) && !("$fault" in error) && $response === undefined) return;
  for (const part of Object.getOwnPropertyNames(error)) {
    if (!partsToKeep.has(part)) Reflect.deleteProperty(error, part);
  }
  if ($response !== undefined) $response.body = undefined;
}

/** The store's error for an error code alone, as bulk requests have it for single objects. */
export function classifyCode(code: string | undefined, key: string): StoreError {
  const meaning = code === undefined ? undefined : meaningOfName(code);
  const detail = [code, meaning?.detail].filter((part) => part !== undefined).join(": ");
  return new StoreError(meaning?.code ?? "UNEXPECTED", { key, detail, retryable: meaning?.retryable });
}

/** Names come from outside: only those of the table count, not what every object has. */
function meaningOfName(name: string): Meaning | undefined {
  return Object.hasOwn(errorMeanings, name) ? errorMeanings[name] : undefined;
}

function meaningOf(error: unknown, name: string, status: number | undefined): Meaning | undefined {
  if (redirects.has(name) || (status !== undefined && status >= 300 && status < 400 && status !== 304)) {
    return wrongRegion(error);
  }
  const named = meaningOfName(name);
  if (named !== undefined) return named;
  if (name.startsWith("KMS.")) return { code: "PERMISSION_DENIED", detail: "by the key management service" };
  if (status === undefined) return networkMeaning(error, name);
  // Without a body (HEAD) only a header tells that the bucket is elsewhere.
  if (status === 400 && bucketRegion(error) !== undefined) return wrongRegion(error);
  if (status >= 200 && status < 300) return notOfS3;
  return statusMeanings[status] ?? (status >= 500 ? unavailable : undefined);
}

const notOfS3: Meaning = {
  code: "UNEXPECTED",
  detail: "the answer is not that of an S3 service; check the endpoint",
};

/** The error for an answer that says that all went well, and is none that an S3 service gives. */
export function notFromS3(key: string | undefined): StoreError {
  return new StoreError(notOfS3.code, { key, detail: notOfS3.detail });
}

function wrongRegion(error: unknown): Meaning {
  const region = bucketRegion(error);
  const advice =
    region === undefined
      ? "give the region of the bucket"
      : `the bucket is in region ${JSON.stringify(region)}; give this region`;
  return {
    code: "INVALID_ARGUMENT",
    detail: `${advice} (option region, or AWS_REGION), and its endpoint when one is given`,
  };
}

function bucketRegion(error: unknown): string | undefined {
  const { Region, $response } = failureOf(error);
  const region = Region ?? $response?.headers?.["x-amz-bucket-region"];
  return typeof region === "string" && /^[a-z0-9-]{1,64}$/.test(region) ? region : undefined;
}

function networkMeaning(error: unknown, name: string): Meaning | undefined {
  const code = systemCode(error);
  // First, since the SDK gives resets the name of a timeout.
  const meaning = code === undefined ? undefined : socketErrorMeanings[code];
  if (meaning !== undefined) return meaning;
  if (name === "TimeoutError") return { code: "TIMEOUT", detail: "nothing came or went for too long" };
  return isSocketErrorCode(code) ? { code: "CONNECTION" } : undefined;
}

/** The code of the system or of Node's HTTP parser, also of the errors within one. */
function systemCode(error: unknown): string | undefined {
  const { code, errors } = failureOf(systemErrorOf(error));
  if (typeof code === "string") return code;
  return Array.isArray(errors) ? systemCode(errors[0]) : undefined;
}

/** The error with a code, or the one for several addresses of a host, that an error was made of. */
function systemErrorOf(error: unknown): unknown {
  const { code, cause, errors } = failureOf(error);
  if (typeof code === "string" || (Array.isArray(errors) && errors.length > 0)) return error;
  return cause === undefined ? undefined : systemErrorOf(cause);
}

/** Whether nothing can have been sent: no connection was made for it, or it could not be signed. */
function isUnsent(error: unknown): boolean {
  if (nameOf(error) === "CredentialsProviderError") return true;
  const source = systemErrorOf(error);
  return source !== undefined && socketError("the service", source).unsent;
}

function label(name: string, status: number | undefined): string | undefined {
  const isPlain = name === "" || name === "Error" || name === "Unknown" || name === "AggregateError";
  const parts = [isPlain ? undefined : name, status === undefined ? undefined : `status ${status}`];
  const text = parts.filter((part) => part !== undefined).join(", ");
  return text === "" ? undefined : text;
}
