import { requirePeer, rgwAvailable, startRgw, type Peer, type Rgw } from "@borgstore/tools-peers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { startEmbeddedS3 } from "../server/embedded-s3.ts";
import type { Service } from "./stage.ts";

export const rgwPeer: Peer = requirePeer("rgw", rgwAvailable(), "radosgw or ceph is not installed");

/** The service in this process, for the tests of one suite. */
export function embedded(): () => Service {
  return forSuite(startEmbeddedS3);
}

/** A RADOS Gateway for the tests of one suite. */
export function gateway(): () => Rgw {
  return forSuite(startRgw);
}

/**
 * Starts a stopped gateway again. On a busy machine the port is in use for a moment longer: the threads of a process end
 * after the one that its state tells of.
 */
export async function startAgain(rgw: Rgw): Promise<void> {
  const deadlineMs = performance.now() + 60_000;
  while (true) {
    try {
      await rgw.startGateway();
      return;
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes("address already in use");
      if (!isTaken || performance.now() > deadlineMs) throw error;
      await delay(20);
    }
  }
}

function forSuite<T extends { stop(): Promise<void> }>(start: () => Promise<T>): () => T {
  let running: T | undefined;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(async () => {
    await running?.stop();
  });
  return () => {
    if (running === undefined) throw new Error("the service is not running yet");
    return running;
  };
}
