import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One object of a golden store, as the reference saw it. */
export interface GoldenItem {
  readonly name: string;
  readonly nested: string;
  readonly deleted: boolean;
  readonly size: number;
  readonly sha256: string;
}

/** A store written by the reference, and what must be seen in it. */
export interface GoldenStore {
  readonly config: Record<string, { readonly levels: readonly number[] }>;
  /** Every file on the medium → SHA-256. */
  readonly files: Record<string, string>;
  readonly items: readonly GoldenItem[];
  readonly listing: Record<
    string,
    { readonly live: readonly string[]; readonly deleted: readonly string[]; readonly ordered: boolean }
  >;
}

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));

/** The manifest of the golden stores. */
export const goldenStores: Readonly<Record<string, GoldenStore>> = (
  JSON.parse(readFileSync(`${fixtures}golden-manifest.json`, "utf8")) as {
    stores: Record<string, GoldenStore>;
  }
).stores;

/** Unpacks the golden stores; each is a directory of its name. */
export function unpackGoldenStores(directory: string): void {
  execFileSync("tar", ["-xzf", `${fixtures}golden.tar.gz`, "-C", directory]);
}
