import { throwIfAborted } from "./abort.ts";
import type { Backend } from "./backend.ts";
import { checkOpenOptions } from "./check-open-options.ts";
import { defaultLayers, type LayerOptions } from "./compose.ts";
import { StoreError } from "./errors.ts";
import type { OperationOptions } from "./options.ts";
import type { BackendProvider } from "./provider.ts";
import { redactUrl } from "./redact-url.ts";
import type { NamespacesConfig } from "./store/namespaces.ts";
import type { OperationObservers } from "./store/operation-recorder.ts";
import { Store } from "./store/store.ts";

/**
 * How to open a store. The layers (`permissions`, `deadline`, `retry`, …) are options here: left out, a remote
 * backend gets its usual ones, a local one none; `false` leaves one out for certain.
 */
export interface OpenStoreOptions extends LayerOptions, OperationObservers, OperationOptions {
  /** The backends to choose from by the URL's scheme. */
  readonly backends: readonly BackendProvider[];
  /** How names are nested. */
  readonly namespaces: NamespacesConfig;
  /**
   * Whether to create the storage when it does not exist. One that exists is simply opened.
   *
   * @default false
   */
  readonly create?: boolean | undefined;
  /** Handed to the chosen provider's `fromUrl`, whose documentation tells what there is. */
  readonly backendOptions?: object | undefined;
}

/** Where the backends for well-known schemes are. */
const packages: ReadonlyMap<string, string> = new Map([
  ["file", "@borgstore/backend-posixfs"],
  ["sftp", "@borgstore/backend-sftp"],
  ["rclone", "@borgstore/backend-rclone"],
  ["s3", "@borgstore/backend-s3"],
  ["b2", "@borgstore/backend-s3"],
  ["memory", "@borgstore/core"],
]);

/**
 * Opens the store at a URL. Whoever gets it closes it, best with `await using`. Remote backends get the layers
 * against lost connections, stalls and overload by themselves, and their attempts are counted.
 *
 * @throws StoreError `INVALID_URL` for a URL that none of the backends takes, with the package to install;
 *   `INVALID_ARGUMENT` for namespaces or options that make no sense or do not exist, all before any I/O; `BACKEND_NOT_FOUND`
 *   without `create`; what the backend's `open` and `create` throw. Nothing stays open then. No message
 *   repeats a secret of the URL.
 */
export async function openStore(url: string, options: OpenStoreOptions): Promise<Store> {
  checkOpenOptions(url, options);
  const { backends, namespaces, create = false, backendOptions, logger, onOperation, signal } = options;
  throwIfAborted(signal);
  const backend = findProvider(url, backends).fromUrl(url, backendOptions);
  const store = new Store({
    backend,
    namespaces,
    layers: chooseLayers(backend, options),
    logger,
    onOperation,
  });
  try {
    await (create ? openOrCreate(store, { signal }) : store.open({ signal }));
    throwIfAborted(signal);
  } catch (error) {
    // An `open` that was given up, e.g. by a deadline, may still come to pass: closing queues behind it. Nobody
    // is left to be told how that ends.
    backend.close().catch(() => undefined);
    throw error;
  }
  return store;
}

async function openOrCreate(store: Store, options: OperationOptions): Promise<void> {
  try {
    await store.open(options);
  } catch (error) {
    if (!StoreError.is(error, "BACKEND_NOT_FOUND")) throw error;
    await createUnlessThere(store, options);
    await store.open(options);
  }
}

async function createUnlessThere(store: Store, options: OperationOptions): Promise<void> {
  try {
    await store.create(options);
  } catch (error) {
    // Somebody else was faster.
    if (!StoreError.is(error, "BACKEND_EXISTS")) throw error;
  }
}

/** The backend's usual layers, where the options do not say otherwise. */
function chooseLayers({ capabilities }: Backend, options: LayerOptions): LayerOptions {
  const asked = Object.entries(options).filter(([, layer]) => layer !== undefined);
  // Counting attempts costs nothing that could be seen beside a network.
  const counting: LayerOptions = capabilities.remote ? { instrumentation: {} } : {};
  return { ...defaultLayers(capabilities), ...counting, ...(Object.fromEntries(asked) as LayerOptions) };
}

function findProvider(url: string, backends: readonly BackendProvider[]): BackendProvider {
  // One letter would be the drive of a Windows path.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw new StoreError("INVALID_URL", {
      detail: "a storage URL starts with a scheme, e.g. file:///absolute/path",
    });
  }
  const provider = backends.find(({ schemes }) => schemes.includes(scheme));
  if (provider !== undefined) return provider;
  const name = packages.get(scheme);
  const advice =
    name === undefined
      ? "give the provider of its package in the backends option"
      : `install ${name} and give its provider in the backends option`;
  const known = backends.flatMap(({ schemes }) => schemes.map((each) => `${each}:`)).join(", ");
  throw new StoreError("INVALID_URL", {
    detail: `no backend for ${scheme}: in ${redactUrl(url)}; ${advice}; given: ${known === "" ? "none" : known}`,
  });
}
