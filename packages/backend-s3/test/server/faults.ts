import { errorDocument } from "./error-document.ts";
import type { AlterableAnswer, ConnectionCut, RequestHook } from "./request-control.ts";
import type { S3Operation } from "./s3-operation.ts";

/** Asks `hook` for requests of `operation` only. */
export function on(operation: S3Operation, hook: RequestHook): RequestHook {
  return (request, control) => (request.operation === operation ? hook(request, control) : undefined);
}

/** Asks `hook` for the first `times` requests of `operation` only. */
export function onFirst(operation: S3Operation, times: number, hook: RequestHook): RequestHook {
  let count = 0;
  return on(operation, (request, control) => (count++ < times ? hook(request, control) : undefined));
}

/** Asks `hook` for the `nth` request of `operation` only; the first one is 1. */
export function onNth(operation: S3Operation, nth: number, hook: RequestHook): RequestHook {
  let count = 0;
  return on(operation, (request, control) => (++count === nth ? hook(request, control) : undefined));
}

/** Answers the first `times` with an error, without forwarding. */
export function failing(operation: S3Operation, times: number, status: number, code: string): RequestHook {
  return onFirst(operation, times, (_request, control) => control.error(status, code));
}

/** Forwards the `nth`, and closes the connection when the server has answered. */
export function lostAnswer(operation: S3Operation, nth = 1, how: ConnectionCut = "reset"): RequestHook {
  return onNth(operation, nth, (_request, control) => control.loseAnswer(how));
}

/** Resets the connection of the `nth` without forwarding. */
export function resetBeforeForwarding(operation: S3Operation, nth = 1): RequestHook {
  return onNth(operation, nth, (_request, control) => control.reset());
}

/** Never answers the `nth`, which the server does get. */
export function stalledAnswer(operation: S3Operation, nth = 1): RequestHook {
  return onNth(operation, nth, (_request, control) => control.stallAnswer());
}

/** Stops in the answer's body of the `nth`. */
export function stalledBody(operation: S3Operation, afterBytes: number, nth = 1): RequestHook {
  return onNth(operation, nth, (_request, control) => control.stallBody(afterBytes));
}

/** Closes the connection in the answer's body of the `nth`. */
export function cutBody(
  operation: S3Operation,
  afterBytes: number,
  how: ConnectionCut = "end",
  nth = 1,
): RequestHook {
  return onNth(operation, nth, (_request, control) => control.cutBody(afterBytes, how));
}

/** Passes the bodies of answers on slowly. */
export function trickling(operation: S3Operation, bytes: number, everyMs: number): RequestHook {
  return on(operation, (_request, control) => control.trickle(bytes, everyMs));
}

/** Forwards each request later. */
export function delaying(operation: S3Operation, ms: number): RequestHook {
  return on(operation, (_request, control) => control.delay(ms));
}

/** Plays a service that ignores a header of requests, such as If-None-Match or Range. */
export function ignoringHeader(operation: S3Operation, name: string): RequestHook {
  return on(operation, (_request, control) => control.headers.remove(name));
}

/** Changes a byte of the answer's body of the `nth`. */
export function flippedAnswer(operation: S3Operation, at = 0, nth = 1): RequestHook {
  return onNth(operation, nth, (_request, control) => control.flipAnswerByte(at));
}

/** Changes a byte of the body of the `nth` on its way to the server. */
export function flippedRequest(operation: S3Operation, at = 0, nth = 1): RequestHook {
  return onNth(operation, nth, (_request, control) => control.flipByte(at));
}

/** Makes the answer's Content-Length of the `nth` differ by so many bytes; the connection ends after its body. */
export function wrongContentLength(operation: S3Operation, by: number, nth = 1): RequestHook {
  return onNth(operation, nth, (_request, control) => {
    control.alterAnswer(({ headers }) => {
      headers.set("Content-Length", String(Number(headers.get("content-length")) + by));
    });
  });
}

/** Forwards the `nth`, and answers it with 200 and an error, as services do for copies and multipart uploads. */
export function errorWithStatus200(operation: S3Operation, code: string, nth = 1): RequestHook {
  return onNth(operation, nth, (_request, control) => {
    control.alterAnswer((answer) => {
      answer.status = 200;
      answer.headers.set("Content-Type", "application/xml");
      answer.setBody(errorDocument(code));
    });
  });
}

/** Takes the continuation token out of the `nth` page of listings, which may still say that there is more. */
export function droppedToken(nth = 1): RequestHook {
  return onNth("ListObjectsV2", nth, (_request, control) => {
    control.alterAnswer(async (answer) => answer.setBody((await text(answer)).replace(nextToken, "")));
  });
}

/** Has each page of a listing say that there is more after the first page's token: it never ends. */
export function repeatedToken(): RequestHook {
  let first: string | undefined;
  return on("ListObjectsV2", (_request, control) => {
    control.alterAnswer(async (answer) => {
      const page = await text(answer);
      first ??= nextToken.exec(page)?.[0];
      if (first === undefined) return;
      const more = `<IsTruncated>true</IsTruncated>${first}`;
      answer.setBody(page.replace(nextToken, "").replace(/<IsTruncated>.*?<\/IsTruncated>/, () => more));
    });
  });
}

const nextToken = /<NextContinuationToken>.*?<\/NextContinuationToken>/s;

async function text(answer: AlterableAnswer): Promise<string> {
  return (await answer.body()).toString();
}
