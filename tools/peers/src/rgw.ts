import { randomBytes } from "node:crypto";
import { answersHttp } from "./answers-http.ts";
import { CephCluster } from "./ceph-cluster.ts";
import { onFreePort } from "./free-port.ts";
import { signalAll } from "./process-tree.ts";
import { s3Request, type S3Credentials } from "./s3-request.ts";
import type { ServerProcess } from "./server-process.ts";

/** How to start a RADOS Gateway. */
export interface RgwOptions {
  /**
   * Most bytes of objects that it holds, which take about twice as much memory; nothing is allocated ahead. When it is
   * reached writes get no answer. It is noticed late, when some 50 MB more are written. Default: 4 GiB.
   */
  readonly memoryBytes?: number;
}

/** A real S3 server on 127.0.0.1: Ceph's RADOS Gateway on a cluster of its own, which keeps all objects in memory. */
export interface Rgw extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. Buckets stand in the path. */
  readonly endpoint: string;
  readonly port: number;
  readonly region: "us-east-1";
  /** Of the main user, who owns what {@link Rgw.createBucket} makes. */
  readonly credentials: S3Credentials;
  /** Of a second user, who has no right to the buckets of the first one. */
  readonly otherCredentials: S3Credentials;
  /** Makes a bucket of the main user. One that exists already stays as it is. */
  createBucket(name: string): Promise<void>;
  /** Stops the gateway with SIGSTOP: connections stay open, new ones are accepted, and nothing is answered. */
  freeze(): void;
  /** Lets a frozen gateway go on. */
  thaw(): void;
  /** Ends the gateway alone with SIGKILL, frozen or not: connections break, new ones are refused, objects stay. */
  stopGateway(): Promise<void>;
  /** After {@link Rgw.stopGateway}: the gateway again, on the same port, with the same users, buckets and objects. */
  startGateway(): Promise<void>;
  /** Ends everything, waits until its processes are gone and removes its directory. May be called twice. */
  stop(): Promise<void>;
}

/** A key that nobody else has. */
function makeCredentials(): S3Credentials {
  return {
    accessKeyId: randomBytes(10).toString("hex").toUpperCase(),
    secretAccessKey: randomBytes(20).toString("hex"),
  };
}

async function addUser(cluster: CephCluster, name: string, key: S3Credentials): Promise<void> {
  const keys = ["--access-key", key.accessKeyId, "--secret-key", key.secretAccessKey];
  await cluster.command("radosgw-admin", ["user", "create", "--uid", name, "--display-name", name, ...keys]);
}

async function startGateway(cluster: CephCluster, port: number): Promise<ServerProcess> {
  // Without tcp_nodelay, small answers on a kept connection wait for an acknowledgement, some 40 ms.
  const frontend = `beast endpoint=127.0.0.1:${port} tcp_nodelay=1`;
  return await cluster.startServer(
    "radosgw",
    ["-f", "-n", "client.gateway", "--rgw-frontends", frontend],
    port,
    async () => await answersHttp(port),
  );
}

class RunningRgw implements Rgw {
  readonly endpoint: string;
  readonly port: number;
  readonly region = "us-east-1";
  readonly credentials: S3Credentials;
  readonly otherCredentials: S3Credentials;
  readonly #cluster: CephCluster;
  #gateway: ServerProcess | undefined;
  #stopped = false;

  constructor(
    cluster: CephCluster,
    gateway: ServerProcess,
    port: number,
    [mine, other]: readonly [S3Credentials, S3Credentials],
  ) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.port = port;
    this.credentials = mine;
    this.otherCredentials = other;
    this.#cluster = cluster;
    this.#gateway = gateway;
  }

  async createBucket(name: string): Promise<void> {
    const { endpoint, credentials } = this;
    const { status, body } = await s3Request({ endpoint, method: "PUT", path: `/${name}`, credentials });
    if (status !== 200) throw new Error(`bucket ${name}: HTTP status ${status}: ${body}`);
  }

  freeze(): void {
    if (this.#gateway !== undefined) signalAll([this.#gateway.pid], "SIGSTOP");
  }

  thaw(): void {
    if (this.#gateway !== undefined) signalAll([this.#gateway.pid], "SIGCONT");
  }

  async stopGateway(): Promise<void> {
    const gateway = this.#gateway;
    this.#gateway = undefined;
    await gateway?.kill();
  }

  async startGateway(): Promise<void> {
    if (this.#stopped) throw new Error("the cluster of this gateway is stopped");
    this.#gateway ??= await startGateway(this.#cluster, this.port);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.stopGateway(), this.#cluster.stop()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a RADOS Gateway on a free port of 127.0.0.1, with two users and no bucket, in about a second. Several may run
 * at a time. The caller stops it; it ends with this process at the latest.
 *
 * @throws Error with the end of its log when it does not start. Nothing is left then.
 */
export async function startRgw(options: RgwOptions = {}): Promise<Rgw> {
  const { memoryBytes = 4 * 1024 ** 3 } = options;
  const cluster = await onFreePort(async (port) => await CephCluster.start(port, memoryBytes));
  try {
    const users = [makeCredentials(), makeCredentials()] as const;
    // The first one to come makes the pools; together they would wait for each other.
    await addUser(cluster, "main", users[0]);
    const [added, started] = await Promise.allSettled([
      addUser(cluster, "other", users[1]),
      onFreePort(async (port) => new RunningRgw(cluster, await startGateway(cluster, port), port, users)),
    ]);
    if (started.status === "rejected") throw started.reason;
    if (added.status === "fulfilled") return started.value;
    await started.value.stop();
    throw added.reason;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
