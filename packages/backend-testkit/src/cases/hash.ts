import assert from "node:assert/strict";
import { bytesOf, rejectsWith, sha256 } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

/** hash. */
export const hashCases: readonly ConformanceCase[] = [
  {
    id: "hash/vectors",
    title: "digests are those of the published test vectors, in lower-case hex",
    run: async ({ backend }) => {
      await backend.store("empty", new Uint8Array(0));
      await backend.store("abc", bytesOf("abc"));
      assert.equal(
        await backend.hash("empty", "sha256"),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      );
      assert.equal(
        await backend.hash("abc", "sha256"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      );
      assert.equal(
        await backend.hash("abc", "sha512"),
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      );
    },
  },
  {
    id: "hash/large",
    title: "the digest of a large value is right",
    run: async ({ backend, random }) => {
      const whole = random.bytes(1_300_000);
      await backend.store("data/a", whole);
      assert.equal(await backend.hash("data/a", "sha256"), await sha256(whole));
    },
  },
  {
    id: "hash/default",
    title: "without an algorithm the digest is SHA-256, and its name may be in either case",
    run: async ({ backend }) => {
      await backend.store("a", value);
      const expected = await sha256(value);
      assert.equal(await backend.hash("a"), expected);
      assert.equal(await backend.hash("a", "SHA256"), expected);
    },
  },
  {
    id: "hash/unknown-algorithm",
    title: "an unknown algorithm is refused with UNSUPPORTED, whether there is an object or not",
    run: async ({ backend }) => {
      await backend.store("a", value);
      for (const algorithm of ["none", "sha257", ""]) {
        await rejectsWith(() => backend.hash("a", algorithm), "UNSUPPORTED", algorithm);
        await rejectsWith(() => backend.hash("b", algorithm), "UNSUPPORTED", `${algorithm}, missing object`);
      }
    },
  },
  {
    id: "hash/wrong-algorithm",
    title: "an algorithm that is no string is refused with INVALID_ARGUMENT",
    run: async ({ backend }) => {
      await backend.store("a", value);
      for (const algorithm of [5, null, {}]) {
        await rejectsWith(
          () => backend.hash("a", algorithm as unknown as string),
          "INVALID_ARGUMENT",
          `an algorithm of type ${typeof algorithm}`,
        );
      }
    },
  },
  {
    id: "hash/missing",
    title: "hash of what does not exist rejects with NOT_FOUND",
    run: async ({ backend }) => {
      await rejectsWith(() => backend.hash("data/a"), "NOT_FOUND");
    },
  },
  {
    id: "hash/directory",
    title: "hash of a directory rejects with IS_DIRECTORY",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await rejectsWith(() => backend.hash("a"), "IS_DIRECTORY");
    },
  },
];
