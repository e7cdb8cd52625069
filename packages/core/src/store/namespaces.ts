import { StoreError } from "../errors.ts";
import { checkName, nameProblem } from "../names.ts";
import { deletedSuffix } from "../nesting.ts";

/** How the items of one namespace are kept. */
export interface NamespaceConfig {
  /**
   * Nesting levels, integers from 0 to {@link maxLevel}. One level is the normal case and costs nothing. With
   * several, items are looked for in this order, and new ones go to the last: for changing the level of a
   * namespace that is in use (see `Store.changeLevel`).
   */
  readonly levels: readonly number[];
}

/**
 * Namespaces by name, with or without a slash at the end; `""` is the root, which takes all that no other one
 * takes. The longest that matches a name on whole segments wins: `data` takes `data/x` and `data/sub/x`, never
 * `database/x`.
 */
export type NamespacesConfig = Readonly<Record<string, NamespaceConfig>>;

/** Highest nesting level that can be configured: beyond it hardly a key fits into a name of 100 characters. */
export const maxLevel = 16;

/** One configured namespace. */
export interface Namespace {
  /** Without a slash at the end; `""` is the root. */
  readonly name: string;
  /** What the names of its items start with: `data/`, or nothing for the root. */
  readonly prefix: string;
  readonly levels: readonly number[];
  /** The only level, or `undefined` when there are several and items have to be looked for. */
  readonly onlyLevel: number | undefined;
  /** Where new items go. */
  readonly lastLevel: number;
}

/** The namespaces of a store: checks names and tells where they belong. Does no I/O. */
export class Namespaces {
  /** Longest name first. */
  readonly #namespaces: readonly Namespace[];

  /** @throws StoreError `INVALID_ARGUMENT` for a configuration that makes no sense. */
  constructor(config: NamespacesConfig) {
    if (typeof config !== "object" || config === null || Object.keys(config).length === 0) {
      throw invalid('namespaces are given as an object like { data: { levels: [2] } }, "" being the root');
    }
    const namespaces = new Map<string, Namespace>();
    for (const [key, entry] of Object.entries(config as Record<string, NamespaceConfig | undefined>)) {
      const name = withoutSlash(key);
      const problem = name === "" && key !== "/" ? undefined : nameProblem(name);
      if (problem !== undefined) throw invalid(`namespace ${JSON.stringify(key)}: ${problem}`);
      if (namespaces.has(name)) throw invalid(`namespace ${JSON.stringify(name)} is configured twice`);
      namespaces.set(name, makeNamespace(name, entry?.levels));
    }
    this.#namespaces = [...namespaces.values()].sort((a, b) => b.name.length - a.name.length);
  }

  /**
   * The namespace of an item.
   *
   * @throws StoreError `INVALID_NAME` for what is no name of an item, `NO_NAMESPACE` when nothing configured
   *   takes it.
   */
  ofItem(name: string): Namespace {
    checkName(name);
    if (name.endsWith(deletedSuffix)) {
      throw new StoreError("INVALID_NAME", {
        key: name,
        detail: `names ending in ${deletedSuffix} are those of soft-deleted items; use the deleted option`,
      });
    }
    const namespace = this.ofPath(name);
    if (namespace !== undefined) return namespace;
    throw new StoreError("NO_NAMESPACE", { key: name, detail: this.#hint() });
  }

  /** The namespace that takes the items below a directory, itself or one above it, when there is one. */
  ofDirectory(name: string): Namespace | undefined {
    return this.ofPath(`${name}/`);
  }

  /** Prefixes, relative to the directory, of other namespaces that are configured below it. */
  prefixesBelow(directory: string): readonly string[] {
    const start = directory === "" ? "" : `${directory}/`;
    return this.#namespaces
      .filter(({ name, prefix }) => name !== directory && prefix.startsWith(start))
      .map(({ prefix }) => prefix.slice(start.length))
      .filter((prefix) => prefix !== "");
  }

  /** The namespace that takes a path, when there is one. */
  ofPath(path: string): Namespace | undefined {
    for (const namespace of this.#namespaces) {
      if (path.startsWith(namespace.prefix)) return namespace;
    }
    return undefined;
  }

  #hint(): string {
    return `configured: ${this.#namespaces.map(({ name }) => JSON.stringify(name)).join(", ")}`;
  }
}

/**
 * The directory of a namespace: its name without the slash that may stand at the end.
 *
 * @throws StoreError `INVALID_NAME` for what is neither a valid name nor `""`, the root.
 */
export function namespaceDirectory(namespace: string): string {
  if (namespace === "") return "";
  const directory = typeof namespace === "string" ? withoutSlash(namespace) : namespace;
  checkName(directory);
  return directory;
}

/** The name of an item from those of its namespace and its key. */
export function joinName(namespace: string, key: string): string {
  return namespace === "" ? key : `${namespace}/${key}`;
}

function withoutSlash(namespace: string): string {
  return namespace.endsWith("/") ? namespace.slice(0, -1) : namespace;
}

function makeNamespace(name: string, levels: readonly number[] | undefined): Namespace {
  if (levels === undefined || !Array.isArray(levels) || levels.length === 0) {
    throw invalid(`namespace ${JSON.stringify(name)}: levels is an array of at least one nesting level`);
  }
  for (const level of levels as readonly unknown[]) {
    if (!Number.isInteger(level) || (level as number) < 0 || (level as number) > maxLevel) {
      throw invalid(
        `namespace ${JSON.stringify(name)}: a level is an integer from 0 to ${maxLevel}, not ${String(level)}`,
      );
    }
  }
  if (new Set(levels).size !== levels.length) {
    throw invalid(`namespace ${JSON.stringify(name)}: a level is named twice`);
  }
  const lastLevel = levels[levels.length - 1] as number;
  return Object.freeze({
    name,
    prefix: name === "" ? "" : `${name}/`,
    levels: Object.freeze([...(levels as readonly number[])]),
    onlyLevel: levels.length === 1 ? lastLevel : undefined,
    lastLevel,
  });
}

function invalid(detail: string): StoreError {
  return new StoreError("INVALID_ARGUMENT", { detail });
}
