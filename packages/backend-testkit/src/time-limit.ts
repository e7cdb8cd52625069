// Taken when the suite is loaded, so that a test's fake timers do not stop the limits.
const { setTimeout, clearTimeout } = globalThis;

/**
 * Settles as `promise` does, or rejects after `ms` milliseconds; what was awaited goes on in the background then
 * and its outcome is dropped.
 */
export async function withTimeLimit<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms` milliseconds. */
export async function wait(ms: number): Promise<void> {
  await new Promise<void>((resolve) => void setTimeout(resolve, ms));
}
