import { StoreError, type DeleteResult } from "@borgstore/core";
import { broken, forgiving, pause, recoded, type BrokenBackend } from "./broken-backend.ts";

/** Defects of delete, deleteMany, move and defrag. */
export const brokenMoves: readonly BrokenBackend[] = [
  broken("move-below", "calls a target below an object missing", (inner) => ({
    move: (name, newName, options) =>
      recoded(() => inner.move(name, newName, options), "NOT_A_DIRECTORY", "NOT_FOUND"),
  })),
  broken("delete-tombstone", "cannot store again what was deleted", (inner) => {
    const deleted = new Set<string>();
    return {
      delete: async (name, options) => {
        await inner.delete(name, options);
        if (name === "data/a") deleted.add(name);
      },
      store: async (name, value, options) => {
        if (deleted.has(name)) throw new StoreError("ALREADY_EXISTS");
        await inner.store(name, value, options);
      },
    };
  }),
  broken("delete-alike", "deletes a soft-deleted object of the same key too", (inner, { storage }) => ({
    delete: async (name, options) => {
      await inner.delete(name, options);
      storage.objects.delete(`${name}.del`);
    },
  })),
  broken("delete-missing", "deletes what does not exist", (inner) => ({
    delete: (name, options) =>
      forgiving(
        () => inner.delete(name, options),
        "NOT_FOUND",
        () => undefined,
      ),
  })),
  broken("delete-below", "calls what is below an object something else", (inner, { storage }) => ({
    delete: (name, options) =>
      forgiving(
        () => inner.delete(name, options),
        "NOT_FOUND",
        () => {
          throw new StoreError(
            storage.objects.has(name.split("/")[0] as string) ? "NOT_A_DIRECTORY" : "NOT_FOUND",
          );
        },
      ),
  })),
  broken("delete-directory", "deletes an empty directory", (inner) => ({
    delete: (name, options) =>
      forgiving(
        () => inner.delete(name, options),
        "IS_DIRECTORY",
        () => recoded(() => inner.rmdir(name), "NOT_EMPTY", "IS_DIRECTORY"),
      ),
  })),
  broken(
    "delete-prefix",
    "deletes everything below a prefix",
    (inner, { storage }) => ({
      delete: (name, options) =>
        forgiving(
          () => inner.delete(name, options),
          "NOT_FOUND",
          () => {
            let count = 0;
            for (const key of storage.objects.keys()) {
              if (key.startsWith(`${name}/`) && storage.objects.delete(key)) count++;
            }
            if (count === 0) throw new StoreError("NOT_FOUND");
          },
        ),
    }),
    "prefix",
  ),
  broken("delete-above", "removes the directories that it emptied", (inner, { storage }) => ({
    delete: async (name, options) => {
      await inner.delete(name, options);
      const above = name.slice(0, Math.max(0, name.lastIndexOf("/")));
      if (![...storage.objects.keys()].some((key) => key.startsWith(`${above}/`))) {
        storage.directories.delete(above);
      }
    },
  })),
  broken("many-order", "tells the results of many deletes in another order", (inner) => ({
    deleteMany: async (names, options) => (await inner.deleteMany(names, options)).toReversed(),
  })),
  broken("many-stops", "stops at the first of many deletes that fails", (inner) => ({
    deleteMany: async (names, options) => {
      const all = [...names];
      if (options !== undefined || !inner.isOpen || all.length > 100)
        return await inner.deleteMany(all, options);
      const results: DeleteResult[] = [];
      for (const name of all) {
        const [result] = await inner.deleteMany([name]);
        if (result !== undefined) results.push(result);
        if (result?.error !== undefined) break;
      }
      return results;
    },
  })),
  broken("many-directory", "says that it deleted a directory among many names", (inner) => ({
    deleteMany: async (names, options) =>
      (await inner.deleteMany(names, options)).map((result) =>
        StoreError.is(result.error, "IS_DIRECTORY") ? { name: result.name } : result,
      ),
  })),
  broken("many-thousand", "deletes the first 1,000 of many names", (inner) => ({
    deleteMany: async (names, options) => await inner.deleteMany([...names].slice(0, 1_000), options),
  })),
  broken("many-text", "takes a text for the names of its characters", (inner) => ({
    deleteMany: (names, options) => inner.deleteMany(typeof names === "string" ? [names] : names, options),
  })),
  broken("many-none", "insists on a name to delete", (inner) => ({
    deleteMany: async (names, options) => {
      const all = [...names];
      if (all.length === 0) throw new StoreError("INVALID_ARGUMENT");
      return await inner.deleteMany(all, options);
    },
  })),
  broken("move-copies", "leaves the old name when it moves", (inner, { storage }) => ({
    move: async (name, newName, options) => {
      const object = storage.objects.get(name);
      await inner.move(name, newName, options);
      if (object !== undefined) storage.objects.set(name, object);
    },
  })),
  broken("move-shallow", "makes no missing directories when it moves", (inner, { storage }) => ({
    move: async (name, newName, options) => {
      const above = newName.slice(0, Math.max(0, newName.lastIndexOf("/")));
      if (above.includes("/") && !storage.directories.has(above)) throw new StoreError("NOT_FOUND");
      await inner.move(name, newName, options);
    },
  })),
  broken("move-keeps", "does not replace when it moves, and deletes the source", (inner, { storage }) => ({
    move: async (name, newName, options) => {
      const old = storage.objects.get(newName);
      await inner.move(name, newName, options);
      if (old !== undefined && name !== newName) storage.objects.set(newName, old);
    },
  })),
  broken("move-leaves", "leaves directories when there is nothing to move", (inner) => ({
    move: (name, newName, options) =>
      forgiving(
        () => inner.move(name, newName, options),
        "NOT_FOUND",
        async () => {
          const above = newName.slice(0, Math.max(0, newName.lastIndexOf("/")));
          if (above !== "") await inner.mkdir(above);
          throw new StoreError("NOT_FOUND");
        },
      ),
  })),
  broken("move-itself", "loses an object that is moved onto itself", (inner, { storage }) => ({
    move: async (name, newName, options) => {
      await inner.move(name, newName, options);
      if (name === newName) storage.objects.delete(name);
    },
  })),
  broken("move-nothing", "moves onto itself what does not exist", (inner) => ({
    move: (name, newName, options) =>
      forgiving(
        () => inner.move(name, newName, options),
        "NOT_FOUND",
        () => {
          if (name !== newName) throw new StoreError("NOT_FOUND");
        },
      ),
  })),
  broken("move-directory", "says that it moved a directory", (inner) => ({
    move: (name, newName, options) =>
      forgiving(
        () => inner.move(name, newName, options),
        "IS_DIRECTORY",
        () => undefined,
      ),
  })),
  broken("move-suffix", "cannot move to a name with a suffix", (inner) => ({
    move: async (name, newName, options) => {
      if (newName.endsWith(".del")) throw new StoreError("INVALID_NAME");
      await inner.move(name, newName, options);
    },
  })),
  broken("move-absent-ignored", "replaces although the move was to be ifAbsent", (inner) => ({
    move: (name, newName, options) => inner.move(name, newName, { ...options, ifAbsent: false }),
  })),
  broken("move-absent-checked", "looks first and moves then, for ifAbsent", (inner) => ({
    move: async (name, newName, options) => {
      if (options?.ifAbsent !== true) return await inner.move(name, newName, options);
      if ((await inner.info(newName)).exists && (await inner.info(name)).exists) {
        throw new StoreError("ALREADY_EXISTS");
      }
      await inner.move(name, newName, { ...options, ifAbsent: false });
    },
  })),
  broken("move-gap", "removes the old name before the new one is there", (inner, { storage }) => ({
    move: async (name, newName, options) => {
      const object = storage.objects.get(name);
      if (object === undefined || !newName.startsWith("moved/"))
        return await inner.move(name, newName, options);
      storage.objects.delete(name);
      await pause();
      await pause();
      storage.objects.set(name, object);
      await inner.move(name, newName, options);
    },
  })),
  broken("move-both", "shows both names while it moves", (inner) => ({
    move: async (name, newName, options) => {
      if (!newName.startsWith("moved/")) return await inner.move(name, newName, options);
      await inner.store(newName, await inner.load(name));
      await pause();
      await pause();
      await inner.delete(name);
    },
  })),
  broken("defrag-sorts", "joins the parts in the order of their offsets", (inner) => ({
    defrag: (sources, target, options) =>
      inner.defrag(
        sources.toSorted((a, b) => a.offset - b.offset),
        target,
        options,
      ),
  })),
  broken("defrag-once", "leaves out parts that repeat", (inner) => ({
    defrag: (sources, target, options) => {
      const seen = new Set<string>();
      const kept = sources.filter((source) => {
        const key = JSON.stringify(source);
        return !seen.has(key) && seen.add(key);
      });
      return inner.defrag(kept, target, options);
    },
  })),
  broken("defrag-none", "insists on a part to join", (inner) => ({
    defrag: async (sources, target, options) => {
      if (sources.length === 0) throw new StoreError("INVALID_ARGUMENT");
      return await inner.defrag(sources, target, options);
    },
  })),
  broken("defrag-flat", "makes no nesting directories for a digest", (inner) => ({
    defrag: (sources, target, options) =>
      inner.defrag(sources, "name" in target ? target : { ...target, level: 0 }, options),
  })),
  broken("defrag-new", "does not replace an existing target", (inner, { storage }) => ({
    defrag: async (sources, target, options) => {
      if ("name" in target && storage.objects.has(target.name) && sources.every(({ size }) => size < 6)) {
        const lengths = sources.map(({ name }) => storage.objects.get(name)?.value.length ?? -1);
        if (lengths.every((length, i) => length >= (sources[i]?.offset ?? 0) + (sources[i]?.size ?? 0))) {
          throw new StoreError("ALREADY_EXISTS");
        }
      }
      return await inner.defrag(sources, target, options);
    },
  })),
  broken("defrag-short", "takes what is there of a part", (inner) => ({
    defrag: (sources, target, options) =>
      forgiving(
        () => inner.defrag(sources, target, options),
        "RANGE",
        async () => {
          const parts = [];
          for (const { name, offset, size } of sources) parts.push(await inner.load(name, { offset, size }));
          if ("name" in target) await inner.store(target.name, Buffer.concat(parts));
          return "name" in target ? target.name : "";
        },
      ),
  })),
  broken("defrag-missing", "leaves out sources that do not exist", (inner) => ({
    defrag: (sources, target, options) =>
      forgiving(
        () => inner.defrag(sources, target, options),
        "NOT_FOUND",
        async () => {
          const kept = [];
          for (const source of sources) if ((await inner.info(source.name)).exists) kept.push(source);
          return await inner.defrag(kept, target);
        },
      ),
  })),
  broken(
    "defrag-clears",
    "deletes the target before it knows that all parts are there",
    (inner, { storage }) => ({
      defrag: async (sources, target, options) => {
        try {
          return await inner.defrag(sources, target, options);
        } catch (error) {
          if ("name" in target && StoreError.is(error, "RANGE")) storage.objects.delete(target.name);
          throw error;
        }
      },
    }),
  ),
  broken("defrag-any", "takes any algorithm for SHA-256", (inner) => ({
    defrag: (sources, target, options) =>
      forgiving(
        () => inner.defrag(sources, target, options),
        "UNSUPPORTED",
        () => inner.defrag(sources, { namespace: "packs", level: 0, algorithm: "sha256" }),
      ),
  })),
  broken("defrag-long", "cuts a name that the digest makes too long", (inner) => ({
    defrag: (sources, target, options) =>
      inner.defrag(
        sources,
        "name" in target ? target : { ...target, namespace: target.namespace.slice(0, 5) },
        options,
      ),
  })),
  broken("defrag-unchecked", "takes a senseless part for an empty one", (inner) => ({
    defrag: (sources, target, options) =>
      forgiving(
        () => inner.defrag(sources, target, options),
        "INVALID_ARGUMENT",
        () => inner.defrag([], target),
      ),
  })),
];
