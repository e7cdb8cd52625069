import type { Backend, Capabilities } from "@borgstore/core";
import type { Random } from "./random.ts";

/** What the caller of the suite may provide beside the backend; a case that needs more is skipped. */
export type Hook = "anotherBackend" | "plant" | "deliveredBytes" | "powerCut";

/** A capability that is there or not; not the number of operations at a time. */
export type CapabilityFlag = Exclude<keyof Capabilities, "concurrency">;

/**
 * What a case needs: a capability, the absence of one (with an exclamation mark), or a hook. `createIfAbsent`
 * is met by `"probe"` too, `createIfAbsent=probe` by nothing else.
 */
export type Requirement = CapabilityFlag | `!${CapabilityFlag}` | "createIfAbsent=probe" | Hook;

/** What a case works with. All of it belongs to this one run of this one case. */
export interface CaseContext {
  /** A backend over a storage that nobody else uses, in the state that the case asked for. */
  readonly backend: Backend;
  /** What was declared at registration. */
  readonly capabilities: Capabilities;
  /** Seeded; the seed is in the message when the case fails. */
  readonly random: Random;
  /** Another client of the same storage, open. The suite closes it. Requires `anotherBackend`. */
  readonly anotherClient: () => Promise<Backend>;
  /** Another client where there can be one, else the backend itself; after the medium's settling time. */
  readonly observer: () => Promise<Backend>;
  /** Puts something onto the medium without the backend's knowledge. Requires `plant`. */
  readonly plant: (name: string, value: Uint8Array) => Promise<void>;
  /** Bytes of values that the medium has delivered to the backend so far. Requires `deliveredBytes`. */
  readonly deliveredBytes: () => number;
  /** An open client of what a power cut at this moment would leave. Requires `powerCut`. */
  readonly powerCut: () => Promise<Backend>;
}

/** One statement of the contract, as something that can be tried on any backend. */
export interface ConformanceCase {
  /** `operation/behaviour`, stable: the contract's text and lists of known failures refer to it. */
  readonly id: string;
  /** A sentence about the behaviour. */
  readonly title: string;
  /** @default none */
  readonly requires?: readonly Requirement[];
  /**
   * In which state `run` gets the backend: as `setup` made it, after `create`, or open.
   *
   * @default "open"
   */
  readonly state?: "new" | "created" | "open";
  /**
   * It stores more than a thousand objects. Where every request takes its time, and several variants of a backend are
   * tried, it may be skipped for all but one.
   *
   * @default false
   */
  readonly isLong?: true;
  /** Throws when the backend does not behave; assertions are those of `node:assert/strict`. */
  readonly run: (context: CaseContext) => Promise<void>;
}
