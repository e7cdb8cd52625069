import { throwIfAborted } from "../abort.ts";
import { usualConcurrency } from "../capabilities.ts";
import { StoreError } from "../errors.ts";
import { checkName } from "../names.ts";
import type { OperationOptions } from "../options.ts";
import { mapConcurrently } from "../pool.ts";
import { checkBatch, type BatchItems, type BatchOptions, type BatchResult, untilAborted } from "./batch.ts";
import { deleteOperation } from "./item-operations.ts";
import type { OperationContext } from "./operation.ts";
import type { OperationRecorder } from "./operation-recorder.ts";
import { placeItem } from "./place-item.ts";
import type { ItemOptions } from "./store-options.ts";
import { translateError } from "./translate-error.ts";

/** What to delete: the live item of a name, or with `deleted` the soft-deleted one. */
export type DeleteRequest = string | { readonly name: string; readonly deleted?: boolean | undefined };

/** Names that go to the backend at once: what one request to S3 can hold. */
const chunkLength = 1000;

type Result = BatchResult<undefined>;
type DeleteOne = (name: string, options: ItemOptions) => Promise<void>;

/**
 * Deletes in bulk, as the backend does it, what is in namespaces with one level, and one by one what has to be
 * looked for. Each name counts as a delete of its own; the time of a bulk delete is shared out evenly.
 */
export async function* deleteInChunks(
  context: OperationContext,
  recorder: OperationRecorder,
  requests: BatchItems<DeleteRequest>,
  { concurrency = usualConcurrency(context.backend.capabilities), signal }: BatchOptions,
  deleteOne: DeleteOne,
): AsyncGenerator<Result, void, undefined> {
  checkBatch(requests, concurrency);
  throwIfAborted(signal);
  for await (const chunk of chunksOf(untilAborted(requests, signal))) {
    const results = new Map<number, Result>();
    await deleteBulk(context, recorder, chunk, results, { signal });
    const rest = [...chunk.keys()].filter((index) => !results.has(index));
    const work = async (index: number): Promise<readonly [number, Result]> => {
      const { name, deleted } = chunk[index] as ItemRequest;
      try {
        await deleteOne(name, { deleted, signal });
        return [index, { name, value: undefined }];
      } catch (error) {
        return [index, { name, error }];
      }
    };
    for await (const [index, result] of mapConcurrently(rest, concurrency, work)) results.set(index, result);
    throwIfAborted(signal);
    for (let index = 0; index < chunk.length; index++) yield results.get(index) as Result;
  }
}

interface ItemRequest {
  readonly name: string;
  readonly deleted: boolean;
}

async function* chunksOf(
  requests: BatchItems<DeleteRequest>,
): AsyncGenerator<readonly ItemRequest[], void, undefined> {
  let chunk: ItemRequest[] = [];
  for await (const request of requests) {
    chunk.push(
      typeof request === "string"
        ? { name: request, deleted: false }
        : { name: request.name, deleted: request.deleted === true },
    );
    if (chunk.length === chunkLength) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Deletes those of a chunk that need not be looked for, and puts what became of them into `results`. */
async function deleteBulk(
  context: OperationContext,
  recorder: OperationRecorder,
  chunk: readonly ItemRequest[],
  results: Map<number, Result>,
  options: OperationOptions,
): Promise<void> {
  const places: string[] = [];
  const indices: number[] = [];
  for (const [index, request] of chunk.entries()) {
    const place = placeOf(context, request);
    if (place === undefined) continue;
    places.push(place);
    indices.push(index);
  }
  if (places.length === 0) return;
  const startedAt = performance.now();
  let errors: readonly unknown[];
  try {
    const answers = await context.backend.deleteMany(places, options);
    errors = places.map((_place, at) => (answers[at] === undefined ? noAnswer() : answers[at].error));
  } catch (error) {
    // As a whole: which of them are gone is not known. Each name gets an error of its own, for its key.
    errors = places.map(() => (StoreError.is(error) ? copyError(error) : error));
  }
  const ms = (performance.now() - startedAt) / places.length;
  for (const [at, index] of indices.entries()) {
    const { name, deleted } = chunk[index] as ItemRequest;
    const itemOptions: ItemOptions = { deleted, signal: options.signal };
    if (errors[at] === undefined) {
      recorder.succeeded(deleteOperation, ms, name, itemOptions, undefined, undefined);
      results.set(index, { name, value: undefined });
    } else {
      const error = translateError(errors[at], context, deleteOperation, name, undefined);
      recorder.failed(deleteOperation, ms, name, itemOptions, undefined, error);
      results.set(index, { name, error });
    }
  }
}

/** Silence must not pass for success. */
function noAnswer(): StoreError {
  return new StoreError("UNEXPECTED", { detail: "the backend gave no result for this name" });
}

function copyError(cause: StoreError): StoreError {
  const { retryable, message } = cause;
  return new StoreError(cause.code, { retryable, detail: message, cause });
}

/** Where an item is, or `undefined` when that has to be found out, or when its name is refused: one by one then. */
function placeOf({ namespaces }: OperationContext, { name, deleted }: ItemRequest): string | undefined {
  try {
    const { onlyLevel } = namespaces.ofItem(name);
    if (onlyLevel === undefined) return undefined;
    const place = placeItem(name, onlyLevel, deleted);
    checkName(place);
    return place;
  } catch (error) {
    if (StoreError.is(error)) return undefined;
    throw error;
  }
}
