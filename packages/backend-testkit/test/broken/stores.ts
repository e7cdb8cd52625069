import { StoreError, type ByteSource, type StreamSource } from "@borgstore/core";
import { broken, bytesOfView, forgiving, pause, type BrokenBackend } from "./broken-backend.ts";

function started(source: StreamSource): ByteSource {
  return typeof source === "function" ? source() : source;
}

/** Defects of store and storeStream. */
export const brokenStores: readonly BrokenBackend[] = [
  broken("store-mib", "loses the last byte of values of exactly 1 MiB", (inner) => ({
    store: (name, value, options) => {
      const isMiB = value.byteLength === 1024 * 1024 && name.startsWith("data/1");
      return inner.store(name, isMiB ? bytesOfView(value).slice(1) : value, options);
    },
  })),
  broken("store-halves", "stores a new value in two halves", (inner, { storage }) => ({
    store: async (name, value, options) => {
      if (
        inner.isOpen &&
        value.byteLength > 100_000 &&
        !storage.objects.has(name) &&
        !options?.signal?.aborted
      ) {
        await inner.store(name, bytesOfView(value).subarray(0, value.byteLength / 2), options);
        await pause();
        await pause();
        await inner.store(name, value, { ...options, ifAbsent: false });
        return;
      }
      await inner.store(name, value, options);
    },
  })),
  broken("store-part-name", "shows a temporary name while it stores", (inner) => ({
    store: async (name, value, options) => {
      if (value.byteLength < 1_000_000 || name.length > 90) return await inner.store(name, value, options);
      await inner.store(`${name}.part`, value, options);
      await pause();
      await pause();
      await inner.move(`${name}.part`, name);
    },
  })),
  broken("store-gap", "deletes the old value before it stores the new one", (inner, { storage }) => ({
    store: async (name, value, options) => {
      if (
        storage.objects.has(name) &&
        options?.ifAbsent !== true &&
        inner.isOpen &&
        !options?.signal?.aborted
      ) {
        await inner.delete(name);
        await pause();
        await pause();
      }
      await inner.store(name, value, options);
    },
  })),
  broken("store-back", "shows what it stored to nobody else for a while", (inner) => {
    const pending = new Map<string, Uint8Array<ArrayBuffer>>();
    const flush = async (): Promise<void> => {
      const entries = [...pending];
      pending.clear();
      for (const [name, value] of entries) await inner.store(name, value);
    };
    return {
      store: async (name, value, options) => {
        if (name === "data/a" && value.byteLength === 5 && inner.isOpen && options === undefined) {
          pending.set(name, bytesOfView(value));
          return;
        }
        await inner.store(name, value, options);
      },
      load: async (...args) => (await flush(), await inner.load(...args)),
      info: async (...args) => (await flush(), await inner.info(...args)),
      move: async (...args) => (await flush(), await inner.move(...args)),
      delete: async (...args) => (await flush(), await inner.delete(...args)),
      close: async (...args) => (await flush(), await inner.close(...args)),
      list: async function* (...args) {
        await flush();
        yield* inner.list(...args);
      },
    };
  }),
  broken("store-shallow", "makes no more than one missing directory", (inner, { storage }) => ({
    store: async (name, value, options) => {
      const above = name.split("/").slice(0, -2).join("/");
      if (above.includes("/") && !storage.directories.has(above)) throw new StoreError("NOT_FOUND");
      await inner.store(name, value, options);
    },
  })),
  broken("store-tail", "leaves the end of a longer old value", (inner, { storage }) => ({
    store: async (name, value, options) => {
      const old = storage.objects.get(name)?.value;
      if (old === undefined || old.length <= value.byteLength || options?.ifAbsent === true) {
        return await inner.store(name, value, options);
      }
      const mixed = old.slice();
      mixed.set(bytesOfView(value));
      await inner.store(name, mixed, options);
    },
  })),
  broken(
    "store-refused-gone",
    "refuses to replace, but the old value is gone",
    (inner, { storage }) => ({
      store: (name, value, options) =>
        forgiving(
          () => inner.store(name, value, options),
          "UNSUPPORTED",
          () => {
            if (options?.ifAbsent !== true) storage.objects.delete(name);
            throw new StoreError("UNSUPPORTED");
          },
        ),
    }),
    "plain",
  ),
  broken("store-whole-buffer", "stores all the memory that a view belongs to", (inner) => ({
    store: (name, value, options) =>
      inner.store(name, ArrayBuffer.isView(value) ? new Uint8Array(value.buffer) : value, options),
  })),
  broken("store-alias", "keeps the caller's memory as the value", (inner, { storage }) => ({
    store: async (name, value, options) => {
      await inner.store(name, value, options);
      const object = storage.objects.get(name);
      if (object !== undefined && value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) {
        storage.objects.set(name, { ...object, value: value as Uint8Array<ArrayBuffer> });
      }
    },
  })),
  broken("store-scrambles", "changes the caller's array of 5,000 bytes", (inner) => ({
    store: async (name, value, options) => {
      await inner.store(name, value, options);
      if (value instanceof Uint8Array && value.length === 5_000) value[0] = (value[0] as number) ^ 1;
    },
  })),
  broken("store-anything", "stores anything as an empty value", (inner) => ({
    store: (name, value, options) =>
      forgiving(
        () => inner.store(name, value, options),
        "INVALID_ARGUMENT",
        () => inner.store(name, new Uint8Array(0), options),
      ),
  })),
  broken("store-directory", "says that it stored onto a directory", (inner) => ({
    store: (name, value, options) =>
      forgiving(
        () => inner.store(name, value, options),
        "IS_DIRECTORY",
        () => undefined,
      ),
  })),
  broken("store-below", "says that it stored below an object", (inner) => ({
    store: (name, value, options) =>
      forgiving(
        () => inner.store(name, value, options),
        "NOT_A_DIRECTORY",
        () => undefined,
      ),
  })),
  broken(
    "store-prefix",
    "refuses an object that is the prefix of others, without directories",
    (inner, { storage }) => ({
      store: async (name, value, options) => {
        for (const key of storage.objects.keys()) {
          if (key.startsWith(`${name}/`)) throw new StoreError("IS_DIRECTORY");
        }
        await inner.store(name, value, options);
      },
    }),
    "prefix",
  ),
  broken("absent-ignored", "replaces although ifAbsent was asked for", (inner) => ({
    store: (name, value, options) => inner.store(name, value, { ...options, ifAbsent: false }),
  })),
  broken("absent-checked", "looks first and stores then, for ifAbsent", (inner) => ({
    store: async (name, value, options) => {
      if (options?.ifAbsent !== true) return await inner.store(name, value, options);
      if ((await inner.info(name)).exists) throw new StoreError("ALREADY_EXISTS");
      await inner.store(name, value, { ...options, ifAbsent: false });
    },
  })),
  broken(
    "absent-granted",
    "ignores ifAbsent where it cannot be decided",
    (inner) => ({
      store: (name, value, options) => inner.store(name, value, { ...options, ifAbsent: false }),
      storeStream: (name, source, options) =>
        inner.storeStream(name, source, { ...options, ifAbsent: false }),
      move: (name, newName, options) => inner.move(name, newName, { ...options, ifAbsent: false }),
    }),
    "plain",
  ),
  broken("stream-absent-ignored", "replaces by a stream although ifAbsent was asked for", (inner) => ({
    storeStream: (name, source, options) => inner.storeStream(name, source, { ...options, ifAbsent: false }),
  })),
  broken("stream-large-piece", "loses pieces of more than 1 MiB", (inner) => ({
    storeStream: (name, source, options) => {
      const kept = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        for await (const piece of started(source)) if (!(piece?.length > 1_048_576)) yield piece;
      };
      return inner.storeStream(name, source === null ? source : kept(), options);
    },
  })),
  broken("stream-no-piece", "stores nothing when no piece comes", (inner) => ({
    storeStream: (name, source, options) =>
      Array.isArray(source) && source.length === 0
        ? Promise.resolve()
        : inner.storeStream(name, source, options),
  })),
  broken("stream-appends", "appends a stream to what is there", (inner, { storage }) => ({
    storeStream: async (name, source, options) => {
      const old = storage.objects.get(name)?.value;
      await inner.storeStream(name, source, options);
      if (old !== undefined) {
        await inner.store(name, Buffer.concat([old, await inner.load(name)]));
      }
    },
  })),
  broken("stream-keeps-part", "stores what came before the source failed or was aborted", (inner) => ({
    storeStream: async (name, source, options) => {
      const pieces: Uint8Array[] = [];
      const watched = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        for await (const piece of started(source)) {
          pieces.push(piece);
          yield piece;
        }
      };
      try {
        await inner.storeStream(name, watched(), options);
      } catch (error) {
        if (pieces.length > 0 && pieces.every((piece) => ArrayBuffer.isView(piece)) && inner.isOpen) {
          await inner.store(name, Buffer.concat(pieces));
        }
        throw error;
      }
    },
  })),
  broken("stream-wraps", "wraps the error of a source", (inner) => ({
    storeStream: async (name, source, options) => {
      try {
        await inner.storeStream(name, source, options);
      } catch (error) {
        if (StoreError.is(error) || options?.signal !== undefined) throw error;
        throw new StoreError("UNEXPECTED", { cause: error });
      }
    },
  })),
  broken("stream-clears", "deletes the old value before the source has ended", (inner, { storage }) => ({
    storeStream: async (name, source, options) => {
      if (inner.isOpen && options === undefined) storage.objects.delete(name);
      await inner.storeStream(name, source, options);
    },
  })),
  broken("stream-grows", "shows a stream while it grows", (inner) => ({
    storeStream: async (name, source, options) => {
      let seen = new Uint8Array(0);
      const watched = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        for await (const piece of started(source)) {
          if (ArrayBuffer.isView(piece) && options === undefined) {
            seen = new Uint8Array(Buffer.concat([seen, piece]));
            await inner.store(name, seen);
          }
          yield piece;
        }
      };
      await inner.storeStream(name, source === null ? source : watched(), options);
    },
  })),
  broken("stream-borrows", "keeps pieces without copying them", (inner) => ({
    storeStream: async (name, source, options) => {
      if (!(typeof source === "object" && source !== null && Symbol.iterator in source)) {
        return await inner.storeStream(name, source, options);
      }
      await inner.storeStream(name, [...source], options);
    },
  })),
  broken("stream-skips", "leaves out pieces that are not bytes", (inner) => ({
    storeStream: (name, source, options) =>
      inner.storeStream(
        name,
        Array.isArray(source)
          ? (source as Uint8Array[]).filter((piece) => piece instanceof Uint8Array)
          : source,
        options,
      ),
  })),
  broken("stream-abandons", "does not stop a source when it is aborted", (inner) => ({
    storeStream: async (name, source, options) => {
      if (options?.signal === undefined) return await inner.storeStream(name, source, options);
      const iterator = (started(source) as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]?.();
      if (iterator === undefined) return await inner.storeStream(name, source, options);
      await inner.storeStream(
        name,
        { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) },
        options,
      );
    },
  })),
  broken("stream-no-source", "takes what is no source for an empty one", (inner) => ({
    storeStream: (name, source, options) =>
      inner.storeStream(
        name,
        typeof source === "object" || typeof source === "function" ? source : [],
        options,
      ),
  })),
];
