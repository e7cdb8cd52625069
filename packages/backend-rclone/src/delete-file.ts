import { StoreError } from "@borgstore/core";
import { changing, type ChangeContext } from "./publish.ts";
import type { Call } from "./rc-client.ts";

/** Deletes an object, by one call. */
export async function deleteFile(context: ChangeContext, name: string, call: Call): Promise<void> {
  await changing(context, [name], call.signal, async () => {
    try {
      await context.remote.delete(name, call);
    } catch (error) {
      if (!StoreError.is(error, "NOT_A_DIRECTORY")) throw error;
      throw new StoreError("NOT_FOUND", { key: name, cause: error });
    }
  });
}
