type Done<T> = (error: Error | null | undefined, value: T) => void;

/** What a function that takes a callback last calls back with. */
export async function result<T>(call: (done: Done<T>) => unknown): Promise<T> {
  return await new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** Waits for a function that calls back with nothing but an error. */
export async function completion(call: (done: (error?: Error | null) => void) => unknown): Promise<void> {
  await result<unknown>((done) => call((error) => done(error, undefined)));
}
