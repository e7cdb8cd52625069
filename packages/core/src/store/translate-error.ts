import { annotateError, StoreError } from "../errors.ts";
import { deletedSuffix, nestName } from "../nesting.ts";
import type { Namespaces } from "./namespaces.ts";
import type { OperationContext, OperationDescription } from "./operation.ts";

/**
 * Puts an error into the words of the caller: `operation` is the store's method and `key` the name that was
 * asked for, where the backend says what it was doing and the nested name. The message keeps the latter. What
 * is no StoreError goes on as it came.
 */
export function translateError<Options, Argument, Result>(
  error: unknown,
  { backend, namespaces }: OperationContext,
  operation: OperationDescription<Options, Argument, Result>,
  name: string,
  argument: Argument,
): unknown {
  if (!StoreError.is(error)) return error;
  const operationName = operation.name;
  // The error of a source is its owner's, who knows best what it was about; a namespace is no key.
  if (operationName === "storeStream" || operationName === "defrag") {
    return annotateError(error, { backend: backend.name, operation: operationName, key: name });
  }
  annotateError(error, { backend: backend.name });
  error.operation = operationName;
  if (name === "" && error.key === undefined) return error;
  const newName = operation.newName?.(argument);
  error.key = newName !== undefined && isPlaceOf(namespaces, newName, error.key) ? newName : name;
  return error;
}

function isPlaceOf(namespaces: Namespaces, name: string, key: string | undefined): boolean {
  if (typeof name !== "string") return false;
  const levels = namespaces.ofPath(name)?.levels ?? [];
  const places = [name, ...levels.map((level) => nestName(name, level))];
  return places.some((place) => key === place || key === place + deletedSuffix);
}
