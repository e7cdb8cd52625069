import type { Backend } from "@borgstore/core";
import * as fs from "node:fs";
import { join } from "node:path";
import type { SftpOptions } from "../../src/index.ts";
import { mustEqual } from "./checks.ts";
import { bytes, contents, print, writeContents, type Contents } from "./contents.ts";

/** An operation that faults are to hit. */
export interface Operation {
  readonly title: string;
  /** Options that it needs. */
  readonly options?: SftpOptions;
  /** Runs it, and checks what it gives. */
  readonly run: (backend: Backend) => Promise<void>;
  /** What may be there when it was cut off: as before, as afterwards, and the steps in between that are documented. */
  readonly allowed: readonly Contents[];
  /** What is there when it has succeeded. */
  readonly after: Contents;
  /** It goes on with another connection after a loss. */
  readonly reconnects?: boolean;
}

const old = bytes(300_000, 1);
const other = bytes(5_000, 2);
const small = bytes(1_000, 3);
const large = bytes(350_000, 4);

const before = { "data/old": old, "data/other": other, "data/deep/down": small, "more/one": small };

/** What all operations find. */
export function prepare(directory: string): void {
  writeContents(directory, before);
  fs.mkdirSync(join(directory, "empty"));
}

function pieces(): Uint8Array[] {
  return Array.from({ length: 7 }, (_, at) => large.subarray(at * 50_000, (at + 1) * 50_000));
}

function without(values: Readonly<Record<string, Uint8Array>>, ...names: string[]): Contents {
  return contents(Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name))));
}

const same = contents(before);

function reading(title: string, run: (backend: Backend) => Promise<void>): Operation {
  return { title, run, allowed: [same], after: same };
}

function changing(
  title: string,
  after: Contents,
  run: (backend: Backend) => Promise<void>,
  { between = [], ...more }: { readonly between?: readonly Contents[] } & Partial<Operation> = {},
): Operation {
  return { title, run, allowed: [same, ...between, after], after, ...more };
}

const withNew = contents({ ...before, "data/new": large });
const replaced = contents({ ...before, "data/old": large });
const moved = without({ ...before, "data/moved": old }, "data/old");
const twoNames = contents({ ...before, "data/moved": old });
const each: SftpOptions = { durability: "each" };

/** Reads a stream whole. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of stream) all.push(piece);
  return Buffer.concat(all);
}

function mustBe(found: Uint8Array, expected: Uint8Array): void {
  mustEqual(print(found), print(expected), "another value than the object's");
}

export const operations: readonly Operation[] = [
  changing("store of a new object", withNew, (backend) => backend.store("data/new", large)),
  changing("store onto an object", replaced, (backend) => backend.store("data/old", large)),
  changing("durable store", replaced, (backend) => backend.store("data/old", large), { options: each }),
  changing("store into new directories", contents({ ...before, "far/away/new": small }), (backend) =>
    backend.store("far/away/new", small),
  ),
  changing("store if absent", withNew, (backend) => backend.store("data/new", large, { ifAbsent: true })),
  changing("storeStream", replaced, (backend) => backend.storeStream("data/old", pieces)),
  reading("load", async (backend) => mustBe(await backend.load("data/old"), old)),
  reading("loadStream", async (backend) => mustBe(await collect(backend.loadStream("data/old")), old)),
  reading("list", async (backend) => {
    const names: string[] = [];
    for await (const page of backend.list("data", { recursive: true })) {
      names.push(...page.map(({ name }) => name));
    }
    mustEqual(names, ["deep/down", "old", "other"], "what is listed");
  }),
  changing("move", moved, (backend) => backend.move("data/old", "data/moved")),
  changing("move onto an object", without({ ...before, "data/other": old }, "data/old"), (backend) =>
    backend.move("data/old", "data/other"),
  ),
  changing("move into new directories", without({ ...before, "far/away/old": old }, "data/old"), (backend) =>
    backend.move("data/old", "far/away/old"),
  ),
  changing("move if absent", moved, (backend) => backend.move("data/old", "data/moved", { ifAbsent: true }), {
    between: [twoNames],
  }),
  changing("durable move", moved, (backend) => backend.move("data/old", "data/moved"), { options: each }),
  changing("delete", without(before, "data/old"), (backend) => backend.delete("data/old")),
  changing(
    "deleteMany",
    without(before, "data/old", "data/other"),
    async (backend) => {
      for (const { error } of await backend.deleteMany(["data/old", "data/other"])) {
        if (error !== undefined) throw error;
      }
    },
    { between: [without(before, "data/old"), without(before, "data/other")] },
  ),
  changing(
    "sync",
    contents({ ...before, "data/old": small, "data/new": small }),
    async (backend) => {
      await backend.store("data/old", small);
      await backend.store("data/new", small);
      await backend.sync();
    },
    { between: [contents({ ...before, "data/old": small })], reconnects: true },
  ),
  reading("info", async (backend) => {
    mustEqual((await backend.info("data/old")).size, old.byteLength, "its size");
  }),
  reading("mkdir", (backend) => backend.mkdir("far/away")),
  reading("rmdir", (backend) => backend.rmdir("empty")),
  reading("hash", async (backend) => {
    const digest = await backend.hash("data/other", "sha1");
    mustEqual(`${other.byteLength} ${digest}`, print(other), "its hash");
  }),
  reading("quota", async (backend) => {
    await backend.quota();
  }),
];

/** Those of these titles. */
export function operationsOf(...titles: readonly string[]): readonly Operation[] {
  const found = operations.filter(({ title }) => titles.includes(title));
  mustEqual(found.length, titles.length, "how many operations there are of these titles");
  return found;
}
