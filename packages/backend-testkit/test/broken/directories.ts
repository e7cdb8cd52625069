import { StoreError } from "@borgstore/core";
import { broken, forgiving, recoded, type BrokenBackend } from "./broken-backend.ts";

function parentsOf(name: string): string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_part, i) => parts.slice(0, i + 1).join("/"));
}

/** Defects of mkdir, rmdir and info. */
export const brokenDirectories: readonly BrokenBackend[] = [
  broken("mkdir-leaf", "makes a directory without those above it", (inner, { storage }) => ({
    mkdir: async (name, options) => {
      await inner.mkdir(name, options);
      for (const parent of parentsOf(name)) storage.directories.delete(parent);
    },
  })),
  broken("mkdir-once", "refuses to make a directory that exists", (inner, { storage }) => ({
    mkdir: async (name, options) => {
      if (storage.directories.has(name)) throw new StoreError("ALREADY_EXISTS");
      await inner.mkdir(name, options);
    },
  })),
  broken("mkdir-object", "makes no directory on an object, and says it did", (inner) => ({
    mkdir: (name, options) =>
      forgiving(
        () => inner.mkdir(name, options),
        "ALREADY_EXISTS",
        () => undefined,
      ),
  })),
  broken("mkdir-below", "makes no directory below an object, and says it did", (inner) => ({
    mkdir: (name, options) =>
      forgiving(
        () => inner.mkdir(name, options),
        "NOT_A_DIRECTORY",
        () => undefined,
      ),
  })),
  broken(
    "mkdir-marker",
    "puts an empty object where a directory would be",
    (inner) => ({
      mkdir: async (name, options) => {
        await inner.mkdir(name, options);
        await inner.store(name, new Uint8Array(0));
      },
    }),
    "prefix",
  ),
  broken("rmdir-nothing", "says that it removed a directory, which stays", (inner) => ({
    rmdir: async (name, options) => {
      await inner.rmdir(name, options);
      await inner.mkdir(name);
    },
  })),
  broken("rmdir-above", "removes the empty directories above too", (inner, { storage }) => ({
    rmdir: async (name, options) => {
      await inner.rmdir(name, options);
      for (const parent of parentsOf(name)) storage.directories.delete(parent);
    },
  })),
  broken("rmdir-tree", "removes a directory with everything in it", (inner, { storage }) => ({
    rmdir: (name, options) =>
      forgiving(
        () => inner.rmdir(name, options),
        "NOT_EMPTY",
        () => {
          for (const key of storage.objects.keys())
            if (key.startsWith(`${name}/`)) storage.objects.delete(key);
          for (const key of storage.directories) if (key.startsWith(name)) storage.directories.delete(key);
        },
      ),
  })),
  broken("rmdir-visible", "takes a directory for empty when it lists as empty", (inner, { storage }) => ({
    rmdir: (name, options) =>
      forgiving(
        () => inner.rmdir(name, options),
        "NOT_EMPTY",
        async () => {
          for await (const page of inner.list(name)) if (page.length > 0) throw new StoreError("NOT_EMPTY");
          storage.directories.delete(name);
        },
      ),
  })),
  broken("rmdir-objects", "takes a directory for empty when no object is in it", (inner, { storage }) => ({
    rmdir: (name, options) =>
      forgiving(
        () => inner.rmdir(name, options),
        "NOT_EMPTY",
        () => {
          for (const key of storage.objects.keys()) {
            if (key.startsWith(`${name}/`)) throw new StoreError("NOT_EMPTY");
          }
          for (const key of storage.directories) if (key.startsWith(name)) storage.directories.delete(key);
        },
      ),
  })),
  broken("rmdir-root", "removes the root", (inner, { storage }) => ({
    rmdir: async (name, options) => {
      if (name !== "") return await inner.rmdir(name, options);
      storage.objects.clear();
      storage.exists = false;
    },
  })),
  broken("rmdir-missing", "removes what does not exist", (inner) => ({
    rmdir: (name, options) =>
      forgiving(
        () => inner.rmdir(name, options),
        "NOT_FOUND",
        () => undefined,
      ),
  })),
  broken("rmdir-object", "deletes an object of the name", (inner) => ({
    rmdir: (name, options) =>
      forgiving(
        () => inner.rmdir(name, options),
        "NOT_A_DIRECTORY",
        () => inner.delete(name),
      ),
  })),
  broken(
    "rmdir-prefix-object",
    "deletes an object of the name, without directories",
    (inner, { storage }) => ({
      rmdir: async (name, options) => {
        await inner.rmdir(name, options);
        storage.objects.delete(name);
      },
    }),
    "prefix",
  ),
  broken(
    "rmdir-prefix-missing",
    "insists on a directory, without directories",
    (inner) => ({
      rmdir: async (name, options) => {
        await inner.rmdir(name, options);
        throw new StoreError("NOT_FOUND");
      },
    }),
    "prefix",
  ),
  broken("info-missing", "takes asking for what does not exist for an error", (inner) => ({
    info: async (name, options) => {
      const item = await inner.info(name, options);
      if (!item.exists && name.startsWith("a")) throw new StoreError("NOT_FOUND");
      return item;
    },
  })),
  broken("info-below", "takes asking below an object for an error", (inner, { storage }) => ({
    info: async (name, options) => {
      const item = await inner.info(name, options);
      if (parentsOf(name).some((parent) => storage.objects.has(parent))) {
        throw new StoreError("NOT_A_DIRECTORY");
      }
      return item;
    },
  })),
  broken("info-name", "tells the last component as the name", (inner) => ({
    info: async (name, options) => {
      const item = await inner.info(name, options);
      return { ...item, name: name.slice(name.lastIndexOf("/") + 1) };
    },
  })),
  broken("info-size", "tells sizes modulo 64 KiB", (inner) => ({
    info: async (name, options) => {
      const item = await inner.info(name, options);
      return { ...item, size: item.size % 65_536 };
    },
  })),
  broken("info-directory-size", "tells a size of directories", (inner) => ({
    info: async (name, options) => {
      const item = await inner.info(name, options);
      return item.isDirectory ? { ...item, size: 4_096 } : item;
    },
  })),
  broken(
    "info-prefix",
    "finds directories where there are only prefixes",
    (inner, { storage }) => ({
      info: async (name, options) => {
        const item = await inner.info(name, options);
        const isPrefix = [...storage.objects.keys()].some((key) => key.startsWith(`${name}/`));
        return isPrefix && !item.exists ? { ...item, exists: true, isDirectory: true } : item;
      },
    }),
    "prefix",
  ),
  broken("info-seconds", "tells times in seconds", (inner) => ({
    info: async (name, options) => {
      const { modifiedAtMs, ...item } = await inner.info(name, options);
      return modifiedAtMs === undefined ? item : { ...item, modifiedAtMs: modifiedAtMs / 1000 };
    },
  })),
  broken("list-timeless", "lists without the time of access", (inner) => ({
    list: async function* (name, options) {
      for await (const page of inner.list(name, options)) {
        yield page.map(({ accessedAtMs: _left, ...item }) => item);
      }
    },
  })),
  broken("load-directory", "does not tell a directory from what does not exist", (inner) => ({
    load: (name, options) => recoded(() => inner.load(name, options), "IS_DIRECTORY", "NOT_FOUND"),
    hash: (name, ...rest) => recoded(() => inner.hash(name, ...rest), "IS_DIRECTORY", "NOT_FOUND"),
    loadStream: async function* (name, options) {
      if (!(await inner.info(name)).isDirectory) yield* inner.loadStream(name, options);
    },
  })),
];
