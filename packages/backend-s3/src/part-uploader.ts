import { Slots } from "@borgstore/core";
import { repeated } from "./repeated.ts";
import type { Upload, UploadedPart, Uploads } from "./uploads.ts";

/**
 * Sends the parts of one upload, several at a time, each repeated by itself when it fails. After a failure for good no
 * further part begins, and those under way are ended.
 */
export class PartUploader {
  readonly #uploads: Uploads;
  readonly #upload: Upload;
  readonly #controller = new AbortController();
  readonly #slots: Slots;
  readonly #underWay = new Set<Promise<void>>();
  readonly #parts: UploadedPart[] = [];
  readonly #failed: Promise<never>;
  #reject: (error: unknown) => void = () => {};
  #failure: { readonly error: unknown } | undefined;

  /** @param concurrency parts at a time */
  constructor(uploads: Uploads, upload: Upload, concurrency: number) {
    this.#uploads = uploads;
    this.#upload = upload;
    this.#slots = new Slots(concurrency);
    this.#failed = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
    });
    // Whoever waits for the parts is told by them.
    this.#failed.catch(() => {});
  }

  /** Waits for what adds the parts, or for the first failure: that may wait for its source for ever. */
  async fill(work: Promise<void>): Promise<void> {
    await Promise.race([work, this.#failed]);
  }

  /**
   * Waits until another part may begin, and begins it.
   *
   * @param send sends the part, with the upload that has the signal to end it
   * @param done called when the part has settled: its memory is free
   * @throws what a part before it failed with
   */
  async add(
    send: (uploads: Uploads, upload: Upload) => Promise<UploadedPart>,
    done: () => void = () => {},
  ): Promise<void> {
    this.#throwIfFailed();
    await this.#slots.acquire();
    try {
      this.#throwIfFailed();
    } catch (error) {
      this.#slots.release();
      throw error;
    }
    const { signal } = this.#controller;
    const sending = repeated(signal, () => send(this.#uploads, { ...this.#upload, signal })).then(
      (part) => {
        this.#parts.push(part);
      },
      (error: unknown) => this.fail(error),
    );
    const settled = sending.finally(() => {
      this.#underWay.delete(settled);
      this.#slots.release();
      done();
    });
    this.#underWay.add(settled);
  }

  /** Ends everything: the caller does not want it any more, or it cannot become whole. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#reject(error);
    this.#controller.abort(error);
  }

  /** Waits for all parts. Rejects with the first failure, after all have settled. */
  async finish(): Promise<readonly UploadedPart[]> {
    await this.settled();
    this.#throwIfFailed();
    return this.#parts;
  }

  /** Waits until nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
