import type { StoreErrorCode } from "@borgstore/core";
import type { RequestControl } from "../server/request-control.ts";
import type { S3Operation } from "../server/s3-operation.ts";

/** What becomes of one request, or of a few in a row. */
export interface SingleFault {
  readonly title: string;
  readonly inflict: (control: RequestControl) => void;
  /** What a call that does not repeat anything fails with. */
  readonly code: StoreErrorCode;
  /** Where answers have no body that names the error. */
  readonly codeOfHead?: StoreErrorCode;
  /** How many requests in a row it hits. */
  readonly times?: number;
  /** Whether it can be of use to ask again. */
  readonly isRepeatable: boolean;
  /** Only a limit of time ends it. */
  readonly isSilent?: boolean;
  /** The service has done what it was asked for. */
  readonly isDone?: boolean;
}

function answer(
  status: number,
  name: string,
  code: StoreErrorCode,
  more: Partial<SingleFault> = {},
): SingleFault {
  const inflict = (control: RequestControl): void => control.error(status, name);
  return { title: `${status} ${name}`, inflict, code, isRepeatable: true, ...more };
}

const slowDown = answer(503, "SlowDown", "RATE_LIMITED", { codeOfHead: "UNAVAILABLE" });

export const singleFaults: readonly SingleFault[] = [
  {
    title: "a reset before it arrives",
    inflict: (control) => control.reset(),
    code: "CONNECTION",
    isRepeatable: true,
  },
  {
    title: "a lost answer",
    inflict: (control) => control.loseAnswer(),
    code: "CONNECTION",
    isRepeatable: true,
    isDone: true,
  },
  {
    title: "a connection that is closed instead of an answer",
    inflict: (control) => control.loseAnswer("end"),
    code: "CONNECTION",
    isRepeatable: true,
    isDone: true,
  },
  answer(500, "InternalError", "UNAVAILABLE"),
  { ...slowDown, title: "503 SlowDown again and again", times: 5 },
  answer(429, "TooManyRequests", "RATE_LIMITED"),
  answer(403, "AccessDenied", "PERMISSION_DENIED", { isRepeatable: false }),
];

/** Those that differ in what becomes of uploads in parts. */
export const fewFaults: readonly SingleFault[] = singleFaults.filter(
  ({ title }) => !title.startsWith("a connection") && !title.startsWith("429"),
);

export const silences: readonly SingleFault[] = [
  {
    title: "no answer to what has not arrived",
    inflict: (control) => control.stall(),
    code: "TIMEOUT",
    isRepeatable: true,
    isSilent: true,
  },
  {
    title: "no answer to what was done",
    inflict: (control) => control.stallAnswer(),
    code: "TIMEOUT",
    isRepeatable: true,
    isSilent: true,
    isDone: true,
  },
];

/** What a fault is told as at a request. */
export function codeAt(fault: SingleFault, request: S3Operation): StoreErrorCode {
  return request === "HeadObject" ? (fault.codeOfHead ?? fault.code) : fault.code;
}
