import type { NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Sdk } from "./sdk.ts";

type NodeHttpHandler = InstanceType<Sdk["NodeHttpHandler"]>;
type Handle = NodeHttpHandler["handle"];

/** What limits the connections of a client. */
export interface ConnectionLimits {
  readonly concurrency: number;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

/**
 * The SDK's handler of requests, twice, over the same connections. For uploads it ends a connection on which nothing
 * moves for too long: nobody else sees whether the service still takes the body. For everything else it does not,
 * because a service that copies says nothing meanwhile, and who reads a body slowly hears nothing: there the limits of
 * `Exchange` hold.
 */
export class RequestHandler {
  readonly metadata: NodeHttpHandler["metadata"];
  readonly #forUploads: NodeHttpHandler;
  readonly #forOthers: NodeHttpHandler;
  readonly #agents: readonly HttpAgent[];

  constructor({ NodeHttpHandler: Handler }: Sdk, limits: ConnectionLimits) {
    // How many requests there are at a time is decided before they get here.
    const agent = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: limits.concurrency };
    const httpAgent = new HttpAgent(agent);
    const httpsAgent = new HttpsAgent(agent);
    this.#agents = [httpAgent, httpsAgent];
    const options: NodeHttpHandlerOptions = {
      connectionTimeout: limits.connectTimeoutMs,
      httpAgent,
      httpsAgent,
    };
    this.#forUploads = new Handler({ ...options, socketTimeout: limits.stallTimeoutMs });
    this.#forOthers = new Handler(options);
    this.metadata = this.#forOthers.metadata;
  }

  handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const isUpload = request.method === "PUT" && lengthOf(request.body) > 0;
    // The SDK's own, for credentials: nobody else limits them.
    const isNested = options?.abortSignal === undefined;
    return (isUpload || isNested ? this.#forUploads : this.#forOthers).handle(request, options);
  }

  /** Closes all connections. */
  destroy(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  /** The SDK's way to change options afterwards, such as a limit of its own for silence: ours stay. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): ReturnType<NodeHttpHandler["httpHandlerConfigs"]> {
    return this.#forOthers.httpHandlerConfigs();
  }
}

function lengthOf(body: unknown): number {
  return body instanceof Uint8Array ? body.byteLength : 0;
}
