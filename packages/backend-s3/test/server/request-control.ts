import type { HeaderList } from "./header-list.ts";
import type { RecordedRequest } from "./recorded-request.ts";

/**
 * Asked once for each request when its headers are there, before anything is forwarded; the request waits until it
 * resolves. One that does nothing lets it pass.
 */
export type RequestHook = (request: RecordedRequest, control: RequestControl) => void | Promise<void>;

/** An answer that does not come from the real server. */
export interface OwnAnswer {
  readonly status: number;
  /** Content-Length is added unless it is here; a wrong one is sent as it is. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Answer while the body of the request is still coming; default: after it, as services mostly do. */
  readonly early?: boolean;
}

/** The real server's answer, before the client gets it. */
export interface AlterableAnswer {
  status: number;
  readonly headers: HeaderList;
  /** Reads the body; from then on the answer has what it was or is set to. */
  body(): Promise<Buffer>;
  /** Replaces the body, and sets Content-Length. */
  setBody(body: string | Uint8Array): void;
  /** Passes each piece of the body through `alter`, which is told where in the body it begins. */
  alterBody(alter: (piece: Buffer, offset: number) => Uint8Array): void;
}

/** How a connection is closed: `"end"` with a FIN, `"reset"` with a RST. */
export type ConnectionCut = "end" | "reset";

/**
 * What a {@link RequestHook} can do to a request and its answer. Several things can be asked for: with those that end
 * a request before it is forwarded the last one counts, and all about the answer is for the real server's.
 */
export interface RequestControl {
  /** Answers without forwarding. */
  answer(answer: OwnAnswer): void;
  /** Answers with an error as services write it, without forwarding; HEAD requests get no body. */
  error(status: number, code: string, message?: string): void;
  /** Resets the connection without forwarding. */
  reset(): void;
  /** Neither forwards nor answers, until the client gives up or the interceptor stops. */
  stall(): void;

  /** Waits in real time, also under fake timers; less when the client leaves or the interceptor stops. */
  delay(ms: number): Promise<void>;
  /** Reads the body of the request; it is forwarded all the same. */
  body(): Promise<Buffer>;
  /** Headers as they are going to be forwarded. A change makes the signature wrong unless there are credentials. */
  readonly headers: HeaderList;
  /** Replaces the body to forward, and sets Content-Length; not the hash of it that is signed. */
  setBody(body: string | Uint8Array): void;
  /** Inverts all bits of one byte of the body to forward; a body that ends before stays as it is. */
  flipByte(at: number): void;

  /** Alters the answer before the client gets anything of it; such calls add up. */
  alterAnswer(alter: (answer: AlterableAnswer) => void | Promise<void>): void;
  /** Forwards, waits for the whole answer, and closes the connection instead of passing it on. */
  loseAnswer(how?: ConnectionCut): void;
  /** Passes on nothing of the answer's headers, until the client gives up or the interceptor stops. */
  stallAnswer(): void;
  /** Stops after so many bytes of the answer's body, until the client gives up or the interceptor stops. */
  stallBody(afterBytes: number): void;
  /** Closes the connection after so many bytes of the answer's body; not when it is shorter. */
  cutBody(afterBytes: number, how?: ConnectionCut): void;
  /** Passes the answer's body on by so many bytes at a time, with so many milliseconds in front of each. */
  trickle(bytes: number, everyMs: number): void;
  /** Inverts all bits of one byte of the answer's body. */
  flipAnswerByte(at: number): void;
}
