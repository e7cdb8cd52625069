import { Store, type Backend } from "@borgstore/core";
import { fullScope } from "@borgstore/tools-peers";
import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { s3Backend } from "../src/index.ts";
import { describeAtGateway, embeddedSite, type Site } from "./behind-interceptor.ts";
import { optionsFor } from "./place.ts";
import type { RecordedRequest } from "./server/recorded-request.ts";
import type { S3Operation } from "./server/s3-operation.ts";

const MiB = 1024 * 1024;
const small = new Uint8Array(1000).fill(7);
const large = new Uint8Array(200_000).fill(8);

type Requests = Partial<Record<S3Operation, number>>;

/** How many of which kind there were. */
function counted(requests: readonly RecordedRequest[]): Requests {
  const counts: Requests = {};
  for (const { operation } of requests) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

async function requestsOf(site: Site, work: () => Promise<unknown>): Promise<Requests> {
  site.interceptor.clear();
  await work();
  return counted(site.interceptor.requests);
}

async function entriesAt(backend: Backend, name: string, recursive = false): Promise<number> {
  let count = 0;
  for await (const page of backend.list(name, { recursive })) count += page.length;
  return count;
}

function names(directory: string, count: number): string[] {
  return Array.from({ length: count }, (_each, at) => `${directory}/${String(at).padStart(5, "0")}`);
}

function crc32Of(value: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of value) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return bytes.toString("base64");
}

function md5(value: Uint8Array): string {
  return createHash("md5").update(value).digest("base64");
}

interface Operation {
  readonly title: string;
  readonly requests: Requests;
  readonly prepare?: (backend: Backend) => Promise<unknown>;
  readonly work: (backend: Backend) => Promise<unknown>;
}

const operations: readonly Operation[] = [
  {
    title: "a store",
    requests: { PutObject: 1 },
    work: (backend) => backend.store("a/new", small),
  },
  {
    title: "a store that replaces",
    requests: { PutObject: 1 },
    prepare: (backend) => backend.store("a/old", small),
    work: (backend) => backend.store("a/old", large),
  },
  {
    title: "a store of an empty value",
    requests: { PutObject: 1 },
    work: (backend) => backend.store("a/empty", new Uint8Array(0)),
  },
  {
    title: "a store in small pieces",
    requests: { PutObject: 1 },
    work: (backend) => backend.storeStream("a/pieces", [small, large, small]),
  },
  {
    title: "a load",
    requests: { GetObject: 1 },
    prepare: (backend) => backend.store("b/whole", large),
    work: (backend) => backend.load("b/whole"),
  },
  {
    title: "a load of what is missing",
    requests: { GetObject: 1 },
    work: (backend) => expect(backend.load("b/missing")).rejects.toMatchObject({ code: "NOT_FOUND" }),
  },
  {
    title: "a load of a part",
    requests: { GetObject: 1 },
    prepare: (backend) => backend.store("b/part", large),
    work: (backend) => backend.load("b/part", { offset: 1000, size: 1000 }),
  },
  {
    title: "a load of what is past the end",
    requests: { GetObject: 1 },
    prepare: (backend) => backend.store("b/past", large),
    work: (backend) => backend.load("b/past", { offset: 200_000, size: 1 }),
  },
  {
    title: "a load of the end",
    requests: { GetObject: 1 },
    prepare: (backend) => backend.store("b/end", large),
    work: (backend) => backend.load("b/end", { offset: -1000 }),
  },
  {
    title: "a load of a part not far before the end",
    requests: { GetObject: 1 },
    prepare: (backend) => backend.store("b/near", large),
    work: (backend) => backend.load("b/near", { offset: -65_536, size: 1 }),
  },
  {
    title: "a load of a part far before the end",
    requests: { HeadObject: 1, GetObject: 1 },
    prepare: (backend) => backend.store("b/far", large),
    work: (backend) => backend.load("b/far", { offset: -150_000, size: 10 }),
  },
  {
    title: "a load of no bytes",
    requests: { HeadObject: 1 },
    prepare: (backend) => backend.store("b/none", large),
    work: (backend) => backend.load("b/none", { size: 0 }),
  },
  {
    title: "a load in pieces",
    requests: { GetObject: 1 },
    prepare: (backend) => backend.store("b/pieces", new Uint8Array(MiB)),
    work: async (backend) => {
      for await (const piece of backend.loadStream("b/pieces")) expect(piece.byteLength).toBeGreaterThan(0);
    },
  },
  {
    title: "a hash",
    requests: { GetObject: 1 },
    prepare: (backend) => backend.store("b/hashed", large),
    work: (backend) => backend.hash("b/hashed"),
  },
  {
    title: "info",
    requests: { HeadObject: 1 },
    prepare: (backend) => backend.store("c/there", small),
    work: (backend) => backend.info("c/there"),
  },
  {
    title: "info of what is missing",
    requests: { HeadObject: 1 },
    work: (backend) => backend.info("c/missing"),
  },
  {
    title: "a delete",
    requests: { HeadObject: 1, DeleteObject: 1 },
    prepare: (backend) => backend.store("d/one", small),
    work: (backend) => backend.delete("d/one"),
  },
  {
    title: "a delete of what is missing",
    requests: { HeadObject: 1 },
    work: (backend) => expect(backend.delete("d/missing")).rejects.toMatchObject({ code: "NOT_FOUND" }),
  },
  {
    title: "a delete of none",
    requests: {},
    work: (backend) => backend.deleteMany([]),
  },
  {
    title: "a delete of a few",
    requests: { HeadObject: 3, DeleteObjects: 1 },
    prepare: async (backend) => {
      for (const name of names("d", 3)) await backend.store(name, small);
    },
    work: (backend) => backend.deleteMany(names("d", 3)),
  },
  {
    title: "a move",
    requests: { CopyObject: 1, DeleteObject: 1 },
    prepare: (backend) => backend.store("e/old", small),
    work: (backend) => backend.move("e/old", "e/new"),
  },
  {
    title: "a move of what is missing",
    requests: { CopyObject: 1 },
    work: (backend) =>
      expect(backend.move("e/missing", "e/new")).rejects.toMatchObject({ code: "NOT_FOUND" }),
  },
  {
    title: "a listing of a few",
    requests: { ListObjectsV2: 1 },
    prepare: (backend) => backend.store("f/one", small),
    work: (backend) => entriesAt(backend, "f"),
  },
  {
    title: "a listing of none",
    requests: { ListObjectsV2: 1 },
    work: (backend) => entriesAt(backend, "missing"),
  },
  {
    title: "mkdir",
    requests: { PutObject: 1 },
    work: (backend) => backend.mkdir("g/many/new/ones"),
  },
  {
    title: "rmdir",
    requests: { ListObjectsV2: 1, DeleteObject: 1 },
    prepare: (backend) => backend.mkdir("h"),
    work: (backend) => backend.rmdir("h"),
  },
  {
    title: "rmdir of what is missing",
    requests: { ListObjectsV2: 1 },
    work: (backend) => backend.rmdir("i"),
  },
  {
    title: "quota",
    requests: {},
    work: (backend) => backend.quota(),
  },
];

const full = fullScope("what is sent does not depend on Node");

describe("at the server in this process", () => {
  const site = embeddedSite();

  test.each(operations)("$title is $requests", async ({ requests, prepare, work }) => {
    const { backend } = await site.open();
    await prepare?.(backend);
    expect(await requestsOf(site, () => work(backend))).toEqual(requests);
  });

  test("what a Store with nested names sends is what its backend sends", async () => {
    const store = new Store({ backend: site.backend(), namespaces: { data: { levels: [2] } } });
    await store.create();
    await store.open();
    const [first, second] = ["data/00aa01", "data/11bb02"] as const;
    const listed = async (): Promise<void> => {
      for await (const { name } of store.list("data")) expect(["00aa01", "11bb02"]).toContain(name);
    };
    for (const [work, requests] of [
      [() => store.store(first, small), { PutObject: 1 }],
      [() => store.store(second, large), { PutObject: 1 }],
      [() => store.load(first), { GetObject: 1 }],
      [() => store.load(second, { offset: 1000, size: 1000 }), { GetObject: 1 }],
      [() => store.info(first), { HeadObject: 1 }],
      [listed, { ListObjectsV2: 1 }],
      [() => store.softDelete(first), { CopyObject: 1, DeleteObject: 1 }],
      [() => store.undelete(first, { overwrite: true }), { CopyObject: 1, DeleteObject: 1 }],
      [() => store.delete(first), { HeadObject: 1, DeleteObject: 1 }],
    ] as const) {
      expect(await requestsOf(site, work)).toEqual(requests);
    }
  });

  test("a delete that need not tell whether there was anything is one request", async () => {
    const { backend } = await site.open({ checkBeforeDelete: false });
    await backend.store("a", small);
    expect(await requestsOf(site, () => backend.delete("a"))).toEqual({ DeleteObject: 1 });
    expect(await requestsOf(site, () => backend.delete("a"))).toEqual({ DeleteObject: 1 });
  });

  test("making, opening and removing a storage are two, one, and two", async () => {
    const backend = site.backend();
    expect(await requestsOf(site, () => backend.create())).toEqual({ ListObjectsV2: 1, PutObject: 1 });
    expect(await requestsOf(site, () => backend.open())).toEqual({ ListObjectsV2: 1 });
    await backend.store("a", small);
    expect(await requestsOf(site, () => backend.close())).toEqual({});
    expect(await requestsOf(site, () => backend.destroy())).toEqual({ ListObjectsV2: 1, DeleteObjects: 1 });
  });

  test("nobody is asked for anything before a backend is used", async () => {
    site.interceptor.clear();
    const accepted = site.interceptor.acceptedSockets;
    const backend = s3Backend(optionsFor(site.place, site.newPrefix()));
    expect(String(backend)).toContain(site.place.endpoint);
    await backend.close();
    expect([site.interceptor.count(), site.interceptor.acceptedSockets]).toEqual([0, accepted]);
  });

  test.skipIf(full.isLeftOut)(`2,500 keys are listed by three, whatever the level${full.tag}`, async () => {
    const { backend, base } = await site.open();
    await site.plant(names(`${base}data/ab/cd`, 1250));
    await site.plant(names(`${base}data/ab/ef`, 1250));
    for (const [name, recursive, count, requests] of [
      ["", true, 2500, 3],
      ["data", true, 2500, 3],
      ["data/ab/cd", false, 1250, 2],
      ["data/ab", false, 2, 1],
      ["", false, 1, 1],
    ] as const) {
      let found = 0;
      const sent = await requestsOf(site, async () => {
        found = await entriesAt(backend, name, recursive);
      });
      expect([found, sent.ListObjectsV2, site.interceptor.count()]).toEqual([count, requests, requests]);
    }
  });

  test("200 requests at once use no more sockets than the option says, and each of them again", async () => {
    const { interceptor, place } = await site.anotherInterceptor();
    const { backend } = await site.open({ concurrency: 8 }, site.newPrefix(), place);
    await backend.store("a", small);
    const before = interceptor.acceptedSockets;
    await Promise.all(Array.from({ length: 200 }, () => backend.info("a")));
    expect(interceptor.count("HeadObject")).toBe(200);
    expect(interceptor.openSockets).toBeLessThanOrEqual(8);
    expect(interceptor.acceptedSockets - before).toBeLessThanOrEqual(8);
    await backend.close();
    await expect.poll(() => interceptor.openSockets).toBe(0);
  });

  test.each([
    [10 * MiB + 1, [5 * MiB, 5 * MiB, 1]],
    [10 * MiB, [5 * MiB, 5 * MiB]],
  ])("a value of %i bytes is sent in parts of the option's size", async (length, lengths) => {
    const value = Buffer.alloc(length, 5);
    const { backend } = await site.open({ partSize: 5 * MiB });
    for (const work of [() => backend.store("a", value), () => backend.storeStream("b", [value])]) {
      expect(await requestsOf(site, work)).toEqual({
        CreateMultipartUpload: 1,
        UploadPart: lengths.length,
        CompleteMultipartUpload: 1,
      });
      const parts = site.interceptor.requests.filter(({ operation }) => operation === "UploadPart");
      const byNumber = parts.toSorted((one, other) => number(one) - number(other));
      expect(byNumber.map(number)).toEqual(lengths.map((_each, at) => at + 1));
      expect(byNumber.map(({ bodyLength }) => bodyLength)).toEqual(lengths);
    }
  });

  test("parts are sent as many at a time as the option says", async () => {
    const { backend } = await site.open({ partSize: 5 * MiB, partConcurrency: 2 });
    let underWay = 0;
    let most = 0;
    const remove = site.interceptor.onRequest(async ({ operation }, control) => {
      if (operation !== "UploadPart") return;
      most = Math.max(most, ++underWay);
      // Busy machines take their time to send the second one.
      for (let turn = 0; turn < 500; turn++) {
        if (most > 1) break;
        await control.delay(20);
      }
      await control.delay(50);
      underWay--;
    });
    onTestFinished(remove);
    await backend.store("a", new Uint8Array(25 * MiB));
    expect(most).toBe(2);
  });

  describe("many are deleted", () => {
    test("by two bulk requests after a few that look for them, when they stand side by side", async () => {
      const { backend, base } = await site.open();
      await site.plant(names(`${base}a`, 1100));
      let results: Awaited<ReturnType<Backend["deleteMany"]>> = [];
      const sent = await requestsOf(site, async () => {
        results = await backend.deleteMany(["a/00000b", ...names("a", 1100), "a/missing"]);
      });
      expect(results.map(({ name }) => name)).toEqual(["a/00000b", ...names("a", 1100), "a/missing"]);
      const failed = results.filter(({ error }) => error !== undefined);
      expect(failed).toMatchObject([
        { name: "a/00000b", error: { code: "NOT_FOUND" } },
        { name: "a/missing", error: { code: "NOT_FOUND" } },
      ]);
      expect(sent).toMatchObject({ HeadObject: 2, DeleteObjects: 2 });
      expect(sent.ListObjectsV2).toBeLessThanOrEqual(3);
      expect(site.interceptor.count()).toBe(4 + (sent.ListObjectsV2 ?? 0));
      expect(await site.keysAt(base)).toEqual([base]);
    });

    test.skipIf(full.isLeftOut)(
      `by no more than one request for each, when they are scattered among others${full.tag}`,
      async () => {
        const { backend, base } = await site.open();
        const all = names("a", 5000);
        await site.plant(all.map((name) => base + name));
        const some = all.filter((_name, at) => at % 125 === 60);
        let results: Awaited<ReturnType<Backend["deleteMany"]>> = [];
        const sent = await requestsOf(site, async () => {
          results = await backend.deleteMany(some);
        });
        expect(results).toEqual(some.map((name) => ({ name })));
        expect(sent.DeleteObjects).toBe(1);
        expect(site.interceptor.count()).toBeLessThanOrEqual(some.length + 3);
        expect((await site.keysAt(base)).length).toBe(1 + 5000 - 40);
      },
    );

    test("by bulk requests alone, when nobody wants to know which were there", async () => {
      const { backend, base } = await site.open({ checkBeforeDelete: false });
      await site.plant(names(`${base}a`, 100));
      let results: Awaited<ReturnType<Backend["deleteMany"]>> = [];
      const sent = await requestsOf(site, async () => {
        results = await backend.deleteMany(names("a", 1100));
      });
      expect(sent).toEqual({ DeleteObjects: 2 });
      expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(await site.keysAt(base)).toEqual([base]);
    });

    test("one by one, where there are no bulk requests", async () => {
      const { backend, base } = await site.open({ bulkDelete: false });
      await site.plant(names(`${base}a`, 5));
      const sent = await requestsOf(site, () => backend.deleteMany(names("a", 5)));
      expect(sent).toEqual({ HeadObject: 5, DeleteObject: 5 });
    });

    test("one by one, and from then on without an attempt, where bulk requests are not implemented", async () => {
      const { backend, base } = await site.open({ checkBeforeDelete: false });
      await site.plant(names(`${base}a`, 6));
      onTestFinished(
        site.interceptor.onRequest(({ operation }, control) => {
          if (operation === "DeleteObjects") control.error(501, "NotImplemented");
        }),
      );
      const first = await requestsOf(site, () => backend.deleteMany(names("a", 3)));
      expect(first).toEqual({ DeleteObjects: 1, DeleteObject: 3 });
      const second = await requestsOf(site, () => backend.deleteMany(names("a", 6).slice(3)));
      expect(second).toEqual({ DeleteObject: 3 });
      expect(await site.keysAt(base)).toEqual([base]);
    });

    test("one by one, where the whole request is refused because of something in it", async () => {
      const { backend, base } = await site.open({ checkBeforeDelete: false });
      await site.plant(names(`${base}a`, 3));
      onTestFinished(
        site.interceptor.onRequest(({ operation }, control) => {
          if (operation === "DeleteObjects") control.error(400, "MalformedXML");
        }),
      );
      for (let round = 0; round < 2; round++) {
        const sent = await requestsOf(site, () => backend.deleteMany(names("a", 3)));
        expect(sent).toEqual({ DeleteObjects: 1, DeleteObject: 3 });
      }
      expect(await site.keysAt(base)).toEqual([base]);
    });
  });

  describe("checksums", () => {
    const partSize = 5 * MiB;

    async function everything(backend: Backend): Promise<void> {
      await backend.store("a", small);
      await backend.store("b", Buffer.alloc(partSize + 1, 1));
      await backend.load("a");
      await backend.move("a", "c");
      await backend.deleteMany(["b", "c", "missing"]);
    }

    test("go with nothing by default but with bulk deletions, where the protocol demands Content-MD5", async () => {
      const { backend } = await site.open({ partSize });
      await everything(backend);
      expect(kindsWith(site, /checksum/)).toEqual([]);
      expect(kindsWith(site, /^content-md5$/)).toEqual(["DeleteObjects"]);
      for (const { headers, contentMd5 } of site.interceptor.requests) {
        expect([undefined, contentMd5]).toContain(headers["content-md5"]);
      }
    });

    test("are the MD5 of each upload by option", async () => {
      const { backend } = await site.open({ partSize, uploadChecksum: "md5" });
      await everything(backend);
      expect(kindsWith(site, /checksum/)).toEqual([]);
      expect(kindsWith(site, /^content-md5$/)).toEqual(["DeleteObjects", "PutObject", "UploadPart"]);
      expect(headersOf(site, "PutObject")[0]).toMatchObject({ "content-md5": md5(small) });
      for (const { headers, contentMd5 } of site.interceptor.requests) {
        expect([undefined, contentMd5]).toContain(headers["content-md5"]);
      }
    });

    test("are the SDK's CRC32 at AWS", async () => {
      const { backend } = await site.open({ partSize, service: "aws", pathStyle: true });
      await everything(backend);
      expect(kindsWith(site, /^content-md5$/)).toEqual([]);
      expect(headersOf(site, "PutObject")[0]).toMatchObject({ "x-amz-checksum-crc32": crc32Of(small) });
      for (const headers of [...headersOf(site, "UploadPart"), ...headersOf(site, "DeleteObjects")]) {
        expect(headers).toHaveProperty("x-amz-checksum-crc32");
      }
      expect(headersOf(site, "GetObject")[0]).toMatchObject({ "x-amz-checksum-mode": "ENABLED" });
    });

    test("of parts are announced when an upload begins, and told again when it ends: else AWS refuses them", async () => {
      const { backend } = await site.open({ partSize, service: "aws", pathStyle: true });
      let completing = "";
      onTestFinished(
        site.interceptor.onRequest(async ({ operation }, control) => {
          if (operation === "CompleteMultipartUpload") completing = (await control.body()).toString();
        }),
      );
      await backend.store("a", Buffer.alloc(partSize + 1, 1));
      const [beginning] = headersOf(site, "CreateMultipartUpload");
      expect(beginning).toMatchObject({ "x-amz-checksum-algorithm": "CRC32" });
      const isOfWhole = beginning?.["x-amz-checksum-type"] === "FULL_OBJECT";
      const told = completing.match(/<ChecksumCRC32>[^<]+<\/ChecksumCRC32>/g) ?? [];
      expect(isOfWhole || told.length === 2).toBe(true);
    });

    test.each([{}, { uploadChecksum: "md5" }, { service: "aws", pathStyle: true }] as const)(
      "with %j nothing waits for leave to be sent, and bodies are not sent in chunks of the SDK's",
      async (options) => {
        const { backend } = await site.open({ partSize, ...options });
        await everything(backend);
        await backend.storeStream("stream", [small, new Uint8Array(partSize + 1)]);
        for (const { headers } of site.interceptor.requests) {
          expect(headers).not.toHaveProperty("expect");
          expect(headers["content-encoding"] ?? "").not.toContain("aws-chunked");
          expect(headers).not.toHaveProperty("transfer-encoding");
        }
      },
    );
  });
});

describeAtGateway((site) => {
  const probing: Requests = { PutObject: 2, DeleteObject: 1 };

  test("storing only if absent is tried out once by three requests, by all backends there together", async () => {
    const { interceptor, place } = await site.anotherInterceptor();
    const { backend, base } = await site.open({}, site.newPrefix(), place);
    const { backend: second } = await site.open({}, site.newPrefix(), place);
    interceptor.clear();
    await Promise.all(["a", "b", "c"].map((name) => backend.store(name, small, { ifAbsent: true })));
    expect(counted(interceptor.requests)).toEqual({ ...probing, PutObject: 5 });
    expect(await site.keysAt(base)).toEqual([base, `${base}a`, `${base}b`, `${base}c`]);
    interceptor.clear();
    await backend.store("d", small, { ifAbsent: true });
    await second.store("a", small, { ifAbsent: true });
    expect(counted(interceptor.requests)).toEqual({ PutObject: 2 });
    interceptor.clear();
    await expect(backend.store("a", large, { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(counted(interceptor.requests)).toEqual({ PutObject: 1 });
    expect(await backend.load("a")).toEqual(small);
  });

  test("moving only if absent loads and stores, where copies ignore the condition", async () => {
    const { interceptor, place } = await site.anotherInterceptor();
    const { backend, base } = await site.open({}, site.newPrefix(), place);
    await backend.store("a", small);
    interceptor.clear();
    const moving: Requests = { HeadObject: 1, GetObject: 1, PutObject: 1, DeleteObject: 1 };
    await backend.move("a", "b", { ifAbsent: true });
    expect(counted(interceptor.requests)).toEqual({
      ...moving,
      PutObject: 1 + 2 + 2,
      DeleteObject: 1 + 1 + 2,
      CopyObject: 1,
    });
    expect(await site.keysAt(base)).toEqual([base, `${base}b`]);
    interceptor.clear();
    await backend.move("b", "c", { ifAbsent: true });
    expect(counted(interceptor.requests)).toEqual(moving);
    expect(await backend.load("c")).toEqual(small);
  });

  test("a service that is declared to obey is not tried out", async () => {
    const { interceptor, place } = await site.anotherInterceptor();
    const { backend } = await site.open({ createIfAbsent: true }, site.newPrefix(), place);
    interceptor.clear();
    await backend.store("a", small, { ifAbsent: true });
    expect(counted(interceptor.requests)).toEqual({ PutObject: 1 });
  });
});

function number({ query }: RecordedRequest): number {
  return Number(query["partNumber"]);
}

function headersOf(site: Site, kind: S3Operation): Readonly<Record<string, string>>[] {
  const requests = site.interceptor.requests.filter(({ operation }) => operation === kind);
  expect(requests.length).toBeGreaterThan(0);
  return requests.map(({ headers }) => headers);
}

function kindsWith(site: Site, pattern: RegExp): S3Operation[] {
  const requests = site.interceptor.requests.filter(({ headers }) =>
    Object.keys(headers).some((name) => pattern.test(name)),
  );
  return [...new Set(requests.map(({ operation }) => operation))].toSorted();
}
