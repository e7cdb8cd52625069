import { StoreError } from "@borgstore/core";
import { explain } from "./directories.ts";
import { changing, mayReplace, mustLook, publish, type ChangeContext } from "./publish.ts";
import type { Call } from "./rc-client.ts";
import { isNoObject } from "./remote.ts";

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
    if (isNoObject(error)) {
      // Said of what is to be moved, this is clear; but it may be said of the new name, or of what was put aside.
      if ((await remote.stat(name, call)) === undefined) {
        throw new StoreError("NOT_FOUND", { key: name, cause: error });
      }
      const explained = await explain(remote, newName, error, call);
      if (!StoreError.is(explained, "NOT_FOUND")) throw explained;
      throw new StoreError("UNAVAILABLE", {
        key: newName,
        detail: "others move it at the same time",
        cause: error,
      });
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
