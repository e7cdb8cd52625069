import type { Backend } from "@borgstore/core";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { rcloneBackend, type RcloneOptions } from "../../src/index.ts";
import { newDirectory, removeDirectory } from "../servers/new-directory.ts";
import { writeRcloneConf } from "../servers/rclone-conf.ts";

/** A request as an rclone gets it. */
export interface Asked {
  readonly method: string;
  /** `operations/stat`, or `GET` and `HEAD` of what is served. */
  readonly what: string;
  /** Those of JSON; of an upload what it stores. */
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** Answers a request in its own way; `false` leaves it to the rclone that is in order. */
export type Answering = (asked: Asked, response: http.ServerResponse) => boolean | void;

/** A remote that says of itself what one of a bucket says, or of a local directory. */
export type FakeKind = "bucket" | "local";

/** A server in this process that takes the part of an rclone, with one object, `x`, and a program that leads to it. */
export class FakeRcd {
  /** What `x` holds. */
  value: Buffer = Buffer.from("0123456789");
  answering: Answering = () => false;
  /** Answers uploads when they have hardly begun, and gives up the connection. */
  refusesUploads = false;
  readonly asked: string[] = [];
  readonly #server: http.Server;
  readonly #directory: string;
  readonly #kind: FakeKind;

  private constructor(kind: FakeKind) {
    this.#kind = kind;
    this.#directory = newDirectory();
    this.#server = http.createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  static async start(kind: FakeKind = "bucket"): Promise<FakeRcd> {
    const rcd = new FakeRcd(kind);
    rcd.#server.listen(0, "127.0.0.1");
    await once(rcd.#server, "listening");
    const { port } = rcd.#server.address() as AddressInfo;
    const notice = `NOTICE: Serving remote control on http://127.0.0.1:${port}/`;
    fs.writeFileSync(rcd.#program, `#!/bin/sh\necho "${notice}" >&2\nexec sleep 1000\n`, { mode: 0o755 });
    return rcd;
  }

  get #program(): string {
    return join(this.#directory, "fake-rclone");
  }

  /** A backend that runs it. */
  backend(options: RcloneOptions = {}): Backend {
    const configFile = writeRcloneConf(this.#directory);
    return rcloneBackend({ remote: "fake:bucket", configFile, rcloneProgram: this.#program, ...options });
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    removeDirectory(this.#directory);
    await Promise.resolve();
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    if (this.refusesUploads && url.includes("uploadfile")) {
      response.writeHead(500, { connection: "close" });
      response.end('{"error":"something is wrong"}', () => request.destroy());
      return;
    }
    const body = (await buffer(request)).toString("latin1");
    if (headers.authorization === undefined) {
      response.writeHead(401).end();
      return;
    }
    const path = url.slice(1).split("?")[0] ?? "";
    const asked: Asked = { method, what: method === "POST" ? path : method, body, headers };
    this.asked.push(asked.what);
    if (this.answering(asked, response) !== true) this.#answer(asked, response);
  }

  #answer({ what, body, headers }: Asked, response: http.ServerResponse): void {
    const json = (answer: unknown, status = 200): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    };
    const bytes = { "accept-ranges": "bytes", "content-type": "application/octet-stream" };
    const { value } = this;
    switch (what) {
      case "core/version":
        return json({ version: "v1.75.2", decomposed: [1, 75, 2] });
      case "config/listremotes":
        return json({ remotes: [] });
      case "operations/fsinfo":
        return json({ Features: featuresOf[this.#kind], Hashes: ["md5"] });
      case "operations/stat":
        return json({ item: { Name: "x", Path: "x", Size: value.byteLength, IsDir: false } });
      case "operations/list":
        return json({ list: [{ Name: "x", Path: "x", Size: value.byteLength, IsDir: false }] });
      case "operations/uploadfile":
        this.value = Buffer.from(/\r\n\r\n([^]*)\r\n--/.exec(body)?.[1] ?? "", "latin1");
        return json({});
      case "HEAD":
        response.writeHead(200, { ...bytes, "content-length": value.byteLength }).end();
        return;
      case "GET": {
        const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
        if (range === null) {
          response.writeHead(200, { ...bytes, "content-length": value.byteLength }).end(value);
          return;
        }
        const [start, last] = [Number(range[1]), range[2] === "" ? value.byteLength - 1 : Number(range[2])];
        const part = value.subarray(start, last + 1);
        response
          .writeHead(206, {
            ...bytes,
            "content-length": part.byteLength,
            "content-range": `bytes ${start}-${start + part.byteLength - 1}/${value.byteLength}`,
          })
          .end(part);
        return;
      }
      default:
        return json({});
    }
  }
}

const featuresOf = {
  bucket: { BucketBased: true, ListR: true, Copy: true },
  local: { IsLocal: true, CanHaveEmptyDirectories: true, Move: true, Purge: true },
} as const;
