import { StoreError } from "@borgstore/core";

/** A failure that several callers share, as an error of its own for one of them; what is no `StoreError` stays it. */
export function copyError(error: unknown, detail: string, name?: string): unknown {
  if (!StoreError.is(error)) return error;
  const { code, retryable, unsent, cause } = error;
  return new StoreError(code, { key: name, detail, retryable, unsent, cause: cause ?? error });
}
