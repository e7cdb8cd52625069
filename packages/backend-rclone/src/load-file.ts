import {
  clampRange,
  parseContentRange,
  partOfAnswer,
  rangeHeader,
  readBody,
  StoreError,
  wantedRange,
  type BodyPart,
  type Exchange,
  type LoadOptions,
  type WantedRange,
  callSignal,
} from "@borgstore/core";
import type { Answer, Call } from "./rc-client.ts";
import { notFromRclone } from "./rc-client.ts";
import type { Remote } from "./remote.ts";

/** How often a value is asked for again that is replaced just then by one of another length. */
const mostReplacements = 4;

/**
 * Loads a value or a part of it: by one request, unless the part is not there as asked for, or the object is replaced
 * between the moment when rclone looks how long it is and the one when it reads it.
 */
export async function loadFile(
  remote: Remote,
  name: string,
  options: LoadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const call: Call = { signal: callSignal(options), name };
  for (let replacements = 0; ; replacements++) {
    try {
      return await loadOnce(remote, name, options, call);
    } catch (error) {
      if (replacements >= mostReplacements || !mayBeReplaced(error)) throw error;
    }
  }
}

/** Whether a value came in another length than it was announced, or a part is not there that was there before. */
function mayBeReplaced(error: unknown): boolean {
  if (StoreError.is(error, "RANGE")) return true;
  return StoreError.is(error, "INTEGRITY") || (StoreError.is(error, "CONNECTION") && isCutOff(error.cause));
}

/** Whether the answer had begun. */
function isCutOff(cause: unknown): boolean {
  return cause instanceof Error && cause.message === "aborted";
}

async function loadOnce(
  remote: Remote,
  name: string,
  options: LoadOptions,
  call: Call,
): Promise<Uint8Array<ArrayBuffer>> {
  const wanted = wantedRange(options);
  if (wanted === undefined) return await loadWhole(remote, name, call);
  if (wanted.size !== 0) {
    const range = rangeHeader(wanted);
    const part = range === undefined ? undefined : await tryPart(remote, name, wanted, range, call);
    if (part !== undefined) return part;
  }
  const measured = await measure(remote, name, wanted, call);
  if (measured.size === 0) return new Uint8Array(0);
  return await loadPart(remote, name, measured, rangeHeader(measured), call);
}

async function loadWhole(remote: Remote, name: string, call: Call): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await loadPart(remote, name, undefined, undefined, call);
  } catch (error) {
    throw await explainOpening(remote, name, error, call);
  }
}

/**
 * What a failure to open an object means: rclone answers "Not Found", whatever it is, when it has found the object and
 * the service does not hand it out. Then it may have been deleted meanwhile.
 */
export async function explainOpening(
  remote: Remote,
  name: string,
  error: unknown,
  call: Call,
): Promise<unknown> {
  if (!StoreError.is(error, "UNAVAILABLE") && !StoreError.is(error, "RANGE")) return error;
  if ((await remote.stat(name, call)) !== undefined) return error;
  return new StoreError("NOT_FOUND", { key: name, cause: error });
}

/**
 * Loads a part without knowing whether it is there. What rclone answers when it is not differs from service to service,
 * down to a connection that it gives up: `undefined` for all of that.
 */
async function tryPart(
  remote: Remote,
  name: string,
  wanted: WantedRange,
  range: string,
  call: Call,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await loadPart(remote, name, wanted, range, call);
  } catch (error) {
    if (!mayBeOfRange(error)) throw error;
    return undefined;
  }
}

/** Whether a failure may come from a part that is not there: then the value is measured. */
export function mayBeOfRange(error: unknown): boolean {
  if (!StoreError.is(error)) return false;
  return ["RANGE", "INTEGRITY", "CONNECTION", "UNAVAILABLE"].includes(error.code) && !error.unsent;
}

/** The part that is there, by the length of the value. */
export async function measure(
  remote: Remote,
  name: string,
  { offset, size }: WantedRange,
  call: Call,
): Promise<{ readonly offset: number; readonly size: number }> {
  const stat = await remote.stat(name, call);
  if (stat === undefined) {
    const found = await remote.look(name, call);
    throw new StoreError(found === "directory" ? "IS_DIRECTORY" : "NOT_FOUND", { key: name });
  }
  if (stat.size === undefined) throw lengthUnknown();
  const { start, end } = clampRange(stat.size, offset, size);
  return { offset: start, size: Math.max(0, end - start) };
}

async function loadPart(
  remote: Remote,
  name: string,
  wanted: WantedRange | undefined,
  range: string | undefined,
  call: Call,
): Promise<Uint8Array<ArrayBuffer>> {
  return await remote.client.requests.run(call, async (exchange) => {
    const answer = await openPart(remote, exchange, name, range);
    try {
      const part = partOf(answer, wanted);
      return await readBody(answer.body, part, exchange);
    } finally {
      answer.body.destroy();
    }
  });
}

/**
 * Asks for a value or a part of it.
 *
 * @throws StoreError `NOT_FOUND`, `IS_DIRECTORY`; `RANGE` for what rclone answers only to a part that is not there.
 */
export async function openPart(
  remote: Remote,
  exchange: Exchange,
  name: string,
  range: string | undefined,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await remote.get(exchange, name, range);
    exchange.progress();
    if (answer.isBroken) throw new StoreError("RANGE", { key: name });
    if (answer.status === 200 || answer.status === 206) {
      // Lists of directories have another form, and the pages of a proxy too.
      if (answer.headers["accept-ranges"] === "bytes") return answer;
      answer.body.destroy();
      throw notFromRclone(name);
    }
    const failure = await remote.client.failureOf(answer, exchange, name);
    if (StoreError.is(failure, "NOT_A_DIRECTORY")) {
      throw new StoreError("NOT_FOUND", { key: name, cause: failure });
    }
    const isMissing = StoreError.is(failure, "NOT_FOUND");
    if (isMissing && remote.features.cachesDirectories && attempt === 1) continue;
    if (!isMissing && range !== undefined && (answer.status === 404 || answer.status === 416)) {
      throw new StoreError("RANGE", { key: name, cause: failure });
    }
    throw failure;
  }
}

/**
 * Which bytes of the body are wanted. Without `Content-Range` the service has sent everything, and what was asked for is
 * cut out of it.
 *
 * @throws StoreError `INTEGRITY` when it sent something else; `RANGE` when there is no such part.
 */
export function partOf({ status, headers }: Answer, wanted: WantedRange | undefined): BodyPart {
  const text = headers["content-length"];
  const length = text === undefined ? undefined : Number(text);
  // rclone ends such an answer in the same way when it fails in the middle.
  if (length === undefined && status === 200) throw lengthUnknown();
  if (wanted === undefined) return { skip: 0, take: length ?? 0, length };
  const range = parseContentRange(headers["content-range"]);
  if (range === undefined) {
    if (status !== 200 || length === undefined) throw new StoreError("RANGE");
    return { ...partOfAnswer(wanted, { start: 0, end: length, total: length }), length };
  }
  return { ...partOfAnswer(wanted, range), length: length ?? range.end - range.start };
}

function lengthUnknown(): StoreError {
  return new StoreError("UNSUPPORTED", {
    detail:
      "the service does not tell how long the object is, so that nobody knows whether all of it has arrived",
  });
}
