/** Requests of S3, as its reference names them; `"Other"` is what the interceptor has no name for. */
export type S3Operation =
  | "AbortMultipartUpload"
  | "CompleteMultipartUpload"
  | "CopyObject"
  | "CreateBucket"
  | "CreateMultipartUpload"
  | "DeleteBucket"
  | "DeleteObject"
  | "DeleteObjects"
  | "GetBucketLocation"
  | "GetBucketVersioning"
  | "GetObject"
  | "GetObjectAttributes"
  | "GetObjectLockConfiguration"
  | "HeadBucket"
  | "HeadObject"
  | "ListBuckets"
  | "ListMultipartUploads"
  | "ListObjectVersions"
  | "ListObjects"
  | "ListObjectsV2"
  | "ListParts"
  | "PutBucketVersioning"
  | "PutObject"
  | "UploadPart"
  | "UploadPartCopy"
  | "Other";

/** What tells operations apart. */
export interface RequestShape {
  readonly method: string;
  /** Empty for requests about no bucket. */
  readonly bucket: string;
  /** Empty for requests about no object. */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** By lower-case name; only which there are matters. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Parameters that name what else than a bucket or an object itself the request is about. */
const subresources =
  `accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold
  lifecycle location logging metrics notification object-lock ownershipControls policy policyStatus
  publicAccessBlock replication requestPayment restore retention select tagging torrent uploadId
  uploads versioning versions website`.split(/\s+/);

/** By method, whether it is about an object, and subresource. */
const names: Readonly<Record<string, S3Operation>> = {
  "DELETE bucket": "DeleteBucket",
  "DELETE object": "DeleteObject",
  "DELETE object uploadId": "AbortMultipartUpload",
  "GET bucket": "ListObjects",
  "GET bucket location": "GetBucketLocation",
  "GET bucket object-lock": "GetObjectLockConfiguration",
  "GET bucket uploads": "ListMultipartUploads",
  "GET bucket versioning": "GetBucketVersioning",
  "GET bucket versions": "ListObjectVersions",
  "GET object": "GetObject",
  "GET object attributes": "GetObjectAttributes",
  "GET object uploadId": "ListParts",
  "GET service": "ListBuckets",
  "HEAD bucket": "HeadBucket",
  "HEAD object": "HeadObject",
  "POST bucket delete": "DeleteObjects",
  "POST object uploadId": "CompleteMultipartUpload",
  "POST object uploads": "CreateMultipartUpload",
  "PUT bucket": "CreateBucket",
  "PUT bucket versioning": "PutBucketVersioning",
  "PUT object": "PutObject",
  "PUT object uploadId": "UploadPart",
};

/** Which operation of S3 a request is. */
export function operationOf({ method, bucket, key, query, headers }: RequestShape): S3Operation {
  const target = bucket === "" ? "service" : key === "" ? "bucket" : "object";
  const found = subresources.filter((name) => name in query);
  const name = names[[method, target, ...found].join(" ")] ?? "Other";
  if (name === "ListObjects" && query["list-type"] === "2") return "ListObjectsV2";
  if ("x-amz-copy-source" in headers) {
    if (name === "PutObject") return "CopyObject";
    if (name === "UploadPart") return "UploadPartCopy";
  }
  return name;
}
