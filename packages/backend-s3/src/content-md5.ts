import type { S3Client } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";

interface Headers {
  [name: string]: string;
}

/**
 * Gives bulk deletions the header `Content-MD5`, which the protocol demands of them, instead of the checksum that the
 * SDK has put in its place and that services other than AWS refuse or ignore.
 */
export function addContentMd5(stack: S3Client["middlewareStack"]): void {
  stack.add(
    (next, context) => (args) => {
      if (context["commandName"] === "DeleteObjectsCommand") {
        const { request } = args as { request?: { headers?: Headers; body?: unknown } };
        if (request?.headers !== undefined) replaceChecksum(request.headers, request.body);
      }
      return next(args);
    },
    { name: "borgstoreContentMd5", step: "build", priority: "low", override: true },
  );
}

function replaceChecksum(headers: Headers, body: unknown): void {
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return;
  for (const name of Object.keys(headers)) {
    if (/^x-amz-(?:checksum-|sdk-checksum-)/i.test(name)) delete headers[name];
  }
  headers["content-md5"] = createHash("md5").update(body).digest("base64");
}
