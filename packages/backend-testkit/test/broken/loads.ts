import { StoreError, type Backend, type LoadOptions } from "@borgstore/core";
import { broken, collect, forgiving, pause, recoded, type BrokenBackend } from "./broken-backend.ts";

type Loaded = Uint8Array<ArrayBuffer>;

/** A defect of `load` that needs to know the length of the whole value. */
function brokenLoad(
  id: string,
  defect: string,
  change: (loaded: Loaded, length: number, options: LoadOptions) => Loaded,
): BrokenBackend {
  return broken(id, defect, (inner: Backend, { storage }) => ({
    load: async (name, options = {}) => {
      const loaded = await inner.load(name, options);
      return change(loaded, storage.objects.get(name)?.value.length ?? 0, options);
    },
  }));
}

function refuse(code: "RANGE"): never {
  throw new StoreError(code);
}

/** Defects of load, loadStream and hash. */
export const brokenLoads: readonly BrokenBackend[] = [
  broken("load-nothing", "loads nothing of what does not exist, when nothing is asked for", (inner) => ({
    load: async (name, options) =>
      options?.size === 0 ? new Uint8Array(0) : await inner.load(name, options),
  })),
  broken("load-below", "tells what is above when it cannot load below an object", (inner, { storage }) => ({
    load: (name, options) =>
      forgiving(
        () => inner.load(name, options),
        "NOT_FOUND",
        () => {
          throw new StoreError(
            storage.objects.has(name.split("/")[0] as string) ? "NOT_A_DIRECTORY" : "NOT_FOUND",
          );
        },
      ),
  })),
  broken(
    "load-prefix",
    "loads a page of text when a prefix is asked for",
    (inner, { storage }) => ({
      load: (name, options) =>
        forgiving(
          () => inner.load(name, options),
          "NOT_FOUND",
          () => {
            for (const key of storage.objects.keys())
              if (key.startsWith(`${name}/`)) return new Uint8Array(20);
            throw new StoreError("NOT_FOUND");
          },
        ),
    }),
    "prefix",
  ),
  brokenLoad("range-past", "takes a range past the end for an error", (loaded, length, { offset = 0 }) =>
    offset > length ? refuse("RANGE") : loaded,
  ),
  brokenLoad(
    "range-before",
    "takes a range before the start for an error",
    (loaded, length, { offset = 0 }) => (-offset > length && length > 0 ? refuse("RANGE") : loaded),
  ),
  brokenLoad("range-empty", "takes a range of an empty value for an error", (loaded, length, { size = 0 }) =>
    length === 0 && size > 0 ? refuse("RANGE") : loaded,
  ),
  brokenLoad(
    "range-far",
    "loses the last byte of parts that begin beyond 4 KiB",
    (loaded, _length, { offset = 0 }) => (offset > 4_096 && loaded.length > 0 ? loaded.slice(0, -1) : loaded),
  ),
  broken("range-unchecked", "takes any range", (inner) => ({
    load: (name, options) =>
      forgiving(
        () => inner.load(name, options),
        "INVALID_ARGUMENT",
        () => inner.load(name),
      ),
  })),
  brokenLoad("load-buffer", "loads a Buffer", (loaded) => Buffer.from(loaded)),
  brokenLoad("load-part", "loads a part of a larger array", (loaded) => {
    const larger = new Uint8Array(loaded.length + 8);
    larger.set(loaded);
    return larger.subarray(0, loaded.length);
  }),
  broken("load-alias", "loads the medium's own memory", (inner, { storage }) => ({
    load: async (name, options) => {
      const loaded = await inner.load(name, options);
      const value = storage.objects.get(name)?.value;
      return value?.length === loaded.length ? value : loaded;
    },
  })),
  broken("load-all", "transfers the whole value for every range", (inner, world) => ({
    load: async (name, options) => {
      const loaded = await inner.load(name, options);
      world.delivered += world.storage.objects.get(name)?.value.length ?? 0;
      return loaded;
    },
  })),
  broken("stream-end", "loses what comes after the first MiB of a stream", (inner) => ({
    loadStream: async function* (name, options) {
      let position = 0;
      for await (const piece of inner.loadStream(name, options)) {
        if (position < 1024 * 1024) yield piece;
        position += piece.length;
      }
    },
  })),
  broken("stream-empty", "cannot stream an empty value", (inner) => ({
    loadStream: async function* (name, options) {
      let count = 0;
      for await (const piece of inner.loadStream(name, options)) {
        count++;
        yield piece;
      }
      if (count === 0 && options?.size === undefined) throw new StoreError("UNEXPECTED");
    },
  })),
  broken("stream-tail", "streams from the start when the range counts from the end", (inner) => ({
    loadStream: (name, options) =>
      inner.loadStream(name, { ...options, offset: Math.max(0, options?.offset ?? 0) || undefined }),
  })),
  broken("stream-unchecked", "streams the whole value for a senseless range", (inner) => ({
    loadStream: async function* (name, options) {
      try {
        yield* inner.loadStream(name, options);
      } catch (error) {
        if (!StoreError.is(error, "INVALID_ARGUMENT")) throw error;
        yield* inner.loadStream(name);
      }
    },
  })),
  broken("stream-missing", "streams nothing of what does not exist", (inner) => ({
    loadStream: async function* (name, options) {
      try {
        yield* inner.loadStream(name, options);
      } catch (error) {
        if (!StoreError.is(error, "NOT_FOUND")) throw error;
      }
    },
  })),
  broken("stream-eager", "loads before the first piece is asked for, and all in one", (inner) => ({
    loadStream: (name, options) => {
      const loading = inner.load(name, options);
      loading.catch(() => undefined);
      return (async function* () {
        yield await loading;
      })();
    },
  })),
  broken("stream-alias", "streams the medium's own memory", (inner, { storage }) => ({
    loadStream: async function* (name, options) {
      let position = 0;
      for await (const piece of inner.loadStream(name, options)) {
        const value = storage.objects.get(name)?.value;
        yield options === undefined && value !== undefined
          ? value.subarray(position, position + piece.length)
          : piece;
        position += piece.length;
      }
    },
  })),
  broken("stream-reuse", "gives the same array for every piece", (inner) => ({
    loadStream: async function* (name, options) {
      const memory = new Uint8Array(1024 * 1024);
      for await (const piece of inner.loadStream(name, options)) {
        memory.set(piece);
        yield memory.subarray(0, piece.length);
      }
    },
  })),
  broken("stream-lock", "keeps an object locked when its stream is stopped early", (inner) => {
    const locked = new Set<string>();
    return {
      loadStream: async function* (name, options) {
        locked.add(name);
        for await (const piece of inner.loadStream(name, options)) yield piece;
        locked.delete(name);
      },
      delete: async (name, options) => {
        if (locked.has(name)) throw new StoreError("UNAVAILABLE");
        await inner.delete(name, options);
      },
    };
  }),
  broken("stream-hang", "cannot be closed any more when a stream was stopped early", (inner) => {
    let isHeld = false;
    return {
      loadStream: async function* (name, options) {
        isHeld = true;
        for await (const piece of inner.loadStream(name, options)) yield piece;
        isHeld = false;
      },
      close: async (options) => {
        // Three turns are not for ever, but no test needs to wait longer to see it.
        if (isHeld) for (let i = 0; i < 3; i++) await pause();
        if (isHeld) throw new StoreError("TIMEOUT");
        await inner.close(options);
      },
    };
  }),
  broken("hash-upper", "tells digests in capital letters", (inner) => ({
    hash: async (...args) => (await inner.hash(...args)).toUpperCase(),
  })),
  broken("hash-first", "hashes the first MiB only", (inner) => ({
    hash: async (name, algorithm, options) => {
      const digest = await inner.hash(name, algorithm, options);
      const first = await inner.load(name, { size: 1024 * 1024 });
      if ((await inner.info(name)).size === first.length) return digest;
      return Buffer.from(await crypto.subtle.digest("SHA-256", first)).toString("hex");
    },
  })),
  broken("hash-default", "has another default algorithm", (inner) => ({
    hash: (name, algorithm = "sha512", options) => inner.hash(name, algorithm, options),
  })),
  broken("hash-any", "takes any algorithm for SHA-256", (inner) => ({
    hash: (name, algorithm, options) =>
      forgiving(
        () => inner.hash(name, algorithm, options),
        "UNSUPPORTED",
        () => inner.hash(name),
      ),
  })),
  broken("hash-late", "looks for the object before it looks at the algorithm", (inner) => ({
    hash: async (name, algorithm, options) => {
      if (options?.signal === undefined && inner.isOpen) await inner.load(name);
      return await inner.hash(name, algorithm, options);
    },
  })),
  broken("hash-text", "takes anything for the text of an algorithm", (inner) => ({
    hash: (name, algorithm, options) =>
      inner.hash(name, typeof algorithm === "string" ? algorithm : undefined, options),
  })),
  broken("hash-missing", "hashes what does not exist", (inner) => ({
    hash: (name, ...rest) =>
      forgiving(
        () => inner.hash(name, ...rest),
        "NOT_FOUND",
        () => "e3b0c442",
      ),
  })),
  broken("hash-code", "calls a missing object something else", (inner) => ({
    hash: (name, ...rest) => recoded(() => inner.hash(name, ...rest), "NOT_FOUND", "UNEXPECTED"),
  })),
  broken("load-sync-throw", "throws instead of rejecting when it is not open", (inner) => ({
    load: (name, options) => {
      if (!inner.isOpen) throw new StoreError("NOT_OPEN");
      return inner.load(name, options);
    },
  })),
  broken("stream-collects", "holds all of a stream before it gives the first piece", (inner) => ({
    loadStream: async function* (name, options) {
      const pieces = await collect(inner.loadStream(name, options));
      yield new Uint8Array(Buffer.concat(pieces));
    },
  })),
];
