import type { BackendDriver } from "../driver.ts";
import type { DeleteResult, OperationOptions } from "../options.ts";
import { mapConcurrently } from "../pool.ts";

const concurrency = 16;

/** Fills in `deleteMany`: single deletes, 16 at a time. */
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
  for await (const result of mapConcurrently(names, concurrency, deleteOne)) results.push(result);
  return results;
}
