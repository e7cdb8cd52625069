import type * as ClientS3 from "@aws-sdk/client-s3";

/** The SDK's client package, as it is after the lazy import. */
export type Sdk = typeof ClientS3;

let loading: Promise<Sdk> | undefined;

/** Loads the SDK at the first use: it takes a good part of a second, which nobody pays who only imports this package. */
export function loadSdk(): Promise<Sdk> {
  loading ??= import("@aws-sdk/client-s3");
  return loading;
}
