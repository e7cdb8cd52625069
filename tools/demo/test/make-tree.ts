import { mkdir, symlink, writeFile } from "node:fs/promises";
import { basename } from "node:path";

/** How many regular files {@link makeTree} makes. */
export const treeFiles = 96;

/** Three chunks of different content, and one byte. */
export const largeSize = 3 * 1024 * 1024 + 1;

/** Bytes that look random and are the same each time. */
export function pseudoRandomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/**
 * Makes a directory with everything that a backup has to cope with: empty files and directories, links (broken ones
 * and one that leads out too), several permissions, duplicates, a file of several chunks, odd names.
 */
export async function makeTree(root: string): Promise<void> {
  const odd = [
    "-rf",
    "a b ",
    "new\nline",
    "quo\"te's",
    "back\\slash",
    "ünïcödé-\u{1F600}",
    ".hidden",
    "percent%20",
  ];
  const oddBytes = process.platform === "linux" ? [Buffer.from([0x66, 0xff, 0xc3, 0x28])] : [];
  await mkdir(`${root}/empty directory/inner`, { recursive: true });
  await mkdir(`${root}/odd`);
  for (const name of odd) await writeFile(`${root}/odd/${name}`, `odd ${name}`);
  for (const name of oddBytes)
    await writeFile(Buffer.concat([Buffer.from(`${root}/odd/`), name]), "odd bytes");
  await writeFile(`${root}/large.bin`, pseudoRandomBytes(largeSize, 7));
  await writeFile(`${root}/large-copy.bin`, pseudoRandomBytes(largeSize, 7));
  await writeFile(`${root}/one-chunk.bin`, pseudoRandomBytes(1024 * 1024, 8));
  await writeFile(`${root}/program`, "#!/bin/sh\n", { mode: 0o755 });
  await writeFile(`${root}/read-only`, "read only\n", { mode: 0o444 });
  await mkdir(`${root}/closed`);
  await writeFile(`${root}/closed/private`, "private\n", { mode: 0o600 });
  await symlink("large.bin", `${root}/link`);
  await symlink("nowhere/at/all", `${root}/broken link`);
  await mkdir(`${root}-outside`);
  await writeFile(`${root}-outside/not-ours`, "not to be stored\n");
  await symlink(`../${basename(root)}-outside`, `${root}/link-out`);
  await symlink("odd", `${root}/link-to-directory`);
  const fixed = odd.length + oddBytes.length + 6;
  for (let i = fixed; i < treeFiles; i++) {
    const directory = `${root}/many/${i % 7}`;
    if (i < fixed + 7) await mkdir(directory, { recursive: true });
    // Every tenth is empty, every ninth a duplicate of the others like it.
    const content = i % 10 === 0 ? "" : i % 9 === 0 ? "the same\n" : pseudoRandomBytes(i * 11, i);
    await writeFile(`${directory}/file-${i}`, content);
  }
}
