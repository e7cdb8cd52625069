import { expect, test } from "vitest";
import { PartBuffers } from "../src/part-buffers.ts";

const partSize = 100_000;

/** Pieces of these lengths, each filled with its number, all in the same memory. */
function* pieces(lengths: readonly number[]): Generator<Uint8Array> {
  const memory = new Uint8Array(Math.max(1, ...lengths));
  for (const [at, length] of lengths.entries()) {
    memory.fill(at + 1);
    yield memory.subarray(0, length);
    // Whoever still looks at it sees something else.
    memory.fill(0xff);
  }
}

function expected(lengths: readonly number[]): Buffer {
  return Buffer.concat(lengths.map((length, at) => Buffer.alloc(length, at + 1)));
}

async function allOf(buffers: PartBuffers): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (let part = await buffers.next(); part !== undefined; part = await buffers.next()) parts.push(part);
  return parts;
}

test.each<readonly [lengths: readonly number[], parts: readonly number[]]>([
  [[], []],
  [[0], []],
  [[0, 0, 0], []],
  [[1], [1]],
  [[0, 1, 0, 0, 1, 0], [2]],
  [[64 * 1024], [64 * 1024]],
  [[64 * 1024, 1], [64 * 1024 + 1]],
  [[partSize - 1], [partSize - 1]],
  [[partSize], [partSize]],
  [[partSize, 0], [partSize]],
  [[partSize + 1], [partSize, 1]],
  [
    [partSize - 1, 2],
    [partSize, 1],
  ],
  [[3 * partSize], [partSize, partSize, partSize]],
  [
    [33_333, 33_333, 33_333, 33_333],
    [partSize, 33_332],
  ],
  [
    [1, 250_000, 1],
    [partSize, partSize, 50_002],
  ],
])("pieces of %j bytes become parts of %j", async (lengths, sizes) => {
  for (const source of [pieces(lengths), asynchronous(pieces(lengths))]) {
    const parts = await allOf(new PartBuffers(source, partSize));
    expect(parts.map(({ byteLength }) => byteLength)).toEqual(sizes);
    expect(Buffer.concat(parts).equals(expected(lengths))).toBe(true);
  }
});

async function* asynchronous(source: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of source) yield await Promise.resolve(piece);
}

test("the end is told after the last part, however often", async () => {
  const buffers = new PartBuffers(pieces([partSize]), partSize);
  await buffers.next();
  expect(await buffers.isAtEnd()).toBe(true);
  expect([await buffers.next(), await buffers.next(), await buffers.isAtEnd()]).toEqual([
    undefined,
    undefined,
    true,
  ]);
});

test("looking for the end takes nothing away", async () => {
  const buffers = new PartBuffers(pieces([1, 0, partSize]), partSize);
  expect([await buffers.isAtEnd(), await buffers.isAtEnd()]).toEqual([false, false]);
  expect(Buffer.concat(await allOf(buffers)).equals(expected([1, 0, partSize]))).toBe(true);
});

test("a part that was given back is filled again, and no other memory is taken", async () => {
  const buffers = new PartBuffers(pieces([10 * partSize]), partSize);
  const memories = new Set<ArrayBufferLike>();
  for (let part = await buffers.next(); part !== undefined; part = await buffers.next()) {
    expect(part.byteLength).toBe(partSize);
    memories.add(part.buffer);
    buffers.giveBack(part);
  }
  expect(memories.size).toBe(1);
});

test("as much memory is taken as parts are in use", async () => {
  const buffers = new PartBuffers(pieces([20 * partSize]), partSize);
  const memories = new Set<ArrayBufferLike>();
  const inUse: Uint8Array[] = [];
  for (let part = await buffers.next(); part !== undefined; part = await buffers.next()) {
    memories.add(part.buffer);
    inUse.push(part);
    if (inUse.length === 3) buffers.giveBack(inUse.shift() as Uint8Array);
  }
  expect(memories.size).toBe(3);
});

test("a part that was not given back stays as it is", async () => {
  const buffers = new PartBuffers(pieces([partSize, partSize, partSize]), partSize);
  const parts = await allOf(buffers);
  expect(parts.map((part) => [part[0], part.at(-1)])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test("a small value takes little memory, and a growing one at most twice its length", async () => {
  const small = await new PartBuffers(pieces([10]), 16 * 1024 * 1024).next();
  expect(small?.buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
  const grown = await new PartBuffers(
    pieces(Array.from({ length: 100 }, () => 10_000)),
    16 * 1024 * 1024,
  ).next();
  expect(grown?.byteLength).toBe(1_000_000);
  expect(grown?.buffer.byteLength).toBeLessThanOrEqual(2_000_000);
});

test("memory that is smaller than a part is not used for one", async () => {
  const buffers = new PartBuffers(pieces([10, partSize]), partSize);
  const first = new Uint8Array(10);
  buffers.giveBack(first);
  const part = await buffers.next();
  expect(part?.buffer).not.toBe(first.buffer);
  expect(part?.byteLength).toBe(partSize);
});

test("no part shares its memory with anything else of Node", async () => {
  const part = await new PartBuffers(pieces([10]), partSize).next();
  expect(part?.byteOffset).toBe(0);
  expect(part?.buffer.byteLength).toBe(64 * 1024);
});

test("a source that fails fails the part, and is not stopped any more", async () => {
  const reason = new Error("the disk of the source");
  let stopped = 0;
  const source = {
    [Symbol.iterator]: () => ({
      next: (): never => {
        throw reason;
      },
      return: () => {
        stopped++;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const buffers = new PartBuffers(source, partSize);
  await expect(buffers.next()).rejects.toBe(reason);
  await buffers.release();
  expect(stopped).toBe(0);
});

test("a source that has not ended is stopped once", async () => {
  let stopped = 0;
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      while (true) yield await Promise.resolve(new Uint8Array(partSize));
    } finally {
      stopped++;
    }
  }
  const buffers = new PartBuffers(source(), partSize);
  await buffers.next();
  await buffers.release();
  await buffers.release();
  expect(stopped).toBe(1);
});

test("a source that has ended is not stopped", async () => {
  let stopped = 0;
  const inner = pieces([10]);
  const source = {
    [Symbol.iterator]: () => ({
      next: () => inner.next(),
      return: () => {
        stopped++;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const buffers = new PartBuffers(source, partSize);
  await allOf(buffers);
  await buffers.release();
  expect(stopped).toBe(0);
});

test("nobody waits for a source that never gives a piece, also if stopping it fails later", async () => {
  const failures: ((error: Error) => void)[] = [];
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: () =>
        new Promise<never>((_resolve, reject) => {
          failures.push(reject);
        }),
    }),
  };
  const buffers = new PartBuffers(source, partSize);
  void buffers.next();
  await buffers.release();
  expect(failures).toHaveLength(1);
  failures[0]?.(new Error("late"));
  expect(await buffers.isAtEnd()).toBe(true);
});
