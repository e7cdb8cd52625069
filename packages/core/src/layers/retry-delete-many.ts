import type { Backend } from "../backend.ts";
import { StoreError } from "../errors.ts";
import type { DeleteResult } from "../options.ts";
import { callError } from "./intercept.ts";
import type { DeleteManyCall } from "./operation-call.ts";
import { mayHaveHappened, type RetryAttempts } from "./retry-attempts.ts";

/** Carries out a `deleteMany` below. */
export type DeleteMany = (call: DeleteManyCall) => Promise<readonly DeleteResult[]>;

interface Entry {
  readonly name: string;
  /** Whether an attempt failed that may have deleted it all the same. */
  isDoneMaybe: boolean;
  result: DeleteResult | undefined;
}

/**
 * Repeats a `deleteMany` for the names that failed with a retryable error. Rejects only when no attempt gave an
 * answer, or when aborted; else each name has its own result.
 */
export async function deleteManyWithRetry(
  backend: Backend,
  call: DeleteManyCall,
  next: DeleteMany,
  attempts: RetryAttempts,
): Promise<readonly DeleteResult[]> {
  const entries = call.names.map((name): Entry => ({ name, isDoneMaybe: false, result: undefined }));
  let open: readonly Entry[] = entries;
  let isAnswered = false;
  while (true) {
    let failure: unknown;
    try {
      const answers = await next({ ...call, names: open.map((entry) => entry.name) });
      isAnswered = true;
      for (const [at, entry] of open.entries()) {
        const { name } = entry;
        const answer = answers[at] ?? {
          name,
          error: callError("UNEXPECTED", backend, call, "no result", name),
        };
        const wasDoneBefore = entry.isDoneMaybe && StoreError.is(answer.error, "NOT_FOUND");
        entry.result = wasDoneBefore ? { name } : answer;
      }
      open = open.filter(({ result }) => StoreError.is(result?.error) && result.error.retryable);
      if (open.length === 0) return resultsOf(entries);
      failure = open[0]?.result?.error;
    } catch (error) {
      failure = error;
      for (const entry of open) entry.result = { name: entry.name, error };
    }
    for (const entry of open) entry.isDoneMaybe ||= mayHaveHappened(entry.result?.error);
    if (await attempts.again(failure)) continue;
    if (!isAnswered) throw failure;
    for (const { result } of open) if (StoreError.is(result?.error)) result.error.retryable = false;
    return resultsOf(entries);
  }
}

function resultsOf(entries: readonly Entry[]): readonly DeleteResult[] {
  return entries.flatMap(({ result }) => (result === undefined ? [] : [result]));
}
