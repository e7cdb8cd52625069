import { StoreError } from "../errors.ts";
import { checkKeyLength } from "../nesting.ts";
import type { DefragSource, DefragTarget } from "../options.ts";
import { findLevel } from "./find-item.ts";
import { joinName, namespaceDirectory } from "./namespaces.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { placeItem } from "./place-item.ts";
import { pythonRepr } from "./python-repr.ts";
import type { StoreDefragOptions, StoreDefragSource } from "./store-options.ts";

/** `Store.defrag`; the name is that of the namespace, the argument the sources, the result the new key. */
export const defragOperation: Operation<StoreDefragOptions, readonly StoreDefragSource[], string> = {
  name: "defrag",
  async perform(context, namespace, options, sources) {
    const directory = namespaceDirectory(namespace);
    checkSources(sources);
    const target = await placeTarget(context, directory, options);
    const parts: DefragSource[] = [];
    for (const source of sources) parts.push(await placeSource(context, directory, source, options));
    const place = await context.backend.defrag(parts, target, { signal: options.signal });
    return options.target ?? place.slice(place.lastIndexOf("/") + 1);
  },
  volume: (_key, sources) => sources.reduce((sum, { size }) => sum + size, 0),
  describe: (namespace, { target, algorithm }, sources, key) =>
    `defrag(${Array.isArray(sources) ? sources.length : "?"} sources, target=${pythonRepr(target)}, algorithm=${pythonRepr(algorithm)}, ` +
    `namespace=${pythonRepr(namespace)})${key === undefined ? "" : ` [${pythonRepr(key)}]`}`,
};

function isSource(source: unknown): boolean {
  return typeof source === "object" && source !== null && ("name" in source || "key" in source);
}

/** @throws StoreError `INVALID_ARGUMENT`. The rest is checked at the backend. */
function checkSources(sources: readonly unknown[]): void {
  if (Array.isArray(sources) && sources.every((source) => isSource(source))) return;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: "the sources of a defrag are an array of objects with name or key, offset and size",
  });
}

async function placeTarget(
  { backend, namespaces }: OperationContext,
  directory: string,
  { target, algorithm, signal }: StoreDefragOptions,
): Promise<DefragTarget> {
  if (target === undefined) {
    if (typeof algorithm !== "string" || algorithm === "") {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: "defrag needs a target key, or an algorithm that makes it from the content",
      });
    }
    const namespace = namespaces.ofDirectory(directory);
    if (namespace === undefined) throw new StoreError("NO_NAMESPACE", { key: directory });
    return { namespace: directory, level: namespace.lastLevel, algorithm };
  }
  const name = joinName(directory, target);
  const namespace = namespaces.ofItem(name);
  let level = namespace.lastLevel;
  if (namespace.onlyLevel === undefined) {
    level = (await findLevel(backend, namespace, name, false, signal)) ?? level;
  }
  checkKeyLength(name, level);
  return { name: placeItem(name, level, false) };
}

async function placeSource(
  { backend, namespaces }: OperationContext,
  directory: string,
  source: StoreDefragSource,
  { signal }: StoreDefragOptions,
): Promise<DefragSource> {
  const name = "name" in source ? source.name : joinName(directory, source.key);
  const namespace = namespaces.ofItem(name);
  let level = namespace.lastLevel;
  if (namespace.onlyLevel === undefined) {
    level = (await findLevel(backend, namespace, name, false, signal)) ?? level;
  }
  return { name: placeItem(name, level, false), offset: source.offset, size: source.size };
}
