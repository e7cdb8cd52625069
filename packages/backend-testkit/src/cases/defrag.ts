import assert from "node:assert/strict";
import type { Backend, DefragSource } from "@borgstore/core";
import { bytesOf, holds, isAbsent, listNames, rejectsWith, sha256 } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const target = { name: "joined/t" };

async function storeDigits(backend: Backend): Promise<void> {
  await backend.store("data/digits", bytesOf("0123456789"));
  await backend.store("data/letters", bytesOf("abcdef"));
}

function part(name: string, offset: number, size: number): DefragSource {
  return { name: `data/${name}`, offset, size };
}

/** defrag. */
export const defragCases: readonly ConformanceCase[] = [
  {
    id: "defrag/joins",
    title: "parts are joined in the order given, the name comes back, and the sources stay",
    run: async ({ backend }) => {
      await storeDigits(backend);
      const parts = [
        part("letters", 2, 3),
        part("digits", 0, 2),
        part("letters", 0, 6),
        part("digits", 9, 1),
      ];
      assert.equal(await backend.defrag(parts, target), "joined/t");
      await holds(backend, "joined/t", bytesOf("cde01abcdef9"));
      await holds(backend, "data/digits", bytesOf("0123456789"));
      await holds(backend, "data/letters", bytesOf("abcdef"));
    },
  },
  {
    id: "defrag/overlapping",
    title: "parts may repeat, overlap, be empty, and count from the end",
    run: async ({ backend }) => {
      await storeDigits(backend);
      const parts = [
        part("digits", 2, 4),
        part("digits", 4, 4),
        part("digits", 4, 4),
        part("digits", 3, 0),
        part("digits", -3, 2),
      ];
      await backend.defrag(parts, target);
      await holds(backend, "joined/t", bytesOf("23454567456778"));
    },
  },
  {
    id: "defrag/empty",
    title: "no parts make an empty object",
    run: async ({ backend }) => {
      assert.equal(await backend.defrag([], target), "joined/t");
      await holds(backend, "joined/t", new Uint8Array(0));
    },
  },
  {
    id: "defrag/by-content",
    title: "without a name the object is named for its digest, below namespace and nesting directories",
    run: async ({ backend }) => {
      await storeDigits(backend);
      const digest = await sha256(bytesOf("0123abc"));
      const parts = [part("digits", 0, 4), part("letters", 0, 3)];
      const nested = `packs/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest}`;
      assert.equal(
        await backend.defrag(parts, { namespace: "packs", level: 2, algorithm: "sha256" }),
        nested,
      );
      await holds(backend, nested, bytesOf("0123abc"));
      assert.equal(await backend.defrag(parts, { namespace: "", level: 0, algorithm: "SHA256" }), digest);
      await holds(backend, digest, bytesOf("0123abc"));
    },
  },
  {
    id: "defrag/replaces",
    title: "an existing target is replaced, also when it is a source",
    requires: ["atomicReplace"],
    run: async ({ backend }) => {
      await storeDigits(backend);
      await backend.defrag([part("digits", 5, 5), part("letters", 0, 1)], { name: "data/digits" });
      await holds(backend, "data/digits", bytesOf("56789a"));
      await backend.defrag([part("digits", 0, 2)], { name: "data/letters" });
      await holds(backend, "data/letters", bytesOf("56"));
    },
  },
  {
    id: "defrag/short",
    title: "a part that is not all there rejects with RANGE and nothing is stored",
    run: async ({ backend }) => {
      await storeDigits(backend);
      for (const wrong of [
        part("digits", 5, 6),
        part("digits", 10, 1),
        part("digits", -2, 3),
        part("letters", 6, 1),
      ]) {
        await rejectsWith(() => backend.defrag([part("letters", 0, 2), wrong], target), "RANGE");
      }
      await isAbsent(backend, "joined/t");
    },
  },
  {
    id: "defrag/missing",
    title: "a missing source rejects with NOT_FOUND and nothing is stored",
    run: async ({ backend }) => {
      await storeDigits(backend);
      await rejectsWith(
        () => backend.defrag([part("digits", 0, 2), part("none", 0, 1)], target),
        "NOT_FOUND",
      );
      await isAbsent(backend, "joined/t");
      assert.deepEqual(await listNames(backend, ""), ["data/"]);
    },
  },
  {
    id: "defrag/nothing-on-failure",
    title: "after a failure an existing target is as it was",
    run: async ({ backend }) => {
      await storeDigits(backend);
      const onto = { name: "data/letters" };
      await rejectsWith(() => backend.defrag([part("digits", 0, 2), part("digits", 8, 3)], onto), "RANGE");
      await rejectsWith(() => backend.defrag([part("digits", 0, 2), part("none", 0, 1)], onto), "NOT_FOUND");
      await holds(backend, "data/letters", bytesOf("abcdef"));
    },
  },
  {
    id: "defrag/unknown-algorithm",
    title: "an unknown algorithm is refused with UNSUPPORTED and nothing is stored",
    run: async ({ backend }) => {
      await storeDigits(backend);
      const byUnknown = { namespace: "packs", level: 0, algorithm: "none" };
      await rejectsWith(() => backend.defrag([part("digits", 0, 2)], byUnknown), "UNSUPPORTED");
      assert.deepEqual(await listNames(backend, ""), ["data/"]);
    },
  },
  {
    id: "defrag/digest-name",
    title: "a digest that makes no proper name is refused with INVALID_NAME and nothing is stored",
    run: async ({ backend }) => {
      await storeDigits(backend);
      for (const [namespace, level] of [
        ["n".repeat(40), 0],
        ["packs", 12],
      ] as const) {
        const unfit = { namespace, level, algorithm: "sha256" };
        await rejectsWith(() => backend.defrag([part("digits", 0, 2)], unfit), "INVALID_NAME");
      }
      assert.deepEqual(await listNames(backend, ""), ["data/"]);
    },
  },
  {
    id: "defrag/wrong-range",
    title: "a negative or fractional size or offset is refused with INVALID_ARGUMENT and nothing is stored",
    run: async ({ backend }) => {
      await storeDigits(backend);
      for (const wrong of [part("digits", 0, -1), part("digits", 0, 1.5), part("digits", 0.5, 1)]) {
        await rejectsWith(() => backend.defrag([wrong], target), "INVALID_ARGUMENT");
      }
      await isAbsent(backend, "joined/t");
    },
  },
];
