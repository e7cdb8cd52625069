/** Holds up whoever wants to pass while it is shut. */
export class Gate {
  #opened: Promise<void> | undefined;
  #open: () => void = () => {};

  get isShut(): boolean {
    return this.#opened !== undefined;
  }

  shut(): void {
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#opened = undefined;
    this.#open();
  }

  /** Resolves when it is open; nothing to wait for while it is. */
  get opened(): Promise<void> | undefined {
    return this.#opened;
  }
}
