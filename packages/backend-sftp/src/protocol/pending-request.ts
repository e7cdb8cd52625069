import type { StoreError } from "@borgstore/core";
import type { PacketReader } from "./packet-reader.ts";

/** What a server answered to one request. */
export interface Answer {
  readonly type: number;
  /** The fields after type and id; only good until the next turn of the microtask queue, unless copied. */
  readonly fields: PacketReader;
}

/** One request that has no answer yet. */
export interface PendingRequest {
  /** What it is, for messages. */
  readonly request: string;
  /** Which one it is, in the order of sending. */
  readonly sequence: number;
  /** On the clock of `performance.now`. */
  readonly sentMs: number;
  /** From when its limit counts: when it was sent, or something before it was answered, which is later then. */
  turnMs: number;
  /** Its own limit in ms. */
  readonly limitMs: number;
  /** Where the data of a read goes; set for reads only. */
  readonly target: Uint8Array | undefined;
  /** Gets the answer; what it throws counts as a fault of the server. */
  readonly settle: (answer: Answer) => void;
  readonly fail: (error: StoreError) => void;
  /** Gets an answer that came after `fail`: releases what it brought. */
  readonly late: ((answer: Answer) => void) | undefined;
}
