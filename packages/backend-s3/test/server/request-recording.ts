import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Pieces } from "./body-faults.ts";
import { HeaderList } from "./header-list.ts";
import type { RecordedRequest } from "./recorded-request.ts";
import { requestTarget } from "./request-target.ts";
import { operationOf, type S3Operation } from "./s3-operation.ts";

/** Takes down one request while it comes. */
export class RequestRecording implements RecordedRequest {
  readonly operation: S3Operation;
  readonly method: string;
  readonly path: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  bodyLength = 0;
  contentMd5: string | undefined;
  status: number | undefined;

  constructor(incoming: IncomingMessage) {
    const { method = "", url = "", rawHeaders } = incoming;
    const { path, bucket, key, query } = requestTarget(url);
    const headers = new HeaderList(rawHeaders);
    headers.remove("authorization");
    this.method = method;
    this.path = path;
    this.bucket = bucket;
    this.key = key;
    this.query = query;
    this.headers = headers.all;
    this.operation = operationOf(this);
  }

  /** Takes down a body as it is read; reading it throws when the client leaves. */
  async *body(pieces: Pieces): AsyncGenerator<Buffer> {
    const hash = createHash("md5");
    for await (const piece of pieces) {
      this.bodyLength += piece.length;
      hash.update(piece);
      yield piece;
    }
    this.contentMd5 = hash.digest("base64");
  }
}
