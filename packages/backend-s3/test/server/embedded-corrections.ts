import type { buildApp } from "fauxqs";
import type { IncomingHttpHeaders } from "node:http";
import { pageOf } from "./embedded-listing.ts";
import { errorDocument } from "./error-document.ts";
import { requestTarget, type RequestTarget } from "./request-target.ts";
import { operationOf, type S3Operation } from "./s3-operation.ts";
import { fromXml, toXml } from "./xml-text.ts";

/** The server of fauxqs. */
type App = ReturnType<typeof buildApp>;

interface Answer {
  readonly status: number;
  readonly xml: string;
}

/** The longest body, of an object or a part; 11 MiB without this. */
const bodyLimit = 64 * 1024 * 1024;
/** Marks what the corrections themselves ask the server. */
const inner = "x-corrections";

/** What fauxqs carries out; it takes all else for one of these, and writes a tag over the object that it is for. */
const known: ReadonlySet<S3Operation> = new Set<S3Operation>([
  ...(["AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateBucket"] as const),
  ...(["CreateMultipartUpload", "DeleteBucket", "DeleteObject", "DeleteObjects", "GetObject"] as const),
  ...(["HeadBucket", "HeadObject", "ListBuckets", "ListObjects", "ListObjectsV2", "PutObject"] as const),
  "UploadPart",
]);

/** Has an instance of fauxqs that does not listen yet do some things as S3 does. */
export function correct(app: App): void {
  app.removeContentTypeParser("*");
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, done) => done(null, body));

  app.setErrorHandler((error: { readonly code?: string }, _request, reply) => {
    const code = error.code === "FST_ERR_CTP_BODY_TOO_LARGE" ? "EntityTooLarge" : "InternalError";
    const status = code === "InternalError" ? 500 : 400;
    return reply.status(status).type("application/xml").send(errorDocument(code));
  });

  app.addHook("onRequest", async (request, reply) => {
    const { method = "", url = "", headers } = request.raw;
    if (inner in headers) return undefined;
    const target = requestTarget(url);
    const operation = operationOf({ ...target, method, headers });
    if (operation === "GetObject") await correctRange(app, target, headers);
    const answer = known.has(operation) ? undefined : { status: 501, xml: errorDocument("NotImplemented") };
    const { status, xml } = answer ?? (operation === "ListObjectsV2" ? await list(app, target) : {});
    if (status === undefined) return undefined;
    return await reply.status(status).type("application/xml").send(xml);
  });
}

/** What fauxqs says of objects, by key, without the key; or with what it refuses to. */
async function contentsOf(app: App, bucket: string, prefix: string): Promise<Map<string, string> | Answer> {
  const query = { "list-type": "2", prefix, "max-keys": String(2 ** 31) };
  const asked = { method: "GET", url: `/${bucket}`, query, headers: { [inner]: "" } } as const;
  const { statusCode, payload } = await app.inject(asked);
  if (statusCode !== 200) return { status: statusCode, xml: payload };
  const contents = new Map<string, string>();
  for (const [, key = "", rest = ""] of payload.matchAll(/<Contents><Key>(.*?)<\/Key>(.*?)<\/Contents>/gs))
    contents.set(fromXml(key), rest);
  return contents;
}

/** Asks for the whole object instead of for more than it has, from its end. */
async function correctRange(
  app: App,
  { bucket, key }: RequestTarget,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const [, bytes] = /^bytes=-(\d+)$/.exec(headers.range ?? "") ?? [];
  if (bytes === undefined) return;
  const contents = await contentsOf(app, bucket, key);
  const [, size] = (contents instanceof Map && /<Size>(\d+)/.exec(contents.get(key) ?? "")) || [];
  if (Number(bytes) > Number(size)) headers.range = "bytes=0-";
}

/** A page in the order of bytes, from all that fauxqs has. */
async function list(app: App, { bucket, query }: RequestTarget): Promise<Answer> {
  const { prefix = "", delimiter = "", "continuation-token": token } = query;
  const contents = await contentsOf(app, bucket, prefix);
  if (!(contents instanceof Map)) return contents;
  const maxKeys = Math.min(Number(query["max-keys"] ?? 1000), 1000);
  const after = token === undefined ? (query["start-after"] ?? "") : Buffer.from(token, "base64").toString();
  const { entries, isTruncated } = pageOf([...contents.keys()], { prefix, delimiter, maxKeys, after });
  const isEncoded = query["encoding-type"] === "url";
  const encode = (name: string): string => toXml(isEncoded ? encodeURIComponent(name) : name);
  const next = Buffer.from(entries.at(-1)?.name ?? "").toString("base64");
  const xml = [
    `<?xml version="1.0" encoding="UTF-8"?>\n`,
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${toXml(bucket)}</Name>`,
    `<Prefix>${encode(prefix)}</Prefix><KeyCount>${entries.length}</KeyCount><MaxKeys>${maxKeys}</MaxKeys>`,
    `<IsTruncated>${isTruncated}</IsTruncated>`,
    isEncoded ? "<EncodingType>url</EncodingType>" : "",
    delimiter === "" ? "" : `<Delimiter>${encode(delimiter)}</Delimiter>`,
    token === undefined ? "" : `<ContinuationToken>${toXml(token)}</ContinuationToken>`,
    isTruncated ? `<NextContinuationToken>${next}</NextContinuationToken>` : "",
    ...entries.map(({ name, isPrefix }) =>
      isPrefix
        ? `<CommonPrefixes><Prefix>${encode(name)}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${encode(name)}</Key>${contents.get(name) ?? ""}</Contents>`,
    ),
    `</ListBucketResult>`,
  ].join("");
  return { status: 200, xml };
}
