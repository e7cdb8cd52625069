import { connect } from "node:net";
import type { RunningRcd } from "./running-rcd.ts";

/** How long after a broken connection the news of the end of its process is waited for, in milliseconds. */
const graceMs = 1000;

/**
 * After a connection has broken: a process that ends takes its connections along, and the news of its end comes a little
 * later. Resolves when that is there, at once where the process goes on. Never rejects.
 */
export async function noticeEnd(rcd: RunningRcd): Promise<void> {
  if (rcd.isLost || (await listens(rcd.port))) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      remove();
      resolve();
    }, graceMs);
    const remove = rcd.onLost(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Whether somebody does. One that is too busy to say so does. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (isListening: boolean): void => {
      socket.destroy();
      resolve(isListening);
    };
    socket.setTimeout(graceMs, () => settle(true));
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
