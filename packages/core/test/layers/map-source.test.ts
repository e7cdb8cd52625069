import { expect, test } from "vitest";
import { composeLayers } from "../../src/compose.ts";
import { mapSource } from "../../src/layers/map-source.ts";
import { bytes, collect, openMemory } from "./support.ts";

/** Pieces that tell when they are released. */
function watchedPieces(): { source: AsyncIterable<Uint8Array>; released: () => number } {
  let released = 0;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: bytes("x") }),
      return: async () => {
        released++;
        return { done: true as const, value: undefined };
      },
    }),
  };
  return { source, released: () => released };
}

async function* doubled(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece;
    yield piece;
  }
}

test("pieces and functions that make them pass through the watch, a function each time anew", async () => {
  const backend = await openMemory();
  const call = { operation: "storeStream", name: "a", options: {} } as const;
  const once = mapSource(backend, { ...call, source: [bytes("a"), bytes("b")] }, doubled).source;
  expect(await collect(once as AsyncIterable<Uint8Array>)).toBe("aabb");
  const again = mapSource(backend, { ...call, source: () => [bytes("c")] }, doubled)
    .source as () => AsyncIterable<Uint8Array>;
  expect((await collect(again())) + (await collect(again()))).toBe("cccc");
});

test("a reader that leaves releases the pieces, begun or not", async () => {
  const backend = await openMemory();
  const read = watchedPieces();
  const call = { operation: "storeStream", name: "a", options: {} } as const;
  const mapped = mapSource(backend, { ...call, source: read.source }, doubled)
    .source as AsyncIterable<Uint8Array>;
  for await (const piece of mapped) {
    expect(piece).toEqual(bytes("x"));
    break;
  }
  expect(read.released()).toBe(1);
  const unread = watchedPieces();
  const other = mapSource(backend, { ...call, source: unread.source }, doubled)
    .source as AsyncIterable<Uint8Array>;
  await other[Symbol.asyncIterator]().return?.();
  expect(unread.released()).toBe(1);
});

test("under all layers a backend that fails without reading releases the pieces, once", async () => {
  const inner = await openMemory({}, () => ({
    storeStream: async () => {
      throw new Error("refused");
    },
  }));
  const backend = composeLayers(inner, {
    permissions: { "": "w" },
    deadline: {},
    retry: {},
    limit: {},
    attemptDeadline: {},
    emulation: { bandwidthBitsPerSecond: 1e9 },
  });
  const { source, released } = watchedPieces();
  await expect(backend.storeStream("a", source)).rejects.toMatchObject({ code: "UNEXPECTED" });
  expect(released()).toBe(1);
});
