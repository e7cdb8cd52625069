import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import { buffer } from "node:stream/consumers";

/** A key of an S3 user. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** One request to an S3 server. */
export interface S3Request {
  /** `http://HOST:PORT`. */
  readonly endpoint: string;
  readonly method: "GET" | "PUT" | "DELETE";
  /** `/` or `/BUCKET` or `/BUCKET/KEY`, escaped as in a URL, see {@link escapeS3Key}; without a query. */
  readonly path: string;
  /** Parameters by name, unescaped. */
  readonly query?: Readonly<Record<string, string>>;
  /** Signs the request. Default: it stays anonymous. */
  readonly credentials?: S3Credentials;
  readonly body?: string | Uint8Array;
  /** Milliseconds until the answer must be complete. Default: 20 000. */
  readonly timeoutMs?: number;
}

/** What the server said. */
export interface S3Response {
  readonly status: number;
  readonly body: string;
}

const region = "us-east-1";

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** As signatures want it: all but letters, digits and `-._~`. */
function escape(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A key as it stands in a path, where its slashes stay. */
export function escapeS3Key(key: string): string {
  return key.split("/").map(escape).join("/");
}

/** Escaped and in order, without the question mark. */
function queryString({ query = {} }: S3Request): string {
  const pairs = Object.entries(query).map(([name, value]) => `${escape(name)}=${escape(value)}`);
  return pairs.sort().join("&");
}

/** The headers of AWS Signature Version 4, as of now. */
function sign(call: S3Request, key: S3Credentials): Record<string, string> {
  const { endpoint, method, path, body = "" } = call;
  // Like 20260131T235959Z.
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const date = time.slice(0, 8);
  const signed = {
    host: new URL(endpoint).host,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": time,
  };
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const names = Object.keys(signed).join(";");
  const content = signed["x-amz-content-sha256"];
  const canonical = [method, path, queryString(call), lines.join(""), names, content].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const signingKey = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${key.secretAccessKey}`);
  const signature = hmac(signingKey, toSign).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`;
  return { ...signed, authorization };
}

/**
 * Makes one request of S3 on a connection of its own. Every answer of the server is a result, also a refusal.
 *
 * @throws Error of Node when the server cannot be reached, breaks the connection, or takes too long (`TimeoutError`).
 */
export async function s3Request(call: S3Request): Promise<S3Response> {
  const { endpoint, method, credentials, body = "", timeoutMs = 20_000 } = call;
  const { hostname, port } = new URL(endpoint);
  const query = queryString(call);
  // Not as part of a URL, whose parser would take dots in a key for folders.
  const path = query === "" ? call.path : `${call.path}?${query}`;
  const headers = {
    ...(credentials && sign(call, credentials)),
    "content-length": Buffer.byteLength(body),
  };
  const signal = AbortSignal.timeout(timeoutMs);
  return await new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(signal.aborted ? signal.reason : error);
    const outgoing = request({ hostname, port, path, method, headers, signal, agent: false });
    outgoing.once("error", fail);
    outgoing.once("response", (incoming) => {
      const finish = (data: Buffer) =>
        resolve({ status: incoming.statusCode ?? 0, body: data.toString("utf8") });
      buffer(incoming).then(finish, fail);
    });
    outgoing.end(body);
  });
}
