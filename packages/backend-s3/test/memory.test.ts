import { fullScope } from "@borgstore/tools-peers";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MiB = 1024 * 1024;
const length = 512 * MiB;
const mostMiB = 200;
const built = new URL("../dist/index.js", import.meta.url);

/** Swallows what is stored, and has zeros for whoever loads; holds nothing. */
const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
let storedBytes = 0;
let loadedBytes = 0;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
  if (request.method === "GET" && pathname.endsWith("/value")) {
    await sendZeros(response);
    return;
  }
  for await (const piece of request) storedBytes += (piece as Buffer).length;
  const body = searchParams.has("uploads")
    ? "<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>"
    : searchParams.has("list-type")
      ? "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>store/</Key></Contents></ListBucketResult>"
      : request.method === "POST"
        ? '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>'
        : "";
  response.writeHead(200, { "Content-Type": "application/xml", ETag: '"part"' }).end(body);
}

async function sendZeros(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "Content-Length": String(length), ETag: '"value"' });
  const zeros = Buffer.alloc(MiB);
  for (let at = 0; at < length; at += MiB) {
    loadedBytes += MiB;
    if (!response.write(zeros)) await once(response, "drain");
  }
  response.end();
}

/** Runs a program in a process of its own; returns what it writes as JSON. */
async function resultOf(work: string): Promise<unknown> {
  expect(existsSync(built)).toBe(true);
  const { port } = server.address() as AddressInfo;
  const program = `
    import { s3Backend } from ${JSON.stringify(built.href)};
    const backend = s3Backend({
      bucket: "bucket",
      prefix: "store",
      endpoint: "http://127.0.0.1:${port}",
      region: "us-east-1",
      credentials: { accessKeyId: "key", secretAccessKey: "secret" },
    });
    await backend.open();
    let bytes = 0;
    ${work}
    await backend.close();
    const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
    console.log(JSON.stringify({ bytes, peakMiB }));`;
  const args = ["--no-warnings", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: {} });
  return JSON.parse(stdout) as unknown;
}

const full = fullScope("the limit is that of the parts in flight");

describe.skipIf(full.isLeftOut)(`512 MiB in pieces${full.tag}`, () => {
  const littleMemory = {
    bytes: length,
    peakMiB: expect.toSatisfy((peak: number) => peak < mostMiB) as unknown,
  };

  test("are stored with little memory", async () => {
    const result = await resultOf(`
      async function* source() {
        const piece = new Uint8Array(1_000_003);
        while (bytes < ${length}) {
          const part = piece.subarray(0, ${length} - bytes);
          bytes += part.byteLength;
          yield part;
        }
      }
      await backend.storeStream("value", source());`);
    expect(result).toEqual(littleMemory);
    expect(storedBytes).toBeGreaterThanOrEqual(length);
  });

  test("are loaded with little memory", async () => {
    const result = await resultOf(`
      for await (const piece of backend.loadStream("value")) bytes += piece.byteLength;`);
    expect(result).toEqual(littleMemory);
    expect(loadedBytes).toBe(length);
  });
});
