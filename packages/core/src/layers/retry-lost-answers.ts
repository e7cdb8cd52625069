import type { Backend } from "../backend.ts";
import { startSource, toBytes } from "../bytes.ts";
import { StoreError } from "../errors.ts";
import type { MoveCall, OperationCall } from "./operation-call.ts";

/**
 * Whether a repeated call may run although an earlier attempt may have done its work. Only a `defrag` onto one
 * of its own sources may not: it would cut up its own result.
 */
export function isRepeatable(call: OperationCall): boolean {
  if (call.operation !== "defrag" || !("name" in call.target)) return true;
  const { name } = call.target;
  return call.sources.every((source) => source.name !== name);
}

/**
 * Whether the failure of a repeated call means that an earlier attempt did the work and only its answer was lost:
 * - `delete`, `rmdir`: gone. `destroy`: no storage. (Also when there never was any.)
 * - `move`: the old name is gone and the new one is there; or, where a move takes two steps (with `ifAbsent`, and without
 *   `atomicMove`), both are there with the same content, and the old one is deleted now.
 * - `store`, `storeStream` with `ifAbsent`, or where nothing can be replaced: what is there is byte for byte what
 *   was to be stored.
 *
 * `create` is not among them: what was made just now is empty and can be made again, so `BACKEND_EXISTS`
 * means that it is somebody else's.
 */
export async function wasDoneBefore(
  backend: Backend,
  call: OperationCall,
  error: StoreError,
): Promise<boolean> {
  const { operation } = call;
  if (operation === "delete" || operation === "rmdir") return error.code === "NOT_FOUND";
  if (operation === "destroy") return error.code === "BACKEND_NOT_FOUND";
  if (operation === "move") return await wasMoved(backend, call, error);
  if (operation !== "store" && operation !== "storeStream") return false;
  const { name, options } = call;
  if (!isTaken(backend, options.ifAbsent, error)) return false;
  if (operation === "store") {
    const value = toBytes(call.value);
    return await holds(backend, name, [value], value.byteLength, options.signal);
  }
  if (typeof call.source !== "function") return false;
  return await holds(backend, name, startSource(call.source), undefined, options.signal);
}

function isTaken(backend: Backend, ifAbsent: boolean | undefined, error: StoreError): boolean {
  if (error.code === "ALREADY_EXISTS") return ifAbsent === true;
  return error.code === "UNSUPPORTED" && !backend.capabilities.atomicReplace;
}

async function wasMoved(backend: Backend, call: MoveCall, error: StoreError): Promise<boolean> {
  const { name, newName, options } = call;
  if (name === newName) return false;
  const isGone = error.code === "NOT_FOUND";
  if (!isGone && !isTaken(backend, options.ifAbsent, error)) return false;
  const wanted = { signal: options.signal };
  const target = await backend.info(newName, wanted);
  if (!target.exists || target.isDirectory) return false;
  if (isGone) return true;
  const source = await backend.info(name, wanted);
  if (!source.exists) return true;
  const isInOneStep = backend.capabilities.atomicMove && options.ifAbsent !== true;
  if (isInOneStep || source.isDirectory || source.size !== target.size) return false;
  const digest = await backend.hash(newName, undefined, wanted);
  if (digest !== (await backend.hash(name, undefined, wanted))) return false;
  // Hashing takes time, in which somebody may have stored there.
  const now = await backend.info(name, wanted);
  if (!now.exists) return true;
  if (now.size !== source.size || now.modifiedAtMs !== source.modifiedAtMs) return false;
  await backend.delete(name, wanted);
  return true;
}

/** Whether an object is there that consists of exactly these pieces. */
async function holds(
  backend: Backend,
  name: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  length: number | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const item = await backend.info(name, { signal });
  if (!item.exists || item.isDirectory) return false;
  if (length !== undefined && length !== item.size) return false;
  const stored = backend.loadStream(name, { signal })[Symbol.asyncIterator]();
  try {
    let rest: Uint8Array = new Uint8Array(0);
    for await (const piece of pieces) {
      for (let at = 0; at < piece.byteLength;) {
        if (rest.byteLength === 0) {
          const step = await stored.next();
          if (step.done === true) return false;
          rest = step.value;
        }
        const common = Math.min(rest.byteLength, piece.byteLength - at);
        if (!equalBytes(rest.subarray(0, common), piece.subarray(at, at + common))) return false;
        at += common;
        rest = rest.subarray(common);
      }
    }
    while (rest.byteLength === 0) {
      const step = await stored.next();
      if (step.done === true) return true;
      rest = step.value;
    }
    return false;
  } finally {
    await stored.return?.();
  }
}

/** Whether two byte arrays have the same content. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);
}
