import { StoreError } from "../errors.ts";
import { uninitializedBytes } from "../uninitialized-bytes.ts";
import type { Exchange } from "./requests.ts";

/** The body of an answer as a stream of bytes: what is used here of Node's `Readable`. */
export interface Body extends AsyncIterable<unknown> {
  readonly destroyed: boolean;
  readonly errored: Error | null;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "end" | "close", listener: () => void): unknown;
  removeAllListeners(event: "data"): unknown;
  destroy(): unknown;
}

/** Which bytes of a body are wanted, of how many that were announced. */
export interface BodyPart {
  readonly skip: number;
  readonly take: number;
  /** Length of the whole body; `undefined` when it was not announced. */
  readonly length: number | undefined;
}

/** What a reader may bring along. */
export interface ReadBodyOptions {
  /** What an error of the body means. */
  readonly explain?: ((error: Error) => Error) | undefined;
}

/**
 * Reads the bytes wanted of a body into memory of their own. Does not wait for what follows them, unless that is little
 * or nothing: then the connection can be used again.
 *
 * @throws StoreError `INTEGRITY` for a body that is shorter or longer than it was announced; what the stream fails with.
 */
export function readBody(
  body: Body,
  part: BodyPart,
  exchange: Exchange,
  { explain = (error) => error }: ReadBodyOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { skip, take, length } = part;
  return new Promise((resolve, reject) => {
    if (body.destroyed) {
      reject(body.errored ?? closedEarly());
      return;
    }
    // It is only handed out when every byte of it has been written.
    const value = uninitializedBytes(take);
    let at = 0;
    let hasSettled = false;
    const settle = (error?: Error): void => {
      hasSettled = true;
      body.removeAllListeners("data");
      if (error === undefined) resolve(value);
      else reject(explain(error));
    };
    body.on("data", (chunk: Uint8Array) => {
      exchange.progress();
      const from = Math.min(Math.max(0, skip - at), chunk.byteLength);
      const to = Math.min(Math.max(0, skip + take - at), chunk.byteLength);
      if (to > from) value.set(chunk.subarray(from, to), at + from - skip);
      at += chunk.byteLength;
      if (length !== undefined && at > length) {
        body.destroy();
        settle(wrongLength(at, length));
        return;
      }
      const left = (length ?? Infinity) - at;
      if (at >= skip + take && left > mostReadInVain) {
        body.destroy();
        settle();
      }
    });
    body.once("end", () => {
      const announced = length ?? skip + take;
      settle(at < announced ? wrongLength(at, announced) : undefined);
    });
    body.on("error", settle);
    // Not made for nothing: every body closes, and an error costs more than a small value.
    body.once("close", () => {
      if (!hasSettled) settle(closedEarly());
    });
  });
}

const mostReadInVain = 64 * 1024;

function closedEarly(): StoreError {
  return new StoreError("CONNECTION", { detail: "it was closed in the middle of a value" });
}

/** A body of another length than was announced. */
export function wrongLength(length: number, announced: number): StoreError {
  return new StoreError("INTEGRITY", {
    detail: `${length} bytes arrived of ${announced}`,
    retryable: true,
  });
}
