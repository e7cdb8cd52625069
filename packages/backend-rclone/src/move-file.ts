import { StoreError } from "@borgstore/core";
import { explain } from "./directories.ts";
import { changing, mayReplace, mustLook, publish, type ChangeContext } from "./publish.ts";
import type { Call } from "./rc-client.ts";

/** Moves an object, by one call where nothing has to be looked at first. */
export async function moveFile(
  context: ChangeContext,
  name: string,
  newName: string,
  call: Call,
): Promise<void> {
  const { remote } = context;
  try {
    await changing(context, [name, newName], call.signal, () =>
      mustLook(remote) ? moveLooking(context, name, newName, call) : remote.move(name, newName, call),
    );
  } catch (error) {
    // Said of what is to be moved, this is clear; everything else may be said of the new name.
    if (StoreError.is(error, "NOT_FOUND")) throw error;
    if (StoreError.is(error, "NOT_A_DIRECTORY") && (await remote.stat(name, call)) === undefined) {
      throw new StoreError("NOT_FOUND", { key: name, cause: error });
    }
    throw await explain(remote, newName, error, call);
  }
}

async function moveLooking(context: ChangeContext, name: string, newName: string, call: Call): Promise<void> {
  const { remote } = context;
  const [source, target] = await Promise.all([remote.look(name, call), remote.look(newName, call)]);
  if (source === undefined) throw new StoreError("NOT_FOUND", { key: name });
  if (source === "directory") throw new StoreError("IS_DIRECTORY", { key: name });
  mayReplace(context, target);
  await context.directories.makeFor(newName, call);
  await publish(context, name, newName, target === "object" ? "object" : undefined, call);
}
