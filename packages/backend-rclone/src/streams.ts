import {
  bodyPieces,
  rangeHeader,
  wantedRange,
  wrongLength,
  type Exchange,
  type LoadOptions,
  type WantedRange,
  callSignal,
} from "@borgstore/core";
import { explainOpening, mayBeOfRange, measure, openPart, partOf } from "./load-file.ts";
import type { Answer, Call } from "./rc-client.ts";
import type { Remote } from "./remote.ts";

/**
 * Loads a value or a part of it in pieces of up to 256 KiB. When it fails in the middle, whoever repeats it asks for the
 * rest: rclone has no mark by which to tell whether the object is still the same.
 */
export async function* loadPieces(
  remote: Remote,
  name: string,
  options: LoadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const call: Call = { signal: callSignal(options), name };
  let wanted = wantedRange(options);
  const range = wanted === undefined ? undefined : rangeHeader(wanted);
  const isSure = wanted === undefined || (wanted.size !== 0 && range !== undefined);
  let exchange: Exchange | undefined;
  let answer: Answer | undefined;
  try {
    if (isSure) {
      exchange = await remote.client.requests.begin(call);
      answer = await tryToOpen(remote, exchange, name, wanted, range);
      if (answer === undefined) exchange.end();
    }
    if (answer === undefined) {
      wanted = await measure(remote, name, wanted ?? { offset: 0, size: undefined }, call);
      if (wanted.size === 0) return;
      exchange = await remote.client.requests.begin(call);
      answer = await exchange.race(openPart(remote, exchange, name, rangeHeader(wanted)));
    }
    if (exchange === undefined) return;
    const part = partOf(answer, wanted);
    let count = 0;
    for await (const piece of bodyPieces(answer.body, part, exchange)) {
      count += piece.byteLength;
      yield piece;
    }
    if (count < part.take && part.take !== Infinity) throw wrongLength(count, part.take);
  } catch (error) {
    if (exchange === undefined) throw error;
    const explained = exchange.explain(error);
    // Its turn is given to whatever is asked now.
    exchange.end();
    throw answer === undefined ? await explainOpening(remote, name, explained, call) : explained;
  } finally {
    answer?.body.destroy();
    exchange?.end();
  }
}

/** `undefined` when the part may not be there as asked for. */
async function tryToOpen(
  remote: Remote,
  exchange: Exchange,
  name: string,
  wanted: WantedRange | undefined,
  range: string | undefined,
): Promise<Answer | undefined> {
  let answer: Answer | undefined;
  try {
    answer = await exchange.race(openPart(remote, exchange, name, range));
    // Looked at here, while another way is open.
    partOf(answer, wanted);
    return answer;
  } catch (error) {
    answer?.body.destroy();
    if (range === undefined || !mayBeOfRange(exchange.explain(error))) throw error;
    return undefined;
  }
}
