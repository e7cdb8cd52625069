import {
  callSignal,
  delay,
  StoreError,
  throwIfAborted,
  type ByteSource,
  type StoreOptions,
} from "@borgstore/core";
import { explain } from "./directories.ts";
import { publishesUploads } from "./features.ts";
import { changing, mayReplace, mustLook, publish, type ChangeContext } from "./publish.ts";
import type { Call } from "./rc-client.ts";
import type { Remote } from "./remote.ts";
import { upload, type StoreSource } from "./uploads.ts";

/** How long a value that rclone has may take to land after an abort, in ms. */
const landingMs = 1000;

/** Stores a value that is there. */
export async function storeValue(
  context: ChangeContext,
  name: string,
  value: Uint8Array,
  options: StoreOptions,
): Promise<void> {
  await storeFile(context, name, { value }, { signal: callSignal(options), name });
}

/** Stores a value that comes in pieces. */
export async function storePieces(
  context: ChangeContext,
  name: string,
  pieces: ByteSource,
  options: StoreOptions,
): Promise<void> {
  await storeFile(context, name, { pieces }, { signal: callSignal(options), name });
}

/**
 * Stores a value. On buckets it is uploaded to its name, which shows it when it is complete. Elsewhere an upload can be
 * seen growing, and one that is cut off destroys what was there: it goes to a temporary name first.
 */
async function storeFile(
  context: ChangeContext,
  name: string,
  source: StoreSource,
  call: Call,
): Promise<void> {
  const { remote } = context;
  await changing(context, [name], call.signal, () =>
    publishesUploads(remote.features)
      ? uploadAlone(remote, name, source, call)
      : storeByMoving(context, name, source, call),
  );
}

/**
 * After an abort rclone may have the whole value already, which then lands: that must not be after what is stored next.
 */
async function uploadAlone(remote: Remote, name: string, source: StoreSource, call: Call): Promise<void> {
  try {
    await upload(remote, name, source, call);
  } catch (error) {
    if (call.signal?.aborted === true) await delay(landingMs);
    throw error;
  }
}

async function storeByMoving(
  context: ChangeContext,
  name: string,
  source: StoreSource,
  call: Call,
): Promise<void> {
  const { remote, tempNames } = context;
  const temp = `${name.slice(0, name.lastIndexOf("/") + 1)}${tempNames.next()}`;
  try {
    await context.directories.makeFor(name, call);
    const looking = mustLook(remote) ? remote.look(name, call) : undefined;
    const [uploaded, looked] = await Promise.allSettled([upload(remote, temp, source, call), looking]);
    if (looked.status === "fulfilled") mayReplace(context, looked.value);
    if (uploaded.status === "rejected") throw uploaded.reason;
    if (looked.status === "rejected") throw looked.reason;
    // The value is the caller's again after an abort, and nothing may be seen then that was not asked for any more.
    throwIfAborted(call.signal);
    await publish(context, temp, name, looked.value === "object" ? "object" : undefined, call);
  } catch (error) {
    const explained =
      call.signal?.aborted === true
        ? error
        : await explain(remote, name, error, { ...call, signal: undefined });
    // Whether it is there or not; a listing finds what stays.
    const removing = remote.delete(temp, { signal: undefined }).catch(() => undefined);
    // A remote that does not answer would not answer this either, and take as long again.
    if (!StoreError.is(error, "TIMEOUT")) await removing;
    throw StoreError.is(explained, "NOT_FOUND") ? othersInterfere(name, explained) : explained;
  }
}

/** Nothing can be missing when something is stored, except what another process has moved away at that moment. */
function othersInterfere(name: string, cause: StoreError): StoreError {
  return new StoreError("UNAVAILABLE", {
    key: name,
    detail: "others store under this name at the same time",
    cause,
  });
}
