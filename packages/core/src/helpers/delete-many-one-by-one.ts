import { throwIfAborted } from "../abort.ts";
import { callSignal } from "../call-abort.ts";
import { usualConcurrency } from "../capabilities.ts";
import type { BackendDriver } from "../driver.ts";
import type { DeleteResult, OperationOptions } from "../options.ts";
import { mapConcurrently } from "../pool.ts";

/** Fills in `deleteMany`: single deletes, as many at a time as suit the medium. After an abort no further one begins. */
export async function deleteManyOneByOne(
  driver: BackendDriver,
  names: readonly string[],
  options: OperationOptions,
): Promise<readonly DeleteResult[]> {
  const results: DeleteResult[] = [];
  const deleteOne = async (name: string): Promise<DeleteResult> => {
    try {
      await driver.delete(name, options);
      return { name };
    } catch (error) {
      return { name, error };
    }
  };
  const untilAborted = function* (): Generator<string, void, undefined> {
    for (const name of names) {
      throwIfAborted(callSignal(options));
      yield name;
    }
  };
  const concurrency = usualConcurrency(driver.capabilities);
  for await (const result of mapConcurrently(untilAborted(), concurrency, deleteOne)) results.push(result);
  return results;
}
