import { delay } from "@borgstore/core";

const longestPauseMs = 500;

/** Waits a little, longer at each attempt, until file handles may have been closed elsewhere in the process. */
export async function pauseForHandles(attempt: number): Promise<void> {
  await delay(Math.min(2 ** attempt, longestPauseMs));
}
