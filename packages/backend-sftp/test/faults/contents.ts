import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";

/** Length and digest of each file by its path in the storage; what may be there at one moment. */
export type Contents = Readonly<Record<string, string>>;

const temporary = /^tmp[a-z0-9_]{8,}\.tmp$/;

/** Bytes that differ from those of every other seed. */
export function bytes(length: number, seed: number): Uint8Array {
  const value = new Uint8Array(length);
  for (let at = 0; at < length; at++) value[at] = (at * 31 + (at >> 8) * 7 + seed * 101) & 0xff;
  return value;
}

/** What stands for a value in `Contents`. */
export function print(value: Uint8Array): string {
  return `${value.byteLength} ${createHash("sha1").update(value).digest("hex")}`;
}

/** `Contents` with these values. */
export function contents(values: Readonly<Record<string, Uint8Array>>): Contents {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, print(value)]));
}

function filesIn(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

/** All files of a storage except temporary ones, read past the server. */
export function readContents(directory: string): Contents {
  const names = filesIn(directory).filter((name) => !temporary.test(name.split("/").at(-1) ?? ""));
  return Object.fromEntries(names.map((name) => [name, print(fs.readFileSync(join(directory, name)))]));
}

/** The temporary files of a storage. */
export function temporaryFiles(directory: string): string[] {
  return filesIn(directory).filter((name) => temporary.test(name.split("/").at(-1) ?? ""));
}

/** Makes a storage hold these objects and nothing else, past the server. */
export function writeContents(directory: string, values: Readonly<Record<string, Uint8Array>>): void {
  for (const name of fs.readdirSync(directory)) {
    fs.rmSync(join(directory, name), { recursive: true, force: true });
  }
  for (const [name, value] of Object.entries(values)) {
    fs.mkdirSync(join(directory, dirname(name)), { recursive: true });
    fs.writeFileSync(join(directory, name), value);
  }
}
