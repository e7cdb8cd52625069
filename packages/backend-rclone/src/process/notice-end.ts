import { askRcd } from "./ask-rcd.ts";
import type { RunningRcd } from "./running-rcd.ts";

/** How long an answer, or the news of an end, is waited for, in milliseconds. */
const graceMs = 1000;

/**
 * After a connection has broken: a process that ends takes its connections along, and the news of its end comes a little
 * later. Resolves when that is there, at once where the process still answers. Never rejects.
 */
export async function noticeEnd(rcd: RunningRcd): Promise<void> {
  if (rcd.isLost || (await answers(rcd))) return;
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

/** Whether it does. To be connected is not enough: one that ends may still have listened at that moment. */
async function answers({ port, authorization }: RunningRcd): Promise<boolean> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error("no answer")), graceMs);
  try {
    await askRcd(port, "rc/noop", authorization, late.signal);
    return true;
  } catch {
    // One that is too busy has not ended.
    return late.signal.aborted;
  } finally {
    clearTimeout(timer);
  }
}
