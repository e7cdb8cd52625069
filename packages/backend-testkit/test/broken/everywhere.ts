import { StoreError, type OperationOptions } from "@borgstore/core";
import { aroundBackend, overrideBackend } from "../../src/index.ts";
import { broken, bytesOfView, forgiving, pause, type BrokenBackend } from "./broken-backend.ts";

function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  const last = args.at(-1);
  return typeof last === "object" && last !== null ? (last as OperationOptions).signal : undefined;
}

/** Resolves all failures with one code to nothing, in every method. */
function indifferent(id: string, defect: string, code: "NOT_OPEN" | "INVALID_NAME"): BrokenBackend {
  return {
    id,
    defect,
    kind: "tree",
    alter: (inner) =>
      aroundBackend(inner, {
        call: (_operation, _args, proceed) => forgiving(proceed, code, () => undefined as never),
        iterate: async function* (_operation, _args, proceed) {
          try {
            yield* proceed();
          } catch (error) {
            if (!StoreError.is(error, code)) throw error;
          }
        },
      }),
  };
}

/** A defect in what becomes of names on their way to the medium. */
function mappedNames(id: string, defect: string, map: (name: string) => string): BrokenBackend {
  const mapped = (name: string): string => (typeof name === "string" ? map(name) : name);
  return broken(id, defect, (inner) => {
    return {
      store: (name, ...rest) => inner.store(mapped(name), ...rest),
      load: (name, ...rest) => inner.load(mapped(name), ...rest),
      info: async (name, ...rest) => ({ ...(await inner.info(mapped(name), ...rest)), name }),
      delete: (name, ...rest) => inner.delete(mapped(name), ...rest),
    };
  });
}

/** Defects that concern all methods: state, names, aborts, callers at the same time. */
export const brokenEverywhere: readonly BrokenBackend[] = [
  indifferent("closed-works", "does nothing when it is closed, and says it did", "NOT_OPEN"),
  indifferent("names-unchecked", "does nothing for invalid names, and says it did", "INVALID_NAME"),
  {
    id: "abort-late",
    defect: "does what an aborted signal forbids, and rejects then",
    kind: "tree",
    alter: (inner) =>
      aroundBackend(inner, {
        call: async (operation, args, proceed) => {
          const signal = signalOf(args);
          if (signal?.aborted !== true) return await proceed();
          await (inner[operation] as (...all: readonly unknown[]) => Promise<unknown>)(...args.slice(0, -1));
          throw signal.reason;
        },
      }),
  },
  {
    id: "abort-own-error",
    defect: "rejects with an error of its own when it is aborted",
    kind: "tree",
    alter: (inner) =>
      aroundBackend(inner, {
        call: async (_operation, args, proceed) => {
          try {
            return await proceed();
          } catch (error) {
            throw signalOf(args)?.aborted === true ? new StoreError("TIMEOUT") : error;
          }
        },
        iterate: async function* (_operation, args, proceed) {
          try {
            yield* proceed();
          } catch (error) {
            throw signalOf(args)?.aborted === true ? new StoreError("TIMEOUT") : error;
          }
        },
      }),
  },
  {
    id: "abort-quiet",
    defect: "ends a listing or stream as if it were complete when it is aborted",
    kind: "tree",
    alter: (inner) =>
      aroundBackend(inner, {
        iterate: async function* (_operation, args, proceed) {
          try {
            yield* proceed();
          } catch (error) {
            if (signalOf(args)?.aborted !== true) throw error;
          }
        },
      }),
  },
  broken("abort-leaves-part", "leaves a part of a value when a store is aborted under way", (inner) => ({
    store: async (name, value, options) => {
      const { signal } = options ?? {};
      let isUnderWay = false;
      signal?.addEventListener("abort", () => (isUnderWay = true));
      try {
        await inner.store(name, value, options);
      } catch (error) {
        if (isUnderWay) await inner.store(name, bytesOfView(value).subarray(1));
        throw error;
      }
    },
  })),
  broken("abort-part", "loads a part of a value when it is aborted under way", (inner) => ({
    load: async (name, options) => {
      const { signal } = options ?? {};
      let isUnderWay = false;
      const onAbort = (): void => void (isUnderWay = true);
      if (signal?.aborted === true) return await inner.load(name, options);
      signal?.addEventListener("abort", onAbort);
      const loaded = await inner.load(name, { ...options, signal: undefined });
      await pause();
      signal?.removeEventListener("abort", onAbort);
      return isUnderWay ? loaded.slice(1) : loaded;
    },
  })),
  {
    id: "abort-listeners",
    defect: "leaves a listener on the signal of every call",
    kind: "tree",
    alter: (inner) =>
      aroundBackend(inner, {
        call: (_operation, args, proceed) => {
          signalOf(args)?.addEventListener("abort", () => undefined);
          return proceed();
        },
      }),
  },
  mappedNames("names-query", "cuts names at a question mark", (name) => name.split("?")[0] as string),
  mappedNames("names-percent", "decodes percent sequences in names", (name) =>
    name.replaceAll(/%(4[1-9]|2f|25)/g, (_all, hex: string) => `_${String(Number.parseInt(hex, 16))}`),
  ),
  broken("names-reserved", "refuses names that one operating system reserves", (inner) => ({
    store: async (name, value, options) => {
      if (typeof name === "string" && name.split("/").includes("con")) throw new StoreError("INVALID_NAME");
      await inner.store(name, value, options);
    },
  })),
  broken("names-99", "takes names of no more than 99 characters", (inner) => ({
    store: async (name, value, options) => {
      if (name?.length > 99) throw new StoreError("INVALID_NAME");
      await inner.store(name, value, options);
    },
  })),
  {
    id: "crowd",
    defect: "cannot serve more than 50 calls at a time",
    kind: "tree",
    alter: (inner) => {
      let running = 0;
      return overrideBackend(inner, {
        info: async (...args) => {
          if (running >= 50) throw new StoreError("RATE_LIMITED");
          running++;
          try {
            await pause();
            return await inner.info(...args);
          } finally {
            running--;
          }
        },
      });
    },
  },
  broken("directory-race", "fails when two callers make one directory", (inner) => {
    const making = new Set<string>();
    return {
      store: async (name, value, options) => {
        const above = typeof name === "string" ? name.slice(0, Math.max(0, name.lastIndexOf("/"))) : "";
        if (!above.includes("x/y")) return await inner.store(name, value, options);
        if (making.has(above)) throw new StoreError("ALREADY_EXISTS");
        making.add(above);
        try {
          await pause();
          await inner.store(name, value, options);
        } finally {
          making.delete(above);
        }
      },
    };
  }),
  broken("writers-mix", "mixes the values of callers that store one name at once", (inner) => {
    const writing = new Map<string, Uint8Array>();
    return {
      store: async (name, value, options) => {
        const other = writing.get(name);
        if (other === undefined || options !== undefined) {
          if (ArrayBuffer.isView(value)) writing.set(name, bytesOfView(value));
          await pause();
          await inner.store(name, value, options);
          writing.delete(name);
          return;
        }
        const half = bytesOfView(value).subarray(0, value.byteLength / 2);
        await pause();
        await inner.store(name, Buffer.concat([half, other.subarray(other.length / 2)]));
      },
    };
  }),
  broken("deleters-fail", "fails in an unknown way when two callers delete one object", (inner) => {
    const deleting = new Set<string>();
    return {
      delete: async (name, options) => {
        if (deleting.has(name)) throw new StoreError("UNEXPECTED");
        deleting.add(name);
        try {
          await pause();
          await inner.delete(name, options);
        } finally {
          deleting.delete(name);
        }
      },
    };
  }),
];
