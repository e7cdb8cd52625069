import { raceAbort, refuseOption, StoreError } from "@borgstore/core";
import { isLine, isRecord } from "./text-checks.ts";
import type { S3Place } from "./url.ts";

/** What requests are signed with. */
export interface S3Credentials {
  readonly accessKeyId: string;
  /** Secret. */
  readonly secretAccessKey: string;
  /** Secret, and there with temporary credentials only. */
  readonly sessionToken?: string | undefined;
  /** When temporary credentials end. Of use from a function only, which is then asked again in time. */
  readonly expiration?: Date | undefined;
}

/** {@link S3Credentials} as the SDK's types want them. */
export type SdkCredentials = {
  readonly [Part in keyof S3Credentials]: Exclude<S3Credentials[Part], undefined>;
};

/** What may be given for credentials. */
export type CredentialsOption = S3Credentials | (() => Promise<S3Credentials>) | undefined;

/** @throws StoreError `INVALID_ARGUMENT`; no message repeats a secret. */
export function mustBeCredentials(credentials: CredentialsOption): void {
  if (credentials === undefined || typeof credentials === "function") return;
  if (!isRecord(credentials)) refuseOption("credentials is an object or a function");
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const texts = [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])];
  if (!texts.every(isLine)) {
    refuseOption(
      "credentials has accessKeyId, secretAccessKey and maybe sessionToken, texts that are not empty and have no blanks at their ends",
    );
  }
}

/** Copied, so that later changes of the caller's object do nothing. */
export function credentialsOf(
  given: CredentialsOption,
  place: S3Place,
): (() => Promise<SdkCredentials>) | undefined {
  if (typeof given === "function") return () => ask(given);
  const source = given ?? place;
  const { accessKeyId, secretAccessKey } = source;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = given?.sessionToken;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  return async () => await Promise.resolve(credentials);
}

/** The SDK asks once at a time and waits without a limit, and all requests with it. */
const longestAskMs = 60_000;

async function ask(given: () => Promise<S3Credentials>): Promise<SdkCredentials> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const detail = `the function for credentials has not answered within ${longestAskMs} ms`;
    controller.abort(new StoreError("TIMEOUT", { detail, unsent: true }));
  }, longestAskMs);
  try {
    // The SDK knows no difference between undefined and missing, only its types do.
    return (await raceAbort(given(), controller.signal)) as SdkCredentials;
  } catch (cause) {
    if (controller.signal.aborted) throw controller.signal.reason;
    throw new StoreError("UNAUTHENTICATED", {
      detail: "the function for credentials failed",
      unsent: true,
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}
