import { expect, test } from "vitest";
import { requestTarget } from "./request-target.ts";
import { operationOf } from "./s3-operation.ts";

test.each([
  ["GET", "/", "ListBuckets"],
  ["HEAD", "/b", "HeadBucket"],
  ["HEAD", "/b/", "HeadBucket"],
  ["PUT", "/b", "CreateBucket"],
  ["DELETE", "/b", "DeleteBucket"],
  ["GET", "/b?location", "GetBucketLocation"],
  ["GET", "/b?versioning=", "GetBucketVersioning"],
  ["PUT", "/b?versioning", "PutBucketVersioning"],
  ["GET", "/b?object-lock", "GetObjectLockConfiguration"],
  ["GET", "/b?lifecycle", "Other"],
  ["GET", "/b", "ListObjects"],
  ["GET", "/b?prefix=uploads", "ListObjects"],
  ["GET", "/b/?list-type=2&prefix=a", "ListObjectsV2"],
  ["GET", "/b?versions", "ListObjectVersions"],
  ["GET", "/b?uploads", "ListMultipartUploads"],
  ["POST", "/b?delete", "DeleteObjects"],
  ["GET", "/b/k/k", "GetObject"],
  ["GET", "/b/k?attributes", "GetObjectAttributes"],
  ["GET", "/b/k?tagging", "Other"],
  ["HEAD", "/b/k", "HeadObject"],
  ["PUT", "/b/k?x-id=PutObject", "PutObject"],
  ["PUT", "/b/k?tagging", "Other"],
  ["DELETE", "/b/k", "DeleteObject"],
  ["POST", "/b/k?uploads", "CreateMultipartUpload"],
  ["PUT", "/b/k?partNumber=1&uploadId=2", "UploadPart"],
  ["GET", "/b/k?uploadId=2", "ListParts"],
  ["POST", "/b/k?uploadId=2", "CompleteMultipartUpload"],
  ["DELETE", "/b/k?uploadId=2", "AbortMultipartUpload"],
  ["PATCH", "/b/k", "Other"],
])("%s %s is %s", (method, url, operation) => {
  expect(operationOf({ ...requestTarget(url), method, headers: {} })).toBe(operation);
});

test("a source makes it a copy", () => {
  const request = { method: "PUT", bucket: "b", key: "k", headers: { "x-amz-copy-source": "b/a" } };
  expect(operationOf({ ...request, query: {} })).toBe("CopyObject");
  expect(operationOf({ ...request, query: { uploadId: "1", partNumber: "1" } })).toBe("UploadPartCopy");
});
