import { expect, test, vi } from "vitest";
import {
  defineBackend,
  intercept,
  memory,
  memoryBackend,
  MemoryStorage,
  openStore,
  StoreError,
  type Backend,
  type BackendProvider,
  type Capabilities,
  type MemoryBackendOptions,
  type OpenStoreOptions,
} from "../src/index.ts";
import { MemoryDriver } from "../src/memory/memory-driver.ts";
import { bytes, failure, text } from "./store/helpers.ts";

const namespaces = { data: { levels: [1] } };
const backends = [memory];

function nothing(): void {
  // Until the driver is called.
}

/** A provider of `test:` URLs over a storage, with a driver that can be changed. */
function provider(
  storage: MemoryStorage,
  change: Partial<MemoryDriver> = {},
  made: Backend[] = [],
): BackendProvider {
  return {
    name: "test",
    schemes: ["test"],
    fromUrl() {
      const backend = defineBackend(Object.assign(new MemoryDriver(storage, true, Date.now), change));
      made.push(backend);
      return backend;
    },
  };
}

test("an open store is given, created when that is asked for, and opened when it is there", async () => {
  const url = "memory:opened";
  await failure(openStore(url, { backends, namespaces }), "BACKEND_NOT_FOUND");
  {
    await using store = await openStore(url, { backends, namespaces, create: true });
    expect(store.isOpen).toBe(true);
    await store.store("data/abcd", bytes("kept"));
  }
  await using again = await openStore(url, { backends, namespaces, create: true });
  expect(text(await again.load("data/abcd"))).toBe("kept");
  await using other = await openStore(url.replace("memory", "MEMORY").toLowerCase(), {
    backends,
    namespaces,
  });
  expect(other.isOpen).toBe(true);
});

test("the provider gets its options", async () => {
  const storage = new MemoryStorage();
  const backendOptions: MemoryBackendOptions = { storage };
  await using store = await openStore("memory:", { backends, namespaces, backendOptions, create: true });
  await store.store("data/abcd", bytes("x"));
  expect([...storage.objects.keys()]).toEqual(["data/ab/abcd"]);
});

test("somebody who creates the storage at the same time is no problem", async () => {
  const storage = new MemoryStorage();
  const racing = provider(storage, {
    async create() {
      storage.exists = true;
      throw new StoreError("BACKEND_EXISTS");
    },
  });
  await using store = await openStore("test:", { backends: [racing], namespaces, create: true });
  expect(store.isOpen).toBe(true);
});

test.each([
  ["file:///srv/store", "@borgstore/backend-posixfs"],
  ["sftp://me:secret@host/store", "@borgstore/backend-sftp"],
  ["SFTP://me:secret@host/store", "@borgstore/backend-sftp"],
  ["rclone:remote,pass=secret:path", "@borgstore/backend-rclone"],
  ["s3:key:secret@https://host/bucket", "@borgstore/backend-s3"],
  ["b2:key:secret@/bucket", "@borgstore/backend-s3"],
])("a scheme that nobody registered names the package to install: %s", async (url, packageName) => {
  const error = await failure(openStore(url, { backends, namespaces }), "INVALID_URL");
  expect(error.message).toContain(`install ${packageName} `);
  expect(error.message).toContain("given: memory:");
  expect(`${error.stack}`).not.toContain("secret");
});

test.each(["ftp://me:secret@host/", "key:secret@host", "no scheme secret", "/srv/secret", "", "://secret"])(
  "%j is refused without repeating secrets",
  async (url) => {
    const error = await failure(openStore(url, { backends, namespaces }), "INVALID_URL");
    expect(error.message).not.toContain("secret");
  },
);

test("wrong arguments are refused before anything is opened", async () => {
  const storage = new MemoryStorage();
  const open = vi.fn<() => Promise<void>>(async () => undefined);
  const watched = [provider(storage, { open })];
  await failure(openStore("test:", { backends: watched, namespaces: {} }), "INVALID_ARGUMENT");
  await failure(
    openStore("test:", { backends: watched, namespaces, limit: { concurrency: 0 } }),
    "INVALID_ARGUMENT",
  );
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await expect(openStore("test:", { backends: watched, namespaces, signal })).rejects.toBe(reason);
  expect(open).not.toHaveBeenCalled();
});

test("other failures of open are passed on, and nothing is created for them", async () => {
  const storage = new MemoryStorage();
  const made: Backend[] = [];
  const refusing = provider(storage, { open: () => Promise.reject(new StoreError("UNAUTHENTICATED")) }, made);
  await failure(openStore("test:", { backends: [refusing], namespaces, create: true }), "UNAUTHENTICATED");
  expect(storage.exists).toBe(false);
  expect(made.map(({ isOpen }) => isOpen)).toEqual([false]);
});

test("an open that is aborted in the middle leaves nothing open", async () => {
  const storage = new MemoryStorage();
  storage.exists = true;
  const controller = new AbortController();
  const made: Backend[] = [];
  let finish = nothing;
  const closed = new Promise<void>((resolve) => {
    const slow = provider(
      storage,
      {
        open: () => new Promise<void>((done) => (finish = done)),
        close: async () => resolve(),
      },
      made,
    );
    const opening = openStore("test:", { backends: [slow], namespaces, signal: controller.signal });
    opening.catch(() => finish());
    setImmediate(() => controller.abort(new Error("enough")));
  });
  await closed;
  expect(made.map(({ isOpen }) => isOpen)).toEqual([false]);
});

test("an abort that comes when the backend is open already closes it again", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const inner = memoryBackend();
  const late: BackendProvider = {
    name: "test",
    schemes: ["test"],
    fromUrl: () =>
      intercept(inner, {
        label: "late",
        async call(call, next) {
          const result = await next(call);
          if (call.operation === "open") controller.abort(reason);
          return result;
        },
        iterate: (call, next) => next(call),
      }),
  };
  const opening = openStore("test:", {
    backends: [late],
    namespaces,
    create: true,
    signal: controller.signal,
  });
  await expect(opening).rejects.toBe(reason);
  await expect.poll(() => inner.isOpen).toBe(false);
  await inner.open();
  expect(inner.isOpen).toBe(true);
});

test("an open that was given up by its deadline is closed when it comes to pass all the same", async () => {
  const storage = new MemoryStorage();
  storage.exists = true;
  let finish = nothing;
  const close = vi.fn<() => Promise<void>>(async () => undefined);
  const made: Backend[] = [];
  const slow = provider(storage, { open: () => new Promise<void>((done) => (finish = done)), close }, made);
  await failure(
    openStore("test:", {
      backends: [slow],
      namespaces,
      deadline: { metadataMs: 5 },
    }),
    "TIMEOUT",
  );
  finish();
  await expect.poll(() => close).toHaveBeenCalled();
  expect(made.map(({ isOpen }) => isOpen)).toEqual([false]);
});

test("remote backends get their layers, local ones none, and options decide otherwise", async () => {
  const capabilities: Capabilities = {
    ...new MemoryDriver(new MemoryStorage(), true, Date.now).capabilities,
    remote: true,
  };
  const remote = provider(new MemoryStorage(), { capabilities });
  const options = { namespaces, create: true };
  await using usual = await openStore("test:", { ...options, backends: [remote] });
  for (const layer of ["deadline", "retry", "instrumentation", "limit"])
    expect(usual.toString()).toContain(layer);
  expect(usual.stats.backend?.open?.calls).toBeGreaterThan(0);
  await using bare = await openStore("test:", {
    ...options,
    backends: [remote],
    deadline: false,
    retry: false,
    instrumentation: false,
    limit: false,
    attemptDeadline: false,
  });
  await using local = await openStore("test:", { ...options, backends: [provider(new MemoryStorage())] });
  expect(bare.toString()).toBe(local.toString());
  await using allowed = await openStore("test:", {
    ...options,
    backends: [provider(new MemoryStorage())],
    permissions: { "": "lrw" },
    create: true,
  });
  await allowed.store("data/abcd", bytes("x"));
  await failure(allowed.delete("data/abcd"), "PERMISSION_DENIED");
});

test("latency is emulated when the environment asks for it", async () => {
  vi.stubEnv("BORGSTORE_LATENCY", "1000");
  try {
    await using slow = await openStore("memory:", { backends, namespaces, create: true });
    expect(slow.toString()).toContain("emulation");
    await using off = await openStore("memory:", { backends, namespaces, create: true, emulation: false });
    expect(off.toString()).not.toContain("emulation");
    vi.stubEnv("BORGSTORE_LATENCY", "slow");
    await failure(openStore("memory:", { backends, namespaces, create: true }), "INVALID_ARGUMENT");
  } finally {
    vi.unstubAllEnvs();
  }
});

/** The message that these options are refused with. */
async function refusal(options: object): Promise<string> {
  const given = { backends, namespaces, create: true, ...options };
  return (await failure(openStore("memory:wrong", given), "INVALID_ARGUMENT")).message;
}

test("an argument of the wrong kind is INVALID_ARGUMENT with the right form, before any I/O", async () => {
  expect(await refusal({ backends: undefined })).toContain("backends is an array of providers");
  expect(await refusal({ backends: memory })).toContain("backends is an array of providers");
  expect(await refusal({ backends: [memoryBackend] })).toContain("backends is an array of providers");
  expect(await refusal({ create: "no" })).toContain("create is true or false");
  const urlError = await failure(
    openStore(new URL("memory:wrong") as unknown as string, { backends, namespaces }),
    "INVALID_URL",
  );
  expect(urlError.message).toContain("a storage URL is a string, not a URL");
  await failure(openStore("memory:wrong", undefined as unknown as OpenStoreOptions), "INVALID_ARGUMENT");
  await failure(memory.fromUrl("memory:wrong").open(), "BACKEND_NOT_FOUND");
});

test("an option that does not exist is refused, so that one of the backend is not given in vain", async () => {
  const options = { backends, namespaces, create: true, durability: "each" };
  const error = await failure(openStore("memory:unknown", options), "INVALID_ARGUMENT");
  expect(error.message).toContain(
    'no option "durability"; options of the backend belong into backendOptions',
  );
});

test("a Windows path is not mistaken for a URL", async () => {
  const error = await failure(openStore("C:\\store", { backends, namespaces }), "INVALID_URL");
  expect(error.message).toContain("file:///absolute/path");
});
