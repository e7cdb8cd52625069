import type { StoreError } from "@borgstore/core";

/** Whether a link is lost and why, and who is to be told. The first reason counts. */
export class LinkFate {
  #makeReason: (() => StoreError) | undefined;
  #callbacks: ((makeReason: () => StoreError) => void)[] = [];

  get isLost(): boolean {
    return this.#makeReason !== undefined;
  }

  onLost(callback: (makeReason: () => StoreError) => void): void {
    if (this.#makeReason === undefined) this.#callbacks.push(callback);
    else callback(this.#makeReason);
  }

  /** @param makeReason makes a new error each time it is called */
  lose(makeReason: () => StoreError): void {
    if (this.isLost) return;
    this.#makeReason = makeReason;
    for (const callback of this.#callbacks.splice(0)) callback(makeReason);
  }
}
