import * as nodeCrypto from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makeHasher, nodeHashers, webCryptoHashers, type HasherFactory } from "../src/index.ts";

const node = nodeHashers(nodeCrypto);
const abc = new TextEncoder().encode("abc");

async function digest(factory: HasherFactory, algorithm: string, ...parts: Uint8Array[]): Promise<string> {
  const hasher = makeHasher(factory, algorithm);
  for (const part of parts) hasher.update(part);
  return await hasher.digestHex();
}

// FIPS 180-4, FIPS 202, RFC 1321 and RFC 7693: the digests of "abc".
const vectors: readonly (readonly [string, string])[] = [
  ["md5", "900150983cd24fb0d6963f7d28e17f72"],
  ["sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"],
  ["sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "sha384",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  ],
  [
    "sha512",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  ["sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"],
  [
    "blake2b",
    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
  ],
  ["blake2s", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"],
];

test.each(vectors)("%s of abc by Node, in either case and in pieces", async (algorithm, expected) => {
  expect(await digest(node, algorithm, abc)).toBe(expected);
  expect(await digest(node, algorithm.toUpperCase(), abc.subarray(0, 1), abc.subarray(1))).toBe(expected);
});

test.each(["sha1", "sha256", "sha384", "sha512"])(
  "%s is the same by WebCrypto and by Node",
  async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), async (parts) => {
        expect(await digest(webCryptoHashers, algorithm, ...parts)).toBe(
          await digest(node, algorithm, ...parts),
        );
      }),
      { numRuns: 50 },
    );
  },
);

test("names with hyphens are known as Python writes them", async () => {
  expect(await digest(node, "sha3-256", abc)).toBe(await digest(node, "sha3_256", abc));
  expect(await digest(node, "sha512_256", abc)).toHaveLength(64);
});

test("bytes are read before update returns", async () => {
  for (const factory of [node, webCryptoHashers]) {
    const buffer = abc.slice();
    const hasher = makeHasher(factory, "sha256");
    hasher.update(buffer);
    buffer.fill(0);
    expect(await hasher.digestHex()).toBe(vectors[3]?.[1]);
  }
});

test("an algorithm that is not known is UNSUPPORTED, one that is no string INVALID_ARGUMENT", () => {
  for (const factory of [node, webCryptoHashers]) {
    for (const unknown of [
      "",
      "sha-256x",
      "shake_128",
      "shake128",
      "rsa-sha256",
      "__proto__",
      "constructor",
    ]) {
      expect(() => makeHasher(factory, unknown)).toThrow(
        expect.objectContaining({
          code: "UNSUPPORTED",
          message: expect.stringContaining(JSON.stringify(unknown)),
        }),
      );
    }
    expect(() => makeHasher(factory, 7 as unknown as string)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  }
  expect(() => makeHasher(webCryptoHashers, "md5")).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
});

test("signature algorithms, which Node lists among the digests, are not offered", () => {
  const offered = nodeCrypto.getHashes().filter((name) => node(name.toLowerCase()) !== undefined);
  expect(offered.filter((name) => /rsa|encryption|ssl3|md5-sha1/i.test(name))).toEqual([]);
  expect(offered).toContain("sha256");
});

test("an algorithm that the crypto library lists but refuses is UNSUPPORTED", () => {
  const refusing = nodeHashers({
    getHashes: () => ["sha256", "md4"],
    createHash: (algorithm) => {
      if (algorithm !== "md4") return nodeCrypto.createHash(algorithm);
      throw Object.assign(new Error("digital envelope routines::unsupported"), {
        code: "ERR_OSSL_EVP_UNSUPPORTED",
      });
    },
  });
  expect(() => makeHasher(refusing, "md4")).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  expect(makeHasher(refusing, "sha256").digestHex()).toHaveLength(64);
});
