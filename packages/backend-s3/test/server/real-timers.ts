// Taken when the module is loaded, so that a test's fake timers do not stop the interceptor.
const { setTimeout, clearTimeout } = globalThis;

/** Resolves after so many milliseconds of real time, or as soon as `signal` aborts. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
