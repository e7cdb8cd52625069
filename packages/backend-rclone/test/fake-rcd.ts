import { Requests } from "@borgstore/core";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { classify } from "../src/classify.ts";
import type { RunningRcd } from "../src/process/running-rcd.ts";
import { RcClient } from "../src/rc-client.ts";
import { Remote } from "../src/remote.ts";

/** A call as it arrives. */
interface FakeCall {
  /** A method of `operations/`, or `GET` and `HEAD` of an object. */
  readonly kind: string;
  readonly headers: IncomingHttpHeaders;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Answers a call: with JSON, or by itself. */
export type FakeAnswer = (call: FakeCall, response: ServerResponse) => object | undefined;

/** A remote whose rclone says whatever a test wants it to say. */
export interface FakeRemote {
  readonly remote: Remote;
  /** Kinds of the calls so far, without the first one. */
  readonly calls: string[];
}

function runningAt(port: number): RunningRcd {
  return {
    port,
    authorization: "Basic x",
    version: "v1.60.1",
    isLost: false,
    whyLost: () => {
      throw new Error("it is not lost");
    },
    onLost: () => () => undefined,
  };
}

/** Makes a remote of these features; one call at a time, so that none may wait for another one. */
export async function fakeRemote(
  features: Readonly<Record<string, unknown>>,
  answer: FakeAnswer,
): Promise<FakeRemote> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    const kind = method === "POST" ? url.replace(/^\/operations\//, "") : method;
    void text(request).then((body) => {
      if (kind === "fsinfo") return response.end(JSON.stringify(features));
      // Asked after a connection has broken.
      if (kind === "/rc/noop") return response.end("{}");
      calls.push(kind);
      const parameters = method === "POST" ? (JSON.parse(body) as Record<string, unknown>) : {};
      const json = answer({ kind, headers, parameters }, response);
      return json === undefined ? undefined : response.end(JSON.stringify(json));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const running = runningAt((server.address() as AddressInfo).port);
  const lease = { current: running, get: () => Promise.resolve(running), release: () => Promise.resolve() };
  const limits = { concurrency: 1, requestTimeoutMs: 60_000, stallTimeoutMs: 60_000 };
  const client = new RcClient(lease, new Requests(limits, classify), limits.concurrency, []);
  onTestFinished(async () => {
    client.close();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { remote: await Remote.open(client, "fake:", undefined), calls };
}
