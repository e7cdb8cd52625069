import { memoryBackend, type Backend, type Capabilities } from "@borgstore/core";
import { aroundBackend, type BackendOperation } from "./around-backend.ts";

/** An answer to calls of one operation: what a backend's method would do. */
export type ScriptedAnswer<Operation extends BackendOperation> = Backend[Operation];

/**
 * Answers by operation. A function answers every call; of an array each answers one call, in order, and one call
 * more than it has answers is not scripted.
 */
export type BackendScript = {
  readonly [Operation in BackendOperation]?: ScriptedAnswer<Operation> | readonly ScriptedAnswer<Operation>[];
};

/** What a scripted backend says of itself. */
export interface ScriptedBackendOptions {
  /** @default "scripted" */
  readonly name?: string;
  /** @default those of the memory backend */
  readonly capabilities?: Partial<Capabilities>;
}

/** A backend that does what its script says. */
export interface ScriptedBackend extends Backend {
  /** Calls that were not scripted, e.g. `load("a")`: empty at the end of a good test, whoever caught the errors. */
  readonly unscripted: readonly string[];
}

/**
 * A backend without a medium, for tests of what stands above one: answers as scripted, and fails loudly on every
 * other call, with an error that is no `StoreError`, so that nothing takes it for an ordinary failure. It is open
 * from the start; disposing it without a scripted `close` does nothing.
 */
export function scriptedBackend(
  script: BackendScript,
  options: ScriptedBackendOptions = {},
): ScriptedBackend {
  const unscripted: string[] = [];
  const used = new Map<BackendOperation, number>();
  const answer = (operation: BackendOperation, args: readonly unknown[]): unknown => {
    const scripted = script[operation] as unknown;
    const at = used.get(operation) ?? 0;
    used.set(operation, at + 1);
    const chosen: unknown = Array.isArray(scripted) ? scripted[at] : scripted;
    if (typeof chosen === "function") return (chosen as (...all: readonly unknown[]) => unknown)(...args);
    const call = `${operation}(${args.map(describeArgument).join(", ")})`;
    unscripted.push(call);
    const more = at > 0 && Array.isArray(scripted) ? ` once more than it has answers` : "";
    throw new Error(`the scripted backend was called${more} with ${call}, which is not scripted`);
  };
  const model = memoryBackend();
  const backend = aroundBackend(model, {
    call: async (operation, args) => (await answer(operation, args)) as never,
    iterate: async function* (operation, args) {
      yield* answer(operation, args) as AsyncIterable<never>;
    },
  });
  const name = options.name ?? "scripted";
  return Object.defineProperties(backend, {
    name: { value: name, enumerable: true },
    capabilities: {
      value: Object.freeze({ ...model.capabilities, ...options.capabilities }),
      enumerable: true,
    },
    isOpen: { value: true, enumerable: true },
    unscripted: { value: unscripted, enumerable: true },
    toString: { value: () => `${name}()` },
    [Symbol.asyncDispose]: {
      value: async () => {
        if (script.close !== undefined) await backend.close();
      },
    },
  }) as ScriptedBackend;
}

function describeArgument(argument: unknown): string {
  if (ArrayBuffer.isView(argument)) return `${argument.byteLength} bytes`;
  if (typeof argument === "string") return JSON.stringify(argument);
  if (typeof argument !== "object" || argument === null) return String(argument);
  return Array.isArray(argument) ? `[${argument.map(describeArgument).join(", ")}]` : "{…}";
}
