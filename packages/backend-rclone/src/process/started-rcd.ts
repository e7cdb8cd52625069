import { StoreError } from "@borgstore/core";
import type { RcdChild } from "./rcd-child.ts";
import type { RunningRcd } from "./running-rcd.ts";
import { howEnded, said } from "./start-errors.ts";

/** What is known of a process that has answered. */
export interface RcdFacts {
  readonly port: number;
  readonly authorization: string;
  readonly version: string;
  /** What must not be in messages. */
  readonly secrets: readonly string[];
}

/** A running rclone, for its owner, who may stop it. */
export class StartedRcd implements RunningRcd {
  readonly port: number;
  readonly authorization: string;
  readonly version: string;
  readonly #child: RcdChild;
  readonly #secrets: readonly string[];
  readonly #callbacks = new Set<() => void>();
  #isStopped = false;
  #isAnnounced = false;

  constructor(child: RcdChild, { port, authorization, version, secrets }: RcdFacts) {
    this.port = port;
    this.authorization = authorization;
    this.version = version;
    this.#child = child;
    this.#secrets = secrets;
    void child.ended.then(() => this.#announce());
  }

  get pid(): number {
    return this.#child.pid;
  }

  get isLost(): boolean {
    return this.#isStopped || this.#child.end !== undefined;
  }

  whyLost(unsent = false): StoreError {
    const { end, tail } = this.#child;
    const detail = this.#isStopped
      ? "rclone was stopped"
      : end === undefined
        ? "rclone does not answer"
        : `rclone ${howEnded(end)}${said(tail.lastLines(this.#secrets))}`;
    return new StoreError("CONNECTION", { detail, unsent });
  }

  onLost(callback: () => void): () => void {
    if (this.#isAnnounced) {
      callback();
      return () => undefined;
    }
    // An own function, as the same callback may be there twice.
    const entry = (): void => callback();
    this.#callbacks.add(entry);
    return () => {
      this.#callbacks.delete(entry);
    };
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    if (!this.isLost) this.#isStopped = true;
    this.#announce();
    await this.#child.stop();
  }

  #announce(): void {
    this.#isAnnounced = true;
    const callbacks = [...this.#callbacks];
    this.#callbacks.clear();
    for (const callback of callbacks) callback();
  }
}
