import { StoreError } from "./errors.ts";

/**
 * A failure that several callers share, as an error of its own for one of them: errors are annotated with what the call
 * was. What is no `StoreError` stays what it is.
 */
export function copyError(error: unknown, detail: string, key?: string): unknown {
  if (!StoreError.is(error)) return error;
  const { code, retryable, unsent, cause } = error;
  return new StoreError(code, { key, detail, retryable, unsent, cause: cause ?? error });
}
