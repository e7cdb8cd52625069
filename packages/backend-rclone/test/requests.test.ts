import { Store, type Backend } from "@borgstore/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callsOf, connectionsOf, type Calls } from "./calls.ts";
import { distributionRclone, local, s3, sftp, webdav } from "./remotes.ts";
import { describeAt, type Site } from "./sites.ts";

const small = new Uint8Array(1000).fill(7);
const large = new Uint8Array(200_000).fill(8);

/** Of each kind of remote. */
interface Expected {
  readonly local: Calls;
  /** Where replacing takes several steps. */
  readonly served: Calls;
  readonly bucket: Calls;
}

function everywhere(calls: Calls): Expected {
  return { local: calls, served: calls, bucket: calls };
}

interface Operation extends Expected {
  readonly title: string;
  readonly prepare?: (backend: Backend) => Promise<unknown>;
  readonly work: (backend: Backend) => Promise<unknown>;
}

async function entriesAt(backend: Backend, name: string, recursive = false): Promise<number> {
  let count = 0;
  for await (const page of backend.list(name, { recursive })) count += page.length;
  return count;
}

const stored = { local: { uploadfile: 1, HEAD: 1, movefile: 1 }, bucket: { uploadfile: 1, HEAD: 1 } };

const operations: readonly Operation[] = [
  {
    title: "a store",
    ...stored,
    served: { GET: 1, uploadfile: 1, HEAD: 1, movefile: 1 },
    prepare: (backend) => backend.store("a/first", small),
    work: (backend) => backend.store("a/new", small),
  },
  {
    title: "a store into a new directory",
    ...stored,
    served: { mkdir: 1, GET: 1, uploadfile: 1, HEAD: 1, movefile: 1 },
    work: (backend) => backend.store("new/directory/a", small),
  },
  {
    title: "a store of an empty value",
    ...stored,
    served: { GET: 1, uploadfile: 1, HEAD: 1, movefile: 1 },
    work: (backend) => backend.store("empty", new Uint8Array(0)),
  },
  {
    title: "a store in pieces",
    ...stored,
    served: { GET: 1, uploadfile: 1, HEAD: 1, movefile: 1 },
    work: (backend) => backend.storeStream("pieces", [small, large, small]),
  },
  {
    title: "a load",
    ...everywhere({ GET: 1 }),
    prepare: (backend) => backend.store("whole", large),
    work: (backend) => backend.load("whole"),
  },
  {
    title: "a load of what is missing",
    ...everywhere({ GET: 1 }),
    work: (backend) => expect(backend.load("missing")).rejects.toMatchObject({ code: "NOT_FOUND" }),
  },
  {
    title: "a load of a part",
    ...everywhere({ GET: 1 }),
    prepare: (backend) => backend.store("part", large),
    work: (backend) => backend.load("part", { offset: 1000, size: 1000 }),
  },
  {
    title: "a load of the end",
    ...everywhere({ GET: 1 }),
    prepare: (backend) => backend.store("end", large),
    work: (backend) => backend.load("end", { offset: -1000 }),
  },
  {
    title: "a load of a part near the end, by one request with a little more",
    ...everywhere({ GET: 1 }),
    prepare: (backend) => backend.store("near", large),
    work: (backend) => backend.load("near", { offset: -60_000, size: 10 }),
  },
  {
    title: "a load of a part far before the end, after the length",
    ...everywhere({ stat: 1, GET: 1 }),
    prepare: (backend) => backend.store("far", large),
    work: (backend) => backend.load("far", { offset: -150_000, size: 10 }),
  },
  {
    title: "a load of what is past the end",
    ...everywhere({ GET: 1, stat: 1 }),
    prepare: (backend) => backend.store("past", large),
    work: (backend) => backend.load("past", { offset: 200_000, size: 1 }),
  },
  {
    title: "a load of no bytes",
    ...everywhere({ stat: 1 }),
    prepare: (backend) => backend.store("none", large),
    work: (backend) => backend.load("none", { size: 0 }),
  },
  {
    title: "a load in pieces",
    ...everywhere({ GET: 1 }),
    prepare: (backend) => backend.store("pieces", new Uint8Array(1024 * 1024)),
    work: async (backend) => {
      for await (const piece of backend.loadStream("pieces")) expect(piece.byteLength).toBeGreaterThan(0);
    },
  },
  {
    title: "info",
    ...everywhere({ stat: 1 }),
    prepare: (backend) => backend.store("there", small),
    work: (backend) => backend.info("there"),
  },
  {
    title: "info of what is missing",
    local: { stat: 1, GET: 1 },
    served: { stat: 1, GET: 1 },
    bucket: { stat: 1 },
    work: (backend) => backend.info("missing"),
  },
  {
    title: "a delete",
    ...everywhere({ deletefile: 1 }),
    prepare: (backend) => backend.store("old", small),
    work: (backend) => backend.delete("old"),
  },
  {
    title: "a delete of what is missing",
    ...everywhere({ deletefile: 1 }),
    work: (backend) => expect(backend.delete("missing")).rejects.toMatchObject({ code: "NOT_FOUND" }),
  },
  {
    title: "a move",
    local: { movefile: 1 },
    served: { GET: 2, movefile: 1 },
    bucket: { movefile: 1 },
    prepare: (backend) => backend.store("moved", small),
    work: (backend) => backend.move("moved", "to-another-name"),
  },
  {
    title: "a listing",
    ...everywhere({ list: 1 }),
    prepare: (backend) => backend.store("a/old", small),
    work: (backend) => entriesAt(backend, "a"),
  },
  {
    title: "a listing of a tree",
    local: { list: 4 },
    served: { list: 4 },
    bucket: { list: 1 },
    prepare: async (backend) => {
      for (const name of ["tree/b/1", "tree/c/2", "tree/d/e/3", "tree/4"]) await backend.store(name, small);
    },
    work: (backend) => entriesAt(backend, "tree", true),
  },
  {
    title: "mkdir",
    local: { stat: 3, mkdir: 1 },
    served: { stat: 3, mkdir: 1 },
    bucket: {},
    work: (backend) => backend.mkdir("made/new/ones"),
  },
  {
    title: "rmdir",
    local: { stat: 1, rmdir: 1 },
    served: { stat: 1, rmdir: 1 },
    bucket: { list: 1 },
    prepare: (backend) => backend.mkdir("removed"),
    work: (backend) => backend.rmdir("removed"),
  },
  {
    title: "a hash that the remote does not tell",
    local: { GET: 1 },
    served: { GET: 1 },
    bucket: { GET: 1 },
    prepare: (backend) => backend.store("hashed", large),
    work: (backend) => backend.hash("hashed", "sha512"),
  },
];

/** Where replacing is one step: what a Store with nested names asks for, and what is alike for one and for many. */
function registerStore(site: Site, kind: "local" | "bucket"): void {
  test("through a Store with nested names it is the same", async () => {
    const store = new Store({ backend: site.backend(), namespaces: { data: { levels: [2] } } });
    await store.create();
    await store.open();
    const [first, second] = ["data/00aa01", "data/11bb02"] as const;
    const listed = async (): Promise<void> => {
      for await (const { name } of store.list("data")) expect(["00aa01", "11bb02"]).toContain(name);
    };
    for (const [work, calls] of [
      [() => store.store(first, small), stored[kind]],
      [() => store.store(second, large), stored[kind]],
      [() => store.load(first), { GET: 1 }],
      [() => store.load(second, { offset: 1000, size: 1000 }), { GET: 1 }],
      [() => store.info(first), { stat: 1 }],
      // The namespace, and each directory in it with all below; a bucket lists all at once.
      [listed, { list: kind === "local" ? 3 : 1 }],
      [() => store.softDelete(first), { movefile: 1 }],
      [() => store.undelete(first, { overwrite: true }), { movefile: 1 }],
      [() => store.delete(first), { deletefile: 1 }],
    ] as const) {
      expect(await callsOf(work)).toEqual(calls);
    }
  });

  test("storing only if absent is refused before anything is asked", async () => {
    const { backend } = await site.open();
    const calls = await callsOf(() =>
      expect(backend.store("a", small, { ifAbsent: true })).rejects.toMatchObject({ code: "UNSUPPORTED" }),
    );
    expect(calls).toEqual({});
  });

  test("many are deleted by one call each", async () => {
    const { backend } = await site.open();
    const names = Array.from({ length: 12 }, (_each, at) => `many/${at}`);
    for (const name of names) await backend.store(name, small);
    expect(await callsOf(() => backend.deleteMany(names))).toEqual({ deletefile: 12 });
  });
}

function registerOperations(site: Site, kind: keyof Expected): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = site.backendAt("operations");
    await backend.create();
    await backend.open();
  });
  afterAll(() => backend.close());

  test.each(operations)(`$title is $${kind}`, async (operation) => {
    await operation.prepare?.(backend);
    expect(await callsOf(() => operation.work(backend))).toEqual(operation[kind]);
  });
}

describeAt(local, distributionRclone, (site) => {
  registerOperations(site, "local");
  registerStore(site, "local");

  test("a replacement is no more than a store", async () => {
    const { backend } = await site.open();
    await backend.store("a", small);
    expect(await callsOf(() => backend.store("a", large))).toEqual(stored.local);
  });

  test("a move onto another object is one call", async () => {
    const { backend } = await site.open();
    await backend.store("a", small);
    await backend.store("b", large);
    expect(await callsOf(() => backend.move("a", "b"))).toEqual({ movefile: 1 });
  });

  test("making, opening and removing a storage", async () => {
    const backend = site.backend();
    expect(await callsOf(() => backend.create())).toEqual({ fsinfo: 1, list: 1, mkdir: 1 });
    // What is known of the remote is kept for a moment.
    expect(await callsOf(() => backend.open())).toEqual({ list: 1 });
    expect(await callsOf(() => backend.close())).toEqual({});
    expect(await callsOf(() => backend.destroy())).toEqual({ fsinfo: 1, list: 2, purge: 1 });
  });

  test("quota and a hash that the remote tells are one call each", async () => {
    const { backend } = await site.open();
    await backend.store("a", small);
    expect(await callsOf(() => backend.quota())).toEqual({ about: 1 });
    expect(await callsOf(() => backend.hash("a", "sha256"))).toEqual({ stat: 1 });
  });

  test("an algorithm that is unknown is refused before anything is asked", async () => {
    const { backend } = await site.open();
    const calls = await callsOf(() =>
      expect(backend.hash("a", "crc99")).rejects.toMatchObject({ code: "UNSUPPORTED" }),
    );
    expect(calls).toEqual({});
  });

  describe("connections are kept", () => {
    test("for a thousand loads, one after the other, one is enough", async () => {
      const { backend } = await site.open();
      await backend.store("a", small);
      const made = await connectionsOf(async () => {
        for (let at = 0; at < 1000; at++) await backend.load("a");
      });
      expect(made).toBeLessThanOrEqual(1);
    });

    test("also when objects are missing, and stores and listings come in between", async () => {
      const { backend } = await site.open();
      await backend.store("a", small);
      const made = await connectionsOf(async () => {
        for (let at = 0; at < 20; at++) {
          await expect(backend.load("missing")).rejects.toMatchObject({ code: "NOT_FOUND" });
          await backend.store("b", large);
          await entriesAt(backend, "");
          await backend.info("b");
          await backend.load("b", { offset: 5, size: 10 });
          for await (const piece of backend.loadStream("b")) expect(piece.length).toBeGreaterThan(0);
        }
      });
      expect(made).toBeLessThanOrEqual(1);
    });

    test("at a time there are as many as the option says", async () => {
      const { backend } = await site.open({ concurrency: 3 });
      await backend.store("a", small);
      const made = await connectionsOf(() =>
        Promise.all(Array.from({ length: 200 }, () => backend.load("a"))),
      );
      expect(made).toBeLessThanOrEqual(3);
    });
  });
});

describeAt(sftp, distributionRclone, (site) => registerOperations(site, "served"));

describeAt(webdav, distributionRclone, (site) => {
  test("a store and a load are as elsewhere", async () => {
    const { backend } = await site.open();
    const calls = await callsOf(() => backend.store("a", small));
    expect(calls).toEqual({ GET: 1, uploadfile: 1, HEAD: 1, movefile: 1 });
    expect(await callsOf(() => backend.load("a"))).toEqual({ GET: 1 });
  });
});

describeAt(s3, distributionRclone, (site) => {
  registerOperations(site, "bucket");
  registerStore(site, "bucket");

  test("a replacement is no more than a store", async () => {
    const { backend } = await site.open();
    await backend.store("a", small);
    expect(await callsOf(() => backend.store("a", large))).toEqual(stored.bucket);
  });

  test("making, opening and removing a storage", async () => {
    const backend = site.backend();
    expect(await callsOf(() => backend.create())).toEqual({
      fsinfo: 1,
      list: 1,
      mkdir: 1,
      uploadfile: 1,
      HEAD: 1,
    });
    expect(await callsOf(() => backend.open())).toEqual({ stat: 1 });
    await backend.store("a", small);
    expect(await callsOf(() => backend.close())).toEqual({});
    const calls = await callsOf(() => backend.destroy());
    expect(calls).toMatchObject({ fsinfo: 1, purge: 1 });
  });
});
