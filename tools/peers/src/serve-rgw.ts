import { startRgw } from "./rgw.ts";

/**
 * Starts a RADOS Gateway with the bucket `demo`, says how to use it, and ends it with all that it holds when `signal`
 * aborts. Its keys are made up anew each time.
 *
 * @param say gets one line.
 * @throws Error when it does not start.
 */
export async function serveRgw(say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const rgw = await startRgw();
  try {
    await rgw.createBucket("demo");
    const { accessKeyId, secretAccessKey } = rgw.credentials;
    say(
      `RADOS Gateway on ${rgw.endpoint}, in memory, with the bucket "demo". Ctrl-C ends it and forgets all.`,
    );
    say("");
    say(`export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`);
    say("");
    say(`Where a store can be: s3:${rgw.endpoint}/demo/store`);
    await untilAborted(signal);
  } finally {
    await rgw.stop();
  }
}

/** Neither the server nor a handler of signals keeps a process alive; this does. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    clearInterval(alive);
  }
}
