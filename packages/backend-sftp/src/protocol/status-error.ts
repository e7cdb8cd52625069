import { status } from "./packet-types.ts";

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(status).map(([name, code]) => [code, name]),
);

/** A request that the server answered with a status other than "ok". */
export class SftpStatusError extends Error {
  override readonly name = "SftpStatusError";
  /** One of `status`. */
  readonly status: number;
  /** What the request was, e.g. `"open"`. */
  readonly request: string;

  constructor(code: number, request: string, serverMessage: string) {
    const about = names.get(code) ?? "of a kind that is not known";
    super(`the server answered ${request} with status ${code} (${about}): ${printable(serverMessage)}`);
    this.status = code;
    this.request = request;
  }
}

/** A server's text as it may stand in a message: one line, printable, short. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 200);
}
