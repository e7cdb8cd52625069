import { StoreError } from "@borgstore/core";
import { broken, forgiving, type BrokenBackend } from "./broken-backend.ts";

/** Defects of capabilities, create, destroy, open, close, sync and quota. */
export const brokenLifecycles: readonly BrokenBackend[] = [
  broken("caps-other", "declares a capability that it was not registered with", (inner) => ({
    capabilities: Object.freeze({ ...inner.capabilities, remote: true }),
  })),
  broken("caps-mutable", "lets anybody change its capabilities", (inner) => ({
    capabilities: { ...inner.capabilities },
  })),
  broken("caps-text", "says nothing of itself as a text", () => ({ toString: () => "[object Object]" })),
  broken("open-always", "says that it is open when it is not", () => ({ isOpen: true })),
  broken("create-open", "creates while open", (inner) => ({
    create: async (options) => {
      if (!inner.isOpen) await inner.create(options);
    },
  })),
  broken("create-over", "creates over what is there", (inner) => ({
    create: (options) =>
      forgiving(
        () => inner.create(options),
        "BACKEND_EXISTS",
        () => undefined,
      ),
  })),
  broken("create-wipes", "refuses to create twice, but wipes what was there", (inner, { storage }) => ({
    create: (options) =>
      forgiving(
        () => inner.create(options),
        "BACKEND_EXISTS",
        () => {
          storage.objects.clear();
          throw new StoreError("BACKEND_EXISTS");
        },
      ),
  })),
  broken("create-strict", "does not take over an empty storage", (inner, { storage }) => ({
    create: async (options) => {
      if (storage.exists && !inner.isOpen) throw new StoreError("BACKEND_EXISTS");
      await inner.create(options);
    },
  })),
  broken("destroy-open", "destroys while open", (inner, { storage }) => ({
    destroy: (options) =>
      forgiving(
        () => inner.destroy(options),
        "ALREADY_OPEN",
        () => storage.objects.clear(),
      ),
  })),
  broken("destroy-none", "destroys what does not exist", (inner) => ({
    destroy: (options) =>
      forgiving(
        () => inner.destroy(options),
        "BACKEND_NOT_FOUND",
        () => undefined,
      ),
  })),
  broken("destroy-rest", "leaves directories when it destroys", (inner, { storage }) => ({
    destroy: async (options) => {
      const left = [...storage.directories];
      await inner.destroy(options);
      for (const name of left) storage.directories.add(name);
    },
  })),
  broken(
    "destroy-foreign",
    "does not destroy a storage with foreign objects in it",
    (inner, { storage }) => ({
      destroy: async (options) => {
        if (!storage.objects.has("UPPER")) await inner.destroy(options);
      },
    }),
  ),
  broken("open-creates", "creates a missing storage when it is opened", (inner) => ({
    open: (options) =>
      forgiving(
        () => inner.open(options),
        "BACKEND_NOT_FOUND",
        async () => {
          await inner.create();
          await inner.open();
        },
      ),
  })),
  broken("open-stuck", "cannot be opened again after opening failed", (inner) => {
    let hasFailed = false;
    return {
      open: async (options) => {
        if (hasFailed) throw new StoreError("CONNECTION");
        hasFailed = true;
        await inner.open(options);
        hasFailed = false;
      },
    };
  }),
  broken("open-twice", "is opened when it is open", (inner) => ({
    open: (options) =>
      forgiving(
        () => inner.open(options),
        "ALREADY_OPEN",
        () => undefined,
      ),
  })),
  broken("open-forgets", "forgets empty values when it is opened again", (inner, { storage }) => ({
    open: async (options) => {
      await inner.open(options);
      for (const [name, { value }] of storage.objects) if (value.length === 0) storage.objects.delete(name);
    },
  })),
  broken("close-once", "cannot be closed when it is closed", (inner) => ({
    close: async (options) => {
      if (!inner.isOpen) throw new StoreError("NOT_OPEN");
      await inner.close(options);
    },
  })),
  broken("close-early", "closes without waiting for what is under way", (inner) => {
    let slow = 0;
    return {
      store: async (name, value, options) => {
        slow++;
        await inner.store(name, value, options);
        if (slow > 10)
          for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
      },
    };
  }),
  broken("close-drops", "acknowledges and loses what is stored while it closes", (inner) => {
    let isClosing = false;
    return {
      close: async (options) => {
        isClosing = true;
        await inner.close(options);
        isClosing = false;
      },
      store: async (name, value, options) => {
        if (!isClosing) await inner.store(name, value, options);
      },
    };
  }),
  broken("close-deaf", "goes on waiting for operations when its close is aborted", (inner) => ({
    close: async (options) => {
      if (options?.signal?.aborted === true) throw options.signal.reason;
      await inner.close();
    },
  })),
  broken("close-gives-up", "stays open when its close is aborted", (inner) => {
    const underWay = new Set<Promise<unknown>>();
    return {
      storeStream: async (...args) => {
        const storing = inner.storeStream(...args);
        underWay.add(storing);
        await storing.finally(() => underWay.delete(storing));
      },
      close: async (options) => {
        const { signal } = options ?? {};
        const aborted = new Promise<never>((_resolve, reject) => {
          const stop = (): void => reject(signal?.reason as Error);
          if (signal?.aborted === true) stop();
          else signal?.addEventListener("abort", stop);
        });
        await Promise.race([Promise.allSettled(underWay), aborted]);
        await inner.close(options);
      },
    };
  }),
  broken("close-own-reason", "rejects with an error of its own when its close is aborted", (inner) => ({
    close: async (options) => {
      try {
        await inner.close(options);
      } catch (error) {
        throw options?.signal?.aborted === true ? new StoreError("TIMEOUT") : error;
      }
    },
  })),
  broken("close-reads-on", "ends a listing or stream quietly when it is closed meanwhile", (inner) => ({
    list: async function* (name, options) {
      let count = 0;
      try {
        for await (const page of inner.list(name, options)) {
          count++;
          yield page;
        }
      } catch (error) {
        if (count === 0 || !StoreError.is(error, "NOT_OPEN")) throw error;
      }
    },
  })),
  broken("dispose-nothing", "does not close when it is disposed", () => ({
    [Symbol.asyncDispose]: async () => undefined,
  })),
  broken("quota-nan", "knows no number of bytes", () => ({
    quota: async () => ({ limit: Number.NaN, usage: -5 }),
  })),
  broken("sync-idle", "cannot sync when nothing was stored", (inner, { storage }) => ({
    sync: async (options) => {
      await inner.sync(options);
      if (storage.objects.size === 0) throw new StoreError("UNEXPECTED");
    },
  })),
  broken(
    "sync-nothing",
    "resolves sync without making anything durable",
    (inner) => ({ sync: async () => inner.isOpen as unknown as undefined }),
    "disk",
  ),
  broken(
    "close-unsynced",
    "does not make durable what was acknowledged when it closes",
    (inner, { durable }) => ({
      close: async (options) => {
        await inner.close(options);
        durable.objects.clear();
      },
    }),
    "disk",
  ),
];
