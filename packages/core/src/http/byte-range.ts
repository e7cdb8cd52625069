import { StoreError } from "../errors.ts";
import type { LoadOptions } from "../options.ts";

/** What a load asks for: from a place counted from the start or, when negative, from the end. */
export interface WantedRange {
  readonly offset: number;
  /** `undefined`: to the end. */
  readonly size: number | undefined;
}

/** The bytes of a value that an answer carries: from `start` up to but without `end`. */
export interface AnsweredRange {
  readonly start: number;
  readonly end: number;
  /** Length of the whole value; `undefined` when the service did not tell. */
  readonly total: number | undefined;
}

/** What is asked for, or `undefined` for all of a value. */
export function wantedRange({ offset = 0, size }: LoadOptions): WantedRange | undefined {
  // The addition makes a plain zero of −0.
  return offset === 0 && size === undefined ? undefined : { offset: offset + 0, size };
}

/** More than this is not loaded in vain to save a request. */
const mostWastedBytes = 64 * 1024;

/**
 * The range as a request's header has it; `undefined` when the value's length has to be known first: a part before the
 * end can only be asked for together with all that follows it.
 */
export function rangeHeader({ offset, size }: WantedRange): string | undefined {
  if (offset < 0) {
    const isWorthIt = size === undefined || -offset - size <= mostWastedBytes;
    return isWorthIt ? `bytes=${offset}` : undefined;
  }
  if (size === undefined) return `bytes=${offset}-`;
  // Further than numbers are exact, any end is behind that of the value.
  return `bytes=${offset}-${Math.min(offset + size - 1, Number.MAX_SAFE_INTEGER)}`;
}

/** Reads the header of an answer with status 206. RFC 9110, 14.4. */
export function parseContentRange(header: string | undefined): AnsweredRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = "", total = ""] = match;
  const range = {
    start: Number(first),
    end: Number(last) + 1,
    total: total === "*" ? undefined : Number(total),
  };
  return range.end > range.start ? range : undefined;
}

/**
 * Which bytes of an answer's body are those that were asked for. A service that ignores ranges sends everything, with
 * status 200; one that sends other bytes than those asked for cannot be trusted with them.
 *
 * @throws StoreError `INTEGRITY`.
 */
export function partOfAnswer(
  wanted: WantedRange,
  answered: AnsweredRange,
): { readonly skip: number; readonly take: number } {
  const { offset, size } = wanted;
  const { start, end, total } = answered;
  const first = offset >= 0 ? offset : Math.max(0, (total ?? end) + offset);
  const skip = first - start;
  const isAsAsked = offset >= 0 ? skip >= 0 : skip >= 0 && (total === undefined || end === total);
  if (!isAsAsked) {
    throw new StoreError("INTEGRITY", {
      detail: `the service sent bytes ${start} to ${end - 1}, which were not asked for`,
      retryable: true,
    });
  }
  const wantedEnd = Math.min(total ?? end, size === undefined ? Infinity : first + size);
  if (end < wantedEnd) {
    throw new StoreError("INTEGRITY", {
      detail: `the service sent bytes ${start} to ${end - 1} only`,
      retryable: true,
    });
  }
  const available = Math.max(0, end - start - skip);
  return { skip, take: size === undefined ? available : Math.min(size, available) };
}
