import { clampRange, type Backend } from "@borgstore/core";
import { fullScope } from "@borgstore/tools-peers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { s3Backend } from "../src/index.ts";
import { describeAtEachServer, embeddedSite, type Site } from "./behind-interceptor.ts";
import { optionsFor } from "./place.ts";
import { ignoringHeader } from "./server/faults.ts";

const full = fullScope("what is asked for and taken does not depend on Node");

const values: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  small: Buffer.from("0123456789"),
  large: Buffer.from(Array.from({ length: 200_000 }, (_each, at) => (at * 31 + (at >> 8)) % 256)),
};

const edges: Readonly<Record<string, readonly number[]>> = {
  empty: [-5, -1, 0, 1, 5],
  small: [-20, -11, -10, -9, -1, 0, 1, 9, 10, 11, 20],
  large: [-200_001, -200_000, -65_538, -1, 0, 65_536, 199_999, 200_000],
};

const sizes: Readonly<Record<string, readonly (number | undefined)[]>> = {
  empty: [undefined, 0, 1, 100],
  small: [undefined, 0, 1, 5, 10, 11, 100],
  large: [undefined, 0, 1, 70_000],
};

type Row = readonly [name: string, offset: number | undefined, size: number | undefined];

const table: readonly Row[] = Object.keys(values).flatMap((name) => {
  const offsets = [undefined, ...(edges[name] ?? []), Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
  const all = [...(sizes[name] ?? []), Number.MAX_SAFE_INTEGER];
  return offsets.flatMap((offset) => all.map((size): Row => [name, offset, size]));
});

function expected([name, offset, size]: Row): Buffer {
  const value = values[name] ?? Buffer.alloc(0);
  const { start, end } = clampRange(value.length, offset, size);
  return value.subarray(start, Math.max(start, end));
}

/** What differs from what it should be; each row by itself would be a thousand tests. */
async function differences(load: (row: Row) => Promise<Uint8Array>): Promise<string[]> {
  const found: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let row = table[next++]; row !== undefined; row = table[next++]) {
      const loaded = await load(row);
      if (Buffer.compare(loaded, expected(row)) !== 0) found.push(`${row.join()}: ${loaded.length} bytes`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return found;
}

async function streamed(backend: Backend, [name, offset, size]: Row): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of backend.loadStream(name, { offset, size })) {
    expect(piece.byteLength).toBeGreaterThan(0);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function openAt(site: Site, prefix: string): Promise<Backend> {
  const backend = s3Backend(optionsFor(site.place, prefix));
  onTestFinished(() => backend.close());
  await backend.open();
  return backend;
}

test("the table has all the ways to be past an edge", () => {
  expect(table.length).toBeGreaterThan(200);
  expect(table.filter((row) => expected(row).length === 0).length).toBeGreaterThan(80);
});

const prefix = "ranges/store";

function plantValues(site: Site): void {
  beforeAll(async () => {
    for (const [name, value] of Object.entries(values)) await site.outsider.put(`${prefix}/${name}`, value);
  });
}

describe.skipIf(full.isLeftOut)(`a service that ignores ranges and sends everything${full.tag}`, () => {
  const site = embeddedSite();
  plantValues(site);

  test("is good for every part, too", async () => {
    const backend = await openAt(site, prefix);
    onTestFinished(site.interceptor.onRequest(ignoringHeader("GetObject", "range")));
    expect(await differences(([name, offset, size]) => backend.load(name, { offset, size }))).toEqual([]);
    expect(await differences((row) => streamed(backend, row))).toEqual([]);
  });
});

describeAtEachServer((site) => {
  plantValues(site);

  test("every part of a value is loaded as it is, clamped to it", async () => {
    const backend = await openAt(site, prefix);
    expect(await differences(([name, offset, size]) => backend.load(name, { offset, size }))).toEqual([]);
  });

  test("and in pieces", async () => {
    const backend = await openAt(site, prefix);
    expect(await differences((row) => streamed(backend, row))).toEqual([]);
  });

  describe("what is missing is missing", () => {
    test.each([{}, { offset: 5 }, { offset: -5 }, { offset: -100_000, size: 1 }, { size: 0 }, { size: 5 }])(
      "with %j",
      async (options) => {
        const backend = await openAt(site, prefix);
        await expect(backend.load("missing", options)).rejects.toMatchObject({
          code: "NOT_FOUND",
          key: "missing",
        });
        await expect(
          streamed(backend, [
            "missing",
            "offset" in options ? options.offset : undefined,
            "size" in options ? options.size : undefined,
          ]),
        ).rejects.toMatchObject({ code: "NOT_FOUND", key: "missing" });
      },
    );
  });

  test("a load owns its memory", async () => {
    const backend = await openAt(site, prefix);
    for (const options of [{}, { offset: 2, size: 5 }, { offset: -5 }, { offset: -100_000, size: 10 }]) {
      const value = await backend.load("large", options);
      expect(value.byteOffset).toBe(0);
      expect(value.buffer.byteLength).toBe(value.byteLength);
    }
  });
});
