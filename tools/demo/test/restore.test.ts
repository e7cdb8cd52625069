import { chmod, lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { chunkId } from "../src/chunk-file.ts";
import { SnapshotCycle } from "./snapshot-cycle.ts";

const content = Buffer.from("what is in the file");
const name = `data/${chunkId(content)}`;

let cycle: SnapshotCycle;

beforeEach(async () => {
  cycle = await SnapshotCycle.start();
});

describe("a restore", () => {
  it("gives back permissions, of directories without write permission too, but no set-user-id", async () => {
    await mkdir(`${cycle.source}/closed`);
    await writeFile(`${cycle.source}/closed/program`, content);
    await chmod(`${cycle.source}/closed/program`, 0o4755);
    await chmod(`${cycle.source}/closed`, 0o555);
    await cycle.backUp();
    await cycle.restore();
    expect((await lstat(`${cycle.target}/closed`)).mode & 0o7777).toBe(0o555);
    expect((await lstat(`${cycle.target}/closed/program`)).mode & 0o7777).toBe(0o755);
    expect(await cycle.compare()).toMatchObject({ differences: [], changed: [], equalFiles: 1 });
    await chmod(`${cycle.source}/closed`, 0o755);
    await chmod(`${cycle.target}/closed`, 0o755);
  });

  it.each([
    ["has other bytes", async () => await cycle.store.store(name, Buffer.from("what is in the FILE"))],
    ["is too short", async () => await cycle.store.store(name, content.subarray(1))],
    ["is missing", async () => await cycle.store.delete(name)],
  ])("mends a chunk that %s from the source", async (_, damage) => {
    await writeFile(`${cycle.source}/file`, content);
    await cycle.backUp();
    await damage();
    expect(await cycle.restore()).toMatchObject({
      files: 1,
      mended: [name.slice(5)],
      lost: [],
      incomplete: [],
    });
    expect(content.equals(await readFile(`${cycle.target}/file`))).toBe(true);
    expect(content.equals(await cycle.store.load(name))).toBe(true);
  });

  it("puts a damaged chunk aside that nobody has any more, and goes on with the other files", async () => {
    await writeFile(`${cycle.source}/file`, content);
    await writeFile(`${cycle.source}/file-2`, content);
    await writeFile(`${cycle.source}/other`, "other");
    await cycle.backUp();
    await cycle.store.store(name, Buffer.from("damaged"));
    await rm(`${cycle.source}/file`);
    await writeFile(`${cycle.source}/file-2`, "changed");
    const result = await cycle.restore();
    expect(result).toMatchObject({ files: 1, mended: [], lost: [name.slice(5)] });
    expect([...result.incomplete].sort()).toEqual(["file", "file-2"]);
    expect((await cycle.store.info(name)).exists).toBe(false);
    expect((await cycle.store.info(name, { deleted: true })).exists).toBe(true);
    await expect(lstat(`${cycle.target}/file`)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await readFile(`${cycle.target}/other`, "utf8")).toBe("other");
  });
});

describe("a backup", () => {
  it("stores nothing that is known, and each new chunk once", async () => {
    for (const file of ["a", "b", "c"]) await writeFile(`${cycle.source}/${file}`, content);
    const first = await cycle.backUp();
    expect(first.figures).toMatchObject({
      chunks: 3,
      differentChunks: 1,
      newChunks: 1,
      bytes: 3 * content.length,
    });
    expect(cycle.store.stats.operations.store.calls).toBe(1);
    const second = await cycle.backUp(new Map([[name.slice(5), content.length]]));
    expect(second.figures).toMatchObject({ chunks: 3, newChunks: 0, reusedChunks: 1 });
    expect(cycle.store.stats.operations.store.calls).toBe(1);
  });

  it("stores a chunk again whose length in the store is wrong", async () => {
    await writeFile(`${cycle.source}/a`, content);
    const { figures } = await cycle.backUp(new Map([[name.slice(5), 1]]));
    expect(figures).toMatchObject({ newChunks: 1, replacedChunks: 1, reusedChunks: 0 });
  });
});
