import * as http from "node:http";

/** Far more than the answers that are asked for here. */
const maxAnswerBytes = 1024 * 1024;

/** An answer, whatever its status. */
export interface RcdAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Calls a method of rclone's remote control that needs no parameters, over a connection of its own.
 *
 * @param authorization the header's value; `undefined`: asks without a password
 * @throws Error of Node when there is no complete answer, and the reason of the signal after an abort
 */
export function askRcd(
  port: number,
  method: string,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<RcdAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: "127.0.0.1",
      port,
      path: `/${method}`,
      method: "POST",
      // Neither kept connections nor a proxy of the environment.
      agent: false,
      signal,
      headers: {
        "content-type": "application/json",
        "content-length": 2,
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
    const fail = (error: Error): void => {
      request.destroy();
      reject(signal.aborted ? (signal.reason as Error) : error);
    };
    request.on("error", fail);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
        if (text.length > maxAnswerBytes) fail(new Error("an answer that is too long"));
      });
      response.on("error", fail);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    request.end("{}");
  });
}
