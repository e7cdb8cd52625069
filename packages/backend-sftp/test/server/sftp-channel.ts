import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import type { ServerChannel } from "ssh2";

/** The bytes of one channel, taken one chunk after the other so that a client that sends too fast has to wait. */
export class SftpChannel {
  readonly #channel: ServerChannel;
  readonly #stopped = new AbortController();
  #hasEnded = false;
  #wake = (): void => {};

  constructor(channel: ServerChannel) {
    this.#channel = channel;
    channel.on("readable", () => this.#wake());
    channel.once("end", () => {
      this.#hasEnded = true;
      this.#wake();
    });
    channel.on("error", () => this.stop());
  }

  /** Aborted when nothing can come from, or reach, the client any more. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  stop(): void {
    this.#stopped.abort();
    this.#wake();
  }

  /**
   * All that has come in since the last call; waits for something if there is nothing. Undefined at the end.
   * @param gathering lets what else is on its way come in first
   * @throws when the channel was stopped
   */
  async read(gathering: boolean): Promise<Buffer | undefined> {
    for (;;) {
      this.stopped.throwIfAborted();
      if (gathering && this.#channel.readableLength > 0) {
        await setImmediate();
        await setImmediate();
      }
      const chunk = this.#channel.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#hasEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Resolves when the client has room for more. @throws when the channel was stopped */
  async write(packet: Buffer): Promise<void> {
    this.stopped.throwIfAborted();
    if (this.#channel.write(packet)) return;
    await once(this.#channel, "drain", { signal: this.stopped });
  }

  /** What a promise resolves to. @throws when the channel was stopped before */
  async orStopped<T>(waited: T | Promise<T>): Promise<T> {
    if (!(waited instanceof Promise)) return waited;
    const waiting = new AbortController();
    try {
      const stop = once(this.stopped, "abort", { signal: waiting.signal }).then(() => {
        throw new Error("the channel was stopped");
      });
      this.stopped.throwIfAborted();
      return await Promise.race([waited, stop]);
    } finally {
      waiting.abort();
    }
  }

  /** What sshd does when sftp-server exits. */
  exit(code: number): void {
    this.#channel.exit(code);
    this.#channel.end();
  }
}
