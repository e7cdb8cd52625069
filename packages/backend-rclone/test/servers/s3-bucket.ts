import { escapeS3Key, s3Request, type Rgw, type S3Request } from "@borgstore/tools-peers";

const ofXml: Readonly<Record<string, string>> = { amp: "&", apos: "'", gt: ">", lt: "<", quot: '"' };

/** The text of all elements of a name, without children. */
function texts(xml: string, element: string): string[] {
  const found = xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"));
  return [...found].map(([, text = ""]) => text.replaceAll(/&(\w+);/g, (all, name) => ofXml[name] ?? all));
}

/** A bucket as the server has it. */
export class S3Bucket {
  readonly #server: Rgw;
  readonly #name: string;

  constructor(server: Rgw, name: string) {
    this.#server = server;
    this.#name = name;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    await this.#request({ method: "PUT", path: `/${escapeS3Key(key)}`, body });
  }

  /** All keys that begin with a prefix. */
  async keys(prefix: string): Promise<string[]> {
    const query = { "list-type": "2", "max-keys": "100", "encoding-type": "url", prefix };
    const keys: string[] = [];
    let token: string | undefined = "";
    while (token !== undefined) {
      const page = { ...query, ...(token !== "" && { "continuation-token": token }) };
      const answer = await this.#request({ method: "GET", path: "", query: page });
      keys.push(...texts(answer, "Key").map(decodeURIComponent));
      [token] = texts(answer, "NextContinuationToken");
    }
    return keys;
  }

  async #request(call: Pick<S3Request, "method" | "path" | "query" | "body">): Promise<string> {
    const { endpoint, credentials } = this.#server;
    const answer = await s3Request({ ...call, endpoint, credentials, path: `/${this.#name}${call.path}` });
    if (answer.status !== 200)
      throw new Error(`${call.method}: HTTP status ${answer.status}: ${answer.body}`);
    return answer.body;
  }
}
