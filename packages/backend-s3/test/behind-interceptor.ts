import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { forEachConcurrently, type Backend } from "@borgstore/core";
import { fullScope, requirePeer, rgwAvailable, startRgw } from "@borgstore/tools-peers";
import { Agent, request as startRequest } from "node:http";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { s3Backend, type S3Options } from "../src/index.ts";
import { optionsFor, Outsider, type Place } from "./place.ts";
import { startEmbeddedS3 } from "./server/embedded-s3.ts";
import { startInterceptor, type Interceptor } from "./server/interceptor.ts";
import type { S3Operation } from "./server/s3-operation.ts";

const bucket = "bucket";

interface Server {
  readonly place: Place;
  /** Of this process: anybody may put objects, which is faster, and nobody may list uploads. */
  readonly isEmbedded: boolean;
  stop(): Promise<void>;
}

/** An open storage. */
export interface Opened {
  readonly backend: Backend;
  /** What its keys begin with; ends in a slash. */
  readonly base: string;
}

/** A server with an interceptor before it, for all tests of a group. */
export class Site {
  readonly #start: () => Promise<Server>;
  #server: Server | undefined;
  #interceptor: Interceptor | undefined;
  #outsider: Outsider | undefined;
  #count = 0;

  constructor(start: () => Promise<Server>) {
    this.#start = start;
  }

  get interceptor(): Interceptor {
    return there(this.#interceptor);
  }

  /** Does not go through the interceptor. */
  get outsider(): Outsider {
    return there(this.#outsider);
  }

  /** Behind the interceptor. */
  get place(): Place {
    return { ...there(this.#server).place, endpoint: this.interceptor.endpoint };
  }

  async start(): Promise<void> {
    this.#server = await this.#start();
    this.#outsider = new Outsider(this.#server.place);
    this.#interceptor = await startInterceptor(this.#upstream());
  }

  async stop(): Promise<void> {
    this.#outsider?.close();
    await this.#interceptor?.stop();
    await this.#server?.stop();
  }

  /** A prefix that no other test uses. */
  newPrefix(): string {
    return `test-${++this.#count}/store`;
  }

  /** A backend behind the interceptor, which is closed after the test. */
  backend(options: S3Options = {}, prefix: string = this.newPrefix(), place: Place = this.place): Backend {
    const backend = s3Backend(optionsFor(place, prefix, options));
    onTestFinished(() => backend.close());
    return backend;
  }

  /** A new storage, open; hooks and what is recorded begin after that. */
  async open(options: S3Options = {}, prefix: string = this.newPrefix(), place?: Place): Promise<Opened> {
    const backend = this.backend(options, prefix, place);
    await backend.create();
    await backend.open();
    this.interceptor.clear();
    return { backend, base: `${prefix}/` };
  }

  /** Another interceptor before the same server, for backends to which its endpoint is an unknown service. */
  async anotherInterceptor(): Promise<{ readonly interceptor: Interceptor; readonly place: Place }> {
    const interceptor = await startInterceptor(this.#upstream());
    onTestFinished(() => interceptor.stop());
    return { interceptor, place: { ...this.place, endpoint: interceptor.endpoint } };
  }

  /** Puts small objects. */
  async plant(keys: readonly string[]): Promise<void> {
    const { place, isEmbedded } = there(this.#server);
    const agent = new Agent({ keepAlive: true });
    const value = new Uint8Array(1);
    const failure = await forEachConcurrently(keys, 32, (key) =>
      isEmbedded ? putUnsigned(place, key, agent) : this.outsider.put(key, value),
    );
    agent.destroy();
    if (failure !== undefined) throw failure.error;
  }

  /** The keys that begin with this, in the server's order. */
  async keysAt(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.outsider.client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key: key }) => key ?? ""));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  }

  /** How many uploads in parts were begun and neither completed nor aborted; all that there are, or those recorded. */
  async unfinishedUploads(): Promise<number> {
    if (there(this.#server).isEmbedded) return unfinishedOf(this.interceptor);
    const command = new ListMultipartUploadsCommand({ Bucket: bucket });
    return ((await this.outsider.client.send(command)).Uploads ?? []).length;
  }

  #upstream(): { readonly upstream: string; readonly credentials: Place["credentials"] } {
    const { endpoint, credentials } = there(this.#server).place;
    return { upstream: endpoint, credentials };
  }
}

/** A site at the server in this process, which runs during the tests of the group that this is called in. */
export function embeddedSite(): Site {
  return during(async () => {
    const server = await startEmbeddedS3();
    await server.createBucket(bucket);
    const { endpoint, region, credentials } = server;
    const place = { endpoint, region, credentials, bucket };
    return { place, isEmbedded: true, stop: () => server.stop() };
  });
}

const full = fullScope("the calls of Node are those with the server in this process");

/** Registers tests at Ceph's gateway, in full runs only. */
export function describeAtGateway(register: (site: Site) => void): void {
  const peer = requirePeer("rgw", rgwAvailable(), "radosgw or ceph is not installed");
  describe.skipIf(!peer.available || full.isLeftOut)(`Ceph RADOS Gateway ${peer.tag}${full.tag}`, () => {
    register(
      during(async () => {
        const server = await startRgw();
        await server.createBucket(bucket);
        const { endpoint, region, credentials } = server;
        const place = { endpoint, region, credentials, bucket };
        return { place, isEmbedded: false, stop: () => server.stop() };
      }),
    );
  });
}

/** Registers the same tests at both servers. */
export function describeAtEachServer(register: (site: Site) => void): void {
  describe("the server in this process", () => {
    register(embeddedSite());
  });
  describeAtGateway(register);
}

function during(start: () => Promise<Server>): Site {
  const site = new Site(start);
  beforeAll(() => site.start());
  afterAll(() => site.stop());
  return site;
}

/** As {@link Site.unfinishedUploads}, by what an interceptor has recorded: not every server lists them. */
export function unfinishedOf({ requests }: Interceptor): number {
  const ids = (operation: S3Operation): (string | undefined)[] =>
    requests
      .filter((request) => request.operation === operation && (request.status ?? 500) < 300)
      .map(({ query }) => query["uploadId"]);
  const begun = ids("CreateMultipartUpload").length;
  return begun - new Set([...ids("CompleteMultipartUpload"), ...ids("AbortMultipartUpload")]).size;
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("The site is used before its tests");
  return value;
}

async function putUnsigned(place: Place, key: string, agent: Agent): Promise<void> {
  const { hostname, port } = new URL(place.endpoint);
  // Not as a URL, in which dots would mean something.
  const path = `/${place.bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  const status = await new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/octet-stream" };
    startRequest({ hostname, port, path, method: "PUT", agent, headers }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode));
    })
      .once("error", reject)
      .end("x");
  });
  if (status !== 200) throw new Error(`${key}: status ${String(status)}`);
}
