import { createHash, createHmac } from "node:crypto";
import type { S3Credentials } from "./embedded-s3.ts";
import type { HeaderList } from "./header-list.ts";

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=/;

function sha256(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Sets a signature (AWS Signature Version 4) of the same time for headers that are no longer those once signed. */
export function signAnew(method: string, url: string, headers: HeaderList, key: S3Credentials): void {
  const [, scope, names] = authorizationPattern.exec(headers.get("authorization") ?? "") ?? [];
  if (scope === undefined || names === undefined) return;
  const signed = names.split(";").filter((name) => headers.get(name) !== undefined);
  const lines = signed.map((name) => `${name}:${(headers.get(name) ?? "").trim().replaceAll(/ +/g, " ")}\n`);
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  const parameters = query.split("&").filter((parameter) => parameter !== "");
  const canonicalQuery = parameters
    .map((parameter) => (parameter.includes("=") ? parameter : `${parameter}=`))
    .sort()
    .join("&");
  const bodyHash = headers.get("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  const canonical = [method, path, canonicalQuery, lines.join(""), signed.join(";"), bodyHash].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", headers.get("x-amz-date") ?? "", scope, sha256(canonical)].join("\n");
  const signingKey = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${key.secretAccessKey}`);
  const signature = hmac(signingKey, toSign).toString("hex");
  const credential = `${key.accessKeyId}/${scope}`;
  headers.set(
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed.join(";")}, Signature=${signature}`,
  );
}

/** Whether a header that the request has signed differs from what it was. */
export function signedHeadersDiffer(before: HeaderList, after: HeaderList): boolean {
  const names = authorizationPattern.exec(before.get("authorization") ?? "")?.[2] ?? "";
  return names.split(";").some((name) => before.get(name) !== after.get(name));
}
