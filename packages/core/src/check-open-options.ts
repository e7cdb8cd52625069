import { describeType } from "./bytes.ts";
import { StoreError } from "./errors.ts";
import type { OpenStoreOptions } from "./open-store.ts";

/** All options there are; the compiler sees to it that none is left out. */
const known: Readonly<Record<keyof OpenStoreOptions, true>> = {
  attemptDeadline: true,
  backendOptions: true,
  backends: true,
  create: true,
  deadline: true,
  emulation: true,
  instrumentation: true,
  limit: true,
  logger: true,
  namespaces: true,
  onOperation: true,
  permissions: true,
  retry: true,
  signal: true,
};

/**
 * Checks what compilers check, for callers without one: above all that no option is given in vain, like one of the
 * backend that stands beside `backendOptions`. Namespaces, layers and observers are checked where they are used.
 *
 * @throws StoreError `INVALID_URL`, `INVALID_ARGUMENT` with the right form.
 */
export function checkOpenOptions(url: unknown, options: unknown): void {
  if (typeof url !== "string") {
    throw new StoreError("INVALID_URL", { detail: `a storage URL is a string, not ${describeType(url)}` });
  }
  if (typeof options !== "object" || options === null) {
    refuse(`options are an object with backends and namespaces, not ${describeType(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    refuse(`there is no option ${JSON.stringify(name)}; options of the backend belong into backendOptions`);
  }
  const { backends, create } = options as { readonly backends?: unknown; readonly create?: unknown };
  if (!Array.isArray(backends) || !backends.every(isProvider)) {
    refuse("backends is an array of providers, such as [posixfs]");
  }
  if (create !== undefined && typeof create !== "boolean") {
    refuse(`create is true or false, not ${describeType(create)}`);
  }
}

function isProvider(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { schemes, fromUrl } = value as { readonly schemes?: unknown; readonly fromUrl?: unknown };
  return Array.isArray(schemes) && typeof fromUrl === "function";
}

function refuse(detail: string): never {
  throw new StoreError("INVALID_ARGUMENT", { detail });
}
