import { delay } from "@borgstore/core";
import { errnoOf } from "./classify.ts";

const heldErrors = new Set(["EPERM", "EACCES", "EBUSY"]);
const attempts = 10;
const pauseMs = 50;

/**
 * On Windows, a rename fails while a virus scanner or a reader has one of the two files open: waits for them, longer
 * at each attempt, 3 s in all. Elsewhere nothing of the kind happens.
 *
 * @param attempt number of the attempt that failed with `error`, from 1
 * @returns whether it makes sense to try again
 */
export async function waitForHolder(error: unknown, attempt: number): Promise<boolean> {
  if (process.platform !== "win32" || attempt > attempts) return false;
  if ((error as { syscall?: unknown }).syscall !== "rename" || !heldErrors.has(errnoOf(error) ?? ""))
    return false;
  await delay(attempt * pauseMs);
  return true;
}
