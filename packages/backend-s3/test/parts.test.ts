import { fullScope } from "@borgstore/tools-peers";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  describeAtEachServer,
  describeAtGateway,
  embeddedSite,
  unfinishedOf,
  type Site,
} from "./behind-interceptor.ts";
import { errorDocument } from "./server/error-document.ts";
import { ignoringHeader, on, onNth } from "./server/faults.ts";

const MiB = 1024 * 1024;
const partSize = 5 * MiB;

/** Bytes that are different everywhere. */
function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, at);
  return bytes;
}

/** A value in pieces of odd sizes, some of them empty, in memory that is used again for each. */
async function* inPieces(value: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = Buffer.alloc(700_001);
  for (let at = 0, turn = 0; at < value.length; turn++) {
    const length = turn % 7 === 3 ? 0 : Math.min(value.length - at, 1 + ((turn * 123_457) % 700_000));
    value.copy(memory, 0, at, at + length);
    yield await Promise.resolve(memory.subarray(0, length));
    memory.fill(0xee);
    at += length;
  }
}

/** The ways of storing a value by which it does not arrive as it was. */
async function brokenWays(site: Site, length: number): Promise<string[]> {
  const { backend, base } = await site.open({ partSize });
  const value = patterned(length);
  // Not at the start of its memory.
  const view = Buffer.concat([Buffer.alloc(3), value, Buffer.alloc(3)]).subarray(3, -3);
  const ways = {
    view: () => backend.store("view", view),
    pieces: () => backend.storeStream("pieces", inPieces(value)),
    one: () => backend.storeStream("one", [value]),
    stream: () => backend.storeStream("stream", Readable.from([value.subarray(0, 10), value.subarray(10)])),
  };
  const broken: string[] = [];
  for (const [name, store] of Object.entries(ways)) {
    await store();
    if (Buffer.compare(await site.outsider.get(base + name), value) !== 0) broken.push(name);
    await backend.delete(name);
  }
  if ((await site.unfinishedUploads()) > 0) broken.push("uploads are left");
  return broken;
}

const full = fullScope("how a value is cut does not depend on Node");

describe.skipIf(full.isLeftOut)(`sizes around that of a part${full.tag}`, () => {
  const site = embeddedSite();

  test.each([partSize - 1, partSize, partSize + 1, 2 * partSize])(
    "a value of %i bytes arrives as it was",
    async (length) => {
      expect(await brokenWays(site, length)).toEqual([]);
    },
  );
});

describeAtEachServer((site) => {
  test("a value of two parts and a byte arrives as it was", async () => {
    expect(await brokenWays(site, 2 * partSize + 1)).toEqual([]);
  });

  test("a value in parts replaces another in one step", async () => {
    const { backend } = await site.open({ partSize });
    await backend.store("a", Buffer.from("old"));
    let during: Uint8Array | undefined;
    onTestFinished(
      site.interceptor.onRequest(
        on("CompleteMultipartUpload", async () => {
          during = await backend.load("a");
        }),
      ),
    );
    const value = patterned(partSize + 1);
    await backend.store("a", value);
    expect(Buffer.from(during ?? []).toString()).toBe("old");
    expect(Buffer.compare(await backend.load("a"), value)).toBe(0);
  });

  test("a source that fails after some parts leaves nothing", async () => {
    const { backend, base } = await site.open({ partSize });
    await backend.store("a", Buffer.from("old"));
    const reason = new Error("the disk of the source");
    async function* failingSource(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(patterned(2 * partSize + 1));
      throw reason;
    }
    await expect(backend.storeStream("a", failingSource())).rejects.toBe(reason);
    expect(site.interceptor.count("AbortMultipartUpload")).toBe(1);
    expect(await site.unfinishedUploads()).toBe(0);
    expect(Buffer.from(await site.outsider.get(`${base}a`)).toString()).toBe("old");
  });

  test("a source that fails before the first part is full is not even begun with", async () => {
    const { backend } = await site.open({ partSize });
    const reason = new Error("the disk of the source");
    async function* failingSource(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(new Uint8Array(10));
      throw reason;
    }
    await expect(backend.storeStream("a", failingSource())).rejects.toBe(reason);
    expect(site.interceptor.count()).toBe(0);
  });

  test("a part that fails for good ends it, although the source hangs", async () => {
    const { backend, base } = await site.open({ partSize });
    onTestFinished(
      site.interceptor.onRequest(
        onNth("UploadPart", 2, (_request, control) => control.error(403, "AccessDenied")),
      ),
    );
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(patterned(2 * partSize));
      await new Promise<never>(() => {});
    }
    await expect(backend.storeStream("a", source())).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await site.unfinishedUploads()).toBe(0);
    expect(await site.keysAt(base)).toEqual([base]);
  });

  test("an abort ends it, and the upload with it", async () => {
    const { backend, base } = await site.open({ partSize });
    const controller = new AbortController();
    const reason = new Error("enough");
    onTestFinished(site.interceptor.onRequest(onNth("UploadPart", 2, () => controller.abort(reason))));
    const storing = backend.store("a", patterned(3 * partSize), { signal: controller.signal });
    await expect(storing).rejects.toBe(reason);
    // Nobody waits for that but closing.
    await backend.close();
    expect(await site.unfinishedUploads()).toBe(0);
    expect(await site.keysAt(base)).toEqual([base]);
  });
});

describeAtGateway((site) => {
  const value = patterned(partSize + 1);

  test("a large value is created only if absent by one request, where that cannot be done in parts", async () => {
    const { backend, base } = await site.open({ partSize });
    await backend.store("a", value, { ifAbsent: true });
    expect(Buffer.compare(await backend.load("a"), value)).toBe(0);
    await expect(backend.store("a", patterned(partSize + 9), { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      key: "a",
    });
    expect(Buffer.compare(await backend.load("a"), value)).toBe(0);
    expect(await site.keysAt(base)).toEqual([base, `${base}a`]);
    expect(await site.unfinishedUploads()).toBe(0);
  });

  test("one that comes in pieces is refused then, and nothing is left", async () => {
    const { backend, base } = await site.open({ partSize });
    let stopped = false;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        while (true) yield await Promise.resolve(new Uint8Array(MiB));
      } finally {
        stopped = true;
      }
    }
    await expect(backend.storeStream("a", source(), { ifAbsent: true })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      retryable: false,
      key: "a",
    });
    expect(stopped).toBe(true);
    expect(await site.keysAt(base)).toEqual([base]);
    expect(await site.unfinishedUploads()).toBe(0);
  });

  test("one that comes in pieces and ends within a part is created only if absent", async () => {
    const { backend } = await site.open({ partSize });
    await backend.storeStream("a", inPieces(patterned(partSize)), { ifAbsent: true });
    await expect(
      backend.storeStream("a", inPieces(patterned(1000)), { ifAbsent: true }),
    ).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    expect(await backend.info("a")).toMatchObject({ size: partSize });
  });
});

describe("a service that can complete uploads only if absent", () => {
  const site = embeddedSite();

  test.each(["kept", "gone"])("does so, also when a refused upload is %s", async (upload) => {
    const { interceptor, place } = await site.anotherInterceptor();
    const { backend, base } = await site.open({ partSize }, site.newPrefix(), place);
    // Each name once.
    const taken = new Set<string>();
    interceptor.onRequest(({ operation, key, headers }, control) => {
      const isStoring = operation === "PutObject" || operation === "CompleteMultipartUpload";
      if (!isStoring) return;
      if (headers["if-none-match"] === "*" && taken.has(key)) control.error(412, "PreconditionFailed");
      else taken.add(key);
    });
    interceptor.onRequest(
      on("AbortMultipartUpload", (_request, control) => {
        if (upload === "kept") return;
        control.alterAnswer((answer) => {
          answer.status = 404;
          answer.setBody(errorDocument("NoSuchUpload"));
        });
      }),
    );
    const value = patterned(partSize + 1);
    await backend.store("a", value, { ifAbsent: true });
    await backend.storeStream("b", inPieces(value), { ifAbsent: true });
    for (const store of [
      () => backend.store("a", value, { ifAbsent: true }),
      () => backend.storeStream("b", inPieces(value), { ifAbsent: true }),
    ]) {
      await expect(store()).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    }
    const completing = interceptor.requests.filter(
      ({ operation }) => operation === "CompleteMultipartUpload",
    );
    expect(completing.map(({ headers }) => headers["if-none-match"])).toEqual(completing.map(() => "*"));
    expect(await site.keysAt(base)).toEqual([base, `${base}a`, `${base}b`]);
    // Nobody has told this server of the end of those that are said to be gone.
    expect(unfinishedOf(interceptor)).toBe(upload === "kept" ? 0 : interceptor.count("AbortMultipartUpload"));
  });

  test("and one that ignores the condition everywhere is told as unable", async () => {
    const { interceptor, place } = await site.anotherInterceptor();
    const { backend, base } = await site.open({ partSize }, site.newPrefix(), place);
    interceptor.onRequest(ignoringHeader("PutObject", "if-none-match"));
    for (const size of [10, partSize + 1]) {
      await expect(backend.store("a", patterned(size), { ifAbsent: true })).rejects.toMatchObject({
        code: "UNSUPPORTED",
      });
    }
    expect(await site.keysAt(base)).toEqual([base]);
  });
});
