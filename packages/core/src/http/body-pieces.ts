import type { Body } from "./read-body.ts";
import type { Exchange } from "./requests.ts";

const pieceBytes = 256 * 1024;

/**
 * The bytes wanted of a body, in pieces of up to 256 KiB of their own memory. From the first call on other requests may
 * begin: the reader decides how long this one takes. It is not told how many bytes there were: whoever knows how many
 * there must be counts them. The body is destroyed in the end.
 *
 * @param part `take` may be Infinity: up to the end.
 */
export async function* bodyPieces(
  body: Body,
  { skip, take }: { readonly skip: number; readonly take: number },
  exchange: Exchange,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  exchange.giveSlotBack();
  let toSkip = skip;
  let left = take;
  let filled = 0;
  const newPiece = (): Uint8Array<ArrayBuffer> => new Uint8Array(Math.min(pieceBytes, left));
  let piece = newPiece();
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      exchange.progress();
      let rest = chunk.subarray(Math.min(toSkip, chunk.byteLength));
      toSkip -= chunk.byteLength - rest.byteLength;
      while (rest.byteLength > 0 && left > filled) {
        const part = rest.subarray(0, piece.byteLength - filled);
        piece.set(part, filled);
        filled += part.byteLength;
        rest = rest.subarray(part.byteLength);
        if (filled < piece.byteLength) continue;
        left -= filled;
        exchange.pause();
        yield piece;
        exchange.progress();
        filled = 0;
        piece = newPiece();
      }
      if (rest.byteLength > 0) break;
    }
    if (filled > 0) {
      exchange.pause();
      yield piece.slice(0, filled);
    }
  } finally {
    body.destroy();
  }
}
