import { Agent, request, type IncomingMessage } from "node:http";
import { posix } from "node:path";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import { remoteOf, type RclonePlace } from "./rclone-place.ts";

/** Subtrees that are listed at a time. */
const treesAtATime = 4;

const boundary = "bare-5ec5a36b-52d5-4a4f-9d5a-0b54ccd6cb0b";
const formEnd = Buffer.from(`\r\n--${boundary}--\r\n`);

const group = { _group: "borgstore" };
const uploadConfig = { Inplace: true, IgnoreChecksum: true, SizeOnly: true };
const moveConfig = { NoCheckDest: true, IgnoreTimes: true };

interface Answer {
  readonly length: number;
  readonly body: Uint8Array;
}

/** The HTTP calls to rclone by hand: over connections that are kept, without limits of time, and no error is understood. */
class BareClient {
  readonly #place: RclonePlace;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(place: RclonePlace) {
    this.#place = place;
  }

  send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string | number>>,
    body: readonly Uint8Array[],
  ): Promise<Answer> {
    const { port, authorization } = this.#place;
    return new Promise((resolve, reject) => {
      const sent = request({
        host: "127.0.0.1",
        port,
        agent: this.#agent,
        method,
        path,
        headers: { authorization, ...headers },
      });
      sent.on("error", reject);
      sent.on("response", (answer) => read(answer, resolve, reject));
      for (const piece of body.slice(0, -1)) sent.write(piece);
      sent.end(body.at(-1));
    });
  }

  /** A method with parameters; its answer as text. */
  async post(method: string, parameters: object): Promise<string> {
    const body = Buffer.from(JSON.stringify(parameters));
    const headers = { "content-type": "application/json", "content-length": body.byteLength };
    const answer = await this.send("POST", `/operations/${method}`, headers, [body]);
    return Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength).toString();
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Reads a whole answer into memory of its own. */
function read(
  answer: IncomingMessage,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  if (answer.statusCode !== 200) reject(new Error(`rclone answers with ${answer.statusCode}`));
  const length = Number(answer.headers["content-length"] ?? 0);
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => chunks.push(chunk));
  answer.on("error", reject);
  answer.on("end", () => resolve({ length, body: Buffer.concat(chunks) }));
}

/**
 * The bound that ratios refer to: the calls that our backend makes, sent by Node's own client to the same process of
 * rclone. A store is an upload to a temporary name, a look at its length, and a move.
 */
export function bareHttp(place: RclonePlace): Subject {
  return asyncSubject("bare HTTP", async (directory) => {
    const client = new BareClient(place);
    const fs = remoteOf(directory);
    const post = (method: string, parameters: object): Promise<string> =>
      client.post(method, { fs, ...parameters, ...group });
    await post("mkdir", { remote: "" });
    const files = `/[${encodeURIComponent(fs).replaceAll("%2F", "/")}]/`;
    return {
      store: (key, value) => storeBare(client, fs, files, nameOf(key), value),
      load: async (key) => (await client.send("GET", files + nameOf(key), {}, [])).body,
      info: async (key) => {
        const opt = { filesOnly: true, noMimeType: true };
        const answer = JSON.parse(await post("stat", { remote: nameOf(key), opt })) as StatAnswer;
        return { size: answer.item.Size };
      },
      delete: (key) => post("deletefile", { remote: nameOf(key) }),
      list: () => listBare((parameters) => post("list", parameters)),
      close: () => {
        client.close();
        return Promise.resolve();
      },
    };
  });
}

const nameOf = (key: string): string => `data/${nestKey(key)}`;

interface StatAnswer {
  readonly item: { readonly Size: number };
}

let tempFiles = 0;

async function storeBare(
  client: BareClient,
  fs: string,
  files: string,
  name: string,
  value: Uint8Array,
): Promise<void> {
  const directory = posix.dirname(name);
  const temp = `${tempFiles++}.tmp`;
  const start = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename*=UTF-8''${temp}\r\n` +
      "Content-Type: application/octet-stream\r\n\r\n",
  );
  const query = new URLSearchParams({
    fs,
    remote: directory,
    ...group,
    _config: JSON.stringify(uploadConfig),
  });
  const length = start.byteLength + value.byteLength + formEnd.byteLength;
  const headers = {
    "content-type": `multipart/form-data; boundary=${boundary}`,
    "content-length": length,
  };
  // One write for what is small.
  const body = length < 128 * 1024 ? [Buffer.concat([start, value, formEnd])] : [start, value, formEnd];
  await client.send("POST", `/operations/uploadfile?${query.toString()}`, headers, body);
  const stored = await client.send("HEAD", `${files}${directory}/${temp}`, {}, []);
  if (stored.length !== value.byteLength) throw new Error(`${stored.length} bytes were stored`);
  const ends = { srcFs: fs, srcRemote: `${directory}/${temp}`, dstFs: fs, dstRemote: name };
  await client.post("movefile", { ...ends, _config: moveConfig, ...group });
}

interface ListAnswer {
  readonly list: readonly { readonly Name: string }[];
}

/** Lists the directory, then each of its subtrees, a few at a time. */
async function listBare(post: (parameters: object) => Promise<string>): Promise<number> {
  const list = async (remote: string, opt: object): Promise<ListAnswer["list"]> => {
    const text = await post({ remote, opt: { noMimeType: true, ...opt } });
    return (JSON.parse(text) as ListAnswer).list;
  };
  const trees = (await list("data", {})).map(({ Name: name }) => `data/${name}`);
  let found = 0;
  const listOn = async (): Promise<void> => {
    for (let tree = trees.shift(); tree !== undefined; tree = trees.shift()) {
      const entries = await list(tree, { recurse: true, filesOnly: true });
      found += entries.length;
    }
  };
  await Promise.all(Array.from({ length: treesAtATime }, listOn));
  return found;
}
