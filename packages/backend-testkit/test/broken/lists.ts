import { isValidName, StoreError, type Backend, type ItemInfo, type ListOptions } from "@borgstore/core";
import { broken, collect, type BrokenBackend } from "./broken-backend.ts";

/** A defect that changes the pages of a listing one by one. */
function brokenPages(
  id: string,
  defect: string,
  change: (page: readonly ItemInfo[], options: ListOptions, name: string) => readonly ItemInfo[],
): BrokenBackend {
  return broken(id, defect, (inner) => ({
    list: async function* (name, options = {}) {
      for await (const page of inner.list(name, options)) yield change(page, options, name);
    },
  }));
}

async function allItems(inner: Backend, name: string, options?: ListOptions): Promise<ItemInfo[]> {
  return (await collect(inner.list(name, options))).flat();
}

function sortedBy(page: readonly ItemInfo[], key: (item: ItemInfo) => string): readonly ItemInfo[] {
  return page.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Defects of list. */
export const brokenLists: readonly BrokenBackend[] = [
  brokenPages(
    "list-flags",
    "does not tell directories from objects, in all but the root",
    (page, _options, name) => (name === "" ? page : page.map((item) => ({ ...item, isDirectory: false }))),
  ),
  broken("list-neighbours", "shows what is in directories whose names begin alike", (inner) => ({
    list: async function* (name, options) {
      yield* inner.list(name, options);
      if (name !== "" && (await inner.info(`${name}2`, options)).exists)
        yield* inner.list(`${name}2`, options);
    },
  })),
  broken("list-root-empty", "takes an empty root for a missing storage", (inner, { storage }) => ({
    list: async function* (name, options) {
      yield* inner.list(name, options);
      if (name === "" && storage.objects.size + storage.directories.size === 0) {
        throw new StoreError("BACKEND_NOT_FOUND");
      }
    },
  })),
  broken(
    "list-recursive-directories",
    "shows empty directories in a recursive listing",
    (inner, { storage }) => ({
      list: async function* (name, options) {
        yield* inner.list(name, options);
        if (options?.recursive !== true || !storage.directories.has("data/empty/inner")) return;
        yield [{ name: "empty/inner", exists: true, size: 0, isDirectory: true }];
      },
    }),
  ),
  brokenPages("list-shallow", "descends no more than two levels", (page, { recursive }) =>
    recursive === true ? page.filter(({ name }) => name.split("/").length < 4) : page,
  ),
  brokenPages("list-no-slash", "orders directories as if they were objects", (page, { recursive }) =>
    recursive === true ? page : sortedBy(page, ({ name }) => name),
  ),
  brokenPages("list-components", "orders a recursive listing component by component", (page, { recursive }) =>
    recursive === true ? sortedBy(page, ({ name }) => name.replaceAll("/", "\u0001")) : page,
  ),
  broken("list-one-page", "gives everything in one page", (inner) => ({
    list: async function* (name, options) {
      const items = await allItems(inner, name, options);
      if (items.length > 0) yield items;
    },
  })),
  brokenPages("list-loses", "loses the last entry of a full page", (page) =>
    page.length >= 1_000 ? page.slice(0, -1) : page,
  ),
  brokenPages("list-sizes", "tells no sizes in listings", (page) =>
    page.map((item) => ({ ...item, size: -1 })),
  ),
  brokenPages("list-sizeless", "shows no directories without sizes", (page, { sizes }) =>
    sizes === false ? page.filter(({ isDirectory }) => !isDirectory) : page,
  ),
  broken("list-missing", "takes a missing directory for an error", (inner, { storage }) => ({
    list: async function* (name, options) {
      yield* inner.list(name, options);
      if (name.includes("none") && !storage.directories.has(name)) throw new StoreError("NOT_FOUND");
    },
  })),
  broken("list-no-empty", "does not show empty directories", (inner) => ({
    list: async function* (name, options) {
      for await (const page of inner.list(name, options)) {
        const kept: ItemInfo[] = [];
        for (const item of page) {
          const inside = name === "" ? item.name : `${name}/${item.name}`;
          if (!item.isDirectory || (await allItems(inner, inside)).length > 0) kept.push(item);
        }
        if (kept.length > 0) yield kept;
      }
    },
  })),
  broken("list-object", "lists nothing below an object", (inner) => ({
    list: async function* (name, options) {
      try {
        yield* inner.list(name, options);
      } catch (error) {
        if (!StoreError.is(error, "NOT_A_DIRECTORY")) throw error;
      }
    },
  })),
  broken(
    "list-itself",
    "lists an object as if it were in itself",
    (inner, { storage }) => ({
      list: async function* (name, options) {
        yield* inner.list(name, options);
        if (storage.objects.has(name)) yield [await inner.info(name)];
      },
    }),
    "prefix",
  ),
  broken("list-hidden", "shows temporary names", (inner, { storage }) => ({
    list: async function* (name, options) {
      yield* inner.list(name, options);
      for (const key of storage.objects.keys()) {
        const last = key.slice(key.lastIndexOf("/") + 1);
        if (key === (name === "" ? last : `${name}/${last}`) && !isValidName(last)) {
          yield [{ name: last, exists: true, size: 5, isDirectory: false }];
        }
      }
    },
  })),
  brokenPages("list-deleted", "hides soft-deleted names", (page) =>
    page.filter(({ name }) => !name.endsWith(".del")),
  ),
  broken("list-eager", "lists before the first page is asked for", (inner) => ({
    list: (name, options) => {
      const listing = collect(inner.list(name, options));
      listing.catch(() => undefined);
      return (async function* () {
        yield* await listing;
      })();
    },
  })),
  broken("list-lock", "keeps a directory locked when its listing is stopped early", (inner) => {
    const locked = new Set<string>();
    return {
      list: async function* (name, options) {
        locked.add(name);
        for await (const page of inner.list(name, options)) yield page;
        locked.delete(name);
      },
      delete: async (name, options) => {
        if (locked.has(name.split("/")[0] as string)) throw new StoreError("UNAVAILABLE");
        await inner.delete(name, options);
      },
    };
  }),
  broken("list-position", "goes on at a number of entries, whatever happened meanwhile", (inner) => ({
    list: async function* (name, options) {
      for (let at = 0; ; at += 1_000) {
        const page = (await allItems(inner, name, options)).slice(at, at + 1_000);
        if (page.length === 0) return;
        yield page;
      }
    },
  })),
  broken("list-alone", "has one place for all listings", (inner) => {
    let running = 0;
    return {
      list: async function* (name, options) {
        if (running > 0) throw new StoreError("UNAVAILABLE");
        running++;
        try {
          for await (const page of inner.list(name, options)) {
            yield page;
            await new Promise<void>((resolve) => void setImmediate(resolve));
          }
        } finally {
          running--;
        }
      },
    };
  }),
];
