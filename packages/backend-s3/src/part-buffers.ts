import { type ByteSource, uninitializedBytes } from "@borgstore/core";

const firstBufferBytes = 64 * 1024;

/**
 * Cuts a source into parts of one size, each in memory of its own, which is used again when it is given back. The first
 * one grows as it is filled, so that a small value takes little.
 */
export class PartBuffers {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #partSize: number;
  readonly #free: Uint8Array[] = [];
  /** What is left of the last piece. */
  #rest: Uint8Array = new Uint8Array(0);
  #hasEnded = false;
  #isWaiting = false;
  #isFirst = true;

  constructor(source: ByteSource, partSize: number) {
    this.#pieces =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#partSize = partSize;
  }

  /** The next part; the last one may be shorter. `undefined` after it. */
  async next(): Promise<Uint8Array | undefined> {
    let buffer = this.#take();
    let filled = 0;
    while (filled < this.#partSize && (await this.#hasMore())) {
      const piece = this.#rest.subarray(0, this.#partSize - filled);
      if (filled + piece.byteLength > buffer.byteLength) {
        buffer = this.#enlarge(buffer, filled, filled + piece.byteLength);
      }
      buffer.set(piece, filled);
      filled += piece.byteLength;
      this.#rest = this.#rest.subarray(piece.byteLength);
    }
    if (filled > 0) return buffer.subarray(0, filled);
    this.#free.push(buffer);
    return undefined;
  }

  /** Whether no part follows. Reads a piece further when that cannot be told otherwise. */
  async isAtEnd(): Promise<boolean> {
    return !(await this.#hasMore());
  }

  /** Lets the memory of a part be used again. */
  giveBack(part: Uint8Array): void {
    if (part.buffer.byteLength === this.#partSize) this.#free.push(new Uint8Array(part.buffer));
  }

  /** Stops the source when it has not ended; does not wait for one that is asked for a piece at this moment. */
  async release(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const stopping = this.#stop();
    if (this.#isWaiting) stopping.catch(() => {});
    else await stopping;
  }

  async #stop(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #hasMore(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      if (this.#hasEnded) return false;
      let step: IteratorResult<Uint8Array>;
      this.#isWaiting = true;
      try {
        step = await this.#pieces.next();
      } catch (error) {
        this.#hasEnded = true;
        throw error;
      } finally {
        this.#isWaiting = false;
      }
      if (step.done === true) {
        this.#hasEnded = true;
        return false;
      }
      // Borrowed until the next one is asked for, which is not before all of it was copied.
      this.#rest = step.value;
    }
    return true;
  }

  #take(): Uint8Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const length = this.#isFirst ? Math.min(firstBufferBytes, this.#partSize) : this.#partSize;
    this.#isFirst = false;
    return uninitializedBytes(length);
  }

  #enlarge(buffer: Uint8Array, filled: number, needed: number): Uint8Array {
    const length = Math.min(this.#partSize, Math.max(needed, 2 * buffer.byteLength));
    const larger = uninitializedBytes(length);
    larger.set(buffer.subarray(0, filled));
    return larger;
  }
}
