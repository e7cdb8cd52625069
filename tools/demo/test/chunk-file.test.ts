import { appendFile, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { chunkFile, chunkId, chunkSize, loadRange } from "../src/chunk-file.ts";
import { pseudoRandomBytes } from "./make-tree.ts";
import { tempDirectory } from "./temp-directory.ts";

async function sizesOf(path: string, expectedSize: number): Promise<number[]> {
  const sizes: number[] = [];
  for await (const piece of chunkFile(path, expectedSize)) sizes.push(piece.byteLength);
  return sizes;
}

describe("cutting a file", () => {
  it.each([
    [0, []],
    [1, [1]],
    [chunkSize - 1, [chunkSize - 1]],
    [chunkSize, [chunkSize]],
    [chunkSize + 1, [chunkSize, 1]],
    [2 * chunkSize, [chunkSize, chunkSize]],
  ])("of %d bytes gives whole pieces and a rest, whatever size was expected", async (size, pieces) => {
    const path = `${await tempDirectory()}/file`;
    await writeFile(path, new Uint8Array(size));
    for (const expected of [size, 0, 1, 10 * chunkSize])
      expect(await sizesOf(path, expected)).toEqual(pieces);
  });

  it("gives the file's bytes", async () => {
    const path = `${await tempDirectory()}/file`;
    const bytes = pseudoRandomBytes(chunkSize + 1000, 3);
    await writeFile(path, bytes);
    const pieces: Uint8Array[] = [];
    for await (const piece of chunkFile(path, bytes.byteLength)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(Buffer.from(bytes.subarray(100, 200)).equals(await loadRange(path, 100, 100))).toBe(true);
  });

  it("reads what was appended meanwhile", async () => {
    const path = `${await tempDirectory()}/file`;
    await writeFile(path, new Uint8Array(2 * chunkSize));
    const pieces = chunkFile(path, 2 * chunkSize);
    await pieces.next();
    await appendFile(path, "more");
    const rest: number[] = [];
    for await (const piece of pieces) rest.push(piece.byteLength);
    expect(rest).toEqual([chunkSize, 4]);
  });

  it("does not follow a link that took the file's place", async () => {
    const directory = await tempDirectory();
    await writeFile(`${directory}/file`, "secret");
    await symlink("file", `${directory}/link`);
    await expect(sizesOf(`${directory}/link`, 6)).rejects.toMatchObject({ code: "ELOOP" });
  });

  it("names a chunk by its SHA-256", () => {
    expect(chunkId(Buffer.from("abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});
