import type { S3Operation } from "./s3-operation.ts";

/** A request that the interceptor got. It is recorded when its headers are there; the rest follows. */
export interface RecordedRequest {
  readonly operation: S3Operation;
  readonly method: string;
  /** As sent, still encoded, without the query. */
  readonly path: string;
  /** Empty for requests about no bucket. */
  readonly bucket: string;
  /** Decoded; empty for requests about no object. */
  readonly key: string;
  /** Decoded; a parameter without a value is `""`. */
  readonly query: Readonly<Record<string, string>>;
  /** By lower-case name, as sent by the client; without `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body that have come so far, as they were on the wire: aws-chunked ones with their frames. */
  readonly bodyLength: number;
  /** MD5 of those bytes, as the header Content-MD5 has it; `undefined` until the body is there as a whole. */
  readonly contentMd5: string | undefined;
  /** What the client was answered; `undefined` before it is, and when it is not. */
  readonly status: number | undefined;
}
