import type { Backend } from "@borgstore/core";
import { mustEqual } from "./checks.ts";
import {
  bytes,
  collect,
  contents,
  inPieces,
  namesOf,
  print,
  type Contents,
  type Values,
} from "./contents.ts";

/** An operation that faults are to hit. */
export interface Operation {
  readonly title: string;
  /** Runs it on a directory, and checks what it gives. */
  readonly run: (backend: Backend, directory: string) => Promise<void>;
  /** What is in the directory when it has succeeded. */
  readonly after: Contents;
  /** What may be there when it was cut off. */
  readonly allowed: readonly Contents[];
  /** Rclone may take ten times as long for it. */
  readonly isLong?: boolean;
}

const old = bytes(6000, 1);
const other = bytes(5000, 2);
const small = bytes(1000, 3);
const fresh = bytes(7000, 4);

/** What is in the directory of each operation before. */
export const before: Values = { old, other, "deep/down": small };
const same = contents(before);
const { old: oldPrint, ...withoutOld } = same;

function reading(
  title: string,
  run: (backend: Backend, directory: string) => Promise<void>,
  isLong = false,
): Operation {
  return { title, run, after: same, allowed: [same], isLong };
}

function mustBe(found: Uint8Array, expected: Uint8Array): void {
  mustEqual(print(found), print(expected), "another value than the object's");
}

const replaced = { ...same, old: print(fresh) };
const moved = { ...withoutOld, moved: print(old) };
const onto = { ...withoutOld, other: print(old) };
/** Where nothing replaces in one step: the old value is put aside. */
const aside = { ...withoutOld, "old.hid": print(old) };
const asideAndNew = { ...replaced, "old.hid": print(old) };
const { other: _other, ...withoutOther } = same;
const otherAside = { ...withoutOther, "other.hid": print(other) };

/** All that change or read objects. */
export const operations: readonly Operation[] = [
  {
    title: "store of a new object",
    run: (backend, directory) => backend.store(`${directory}/new/one`, fresh),
    after: { ...same, "new/one": print(fresh) },
    allowed: [same, { ...same, "new/one": print(fresh) }],
  },
  {
    title: "store onto an object",
    run: (backend, directory) => backend.store(`${directory}/old`, fresh),
    after: replaced,
    allowed: [same, replaced, aside, asideAndNew],
  },
  {
    title: "storeStream onto an object",
    run: (backend, directory) => backend.storeStream(`${directory}/old`, inPieces(fresh, 3000)),
    after: replaced,
    allowed: [same, replaced, aside, asideAndNew],
  },
  reading("load", async (backend, directory) => mustBe(await backend.load(`${directory}/old`), old)),
  reading("load of the end", async (backend, directory) => {
    mustBe(await backend.load(`${directory}/old`, { offset: -3000, size: 1000 }), old.subarray(3000, 4000));
  }),
  reading("loadStream", async (backend, directory) => {
    mustBe(await collect(backend.loadStream(`${directory}/old`)), old);
  }),
  reading(
    "list",
    async (backend, directory) => {
      mustEqual(await namesOf(backend.list(directory)), ["deep", "old", "other"], "what is listed");
    },
    true,
  ),
  reading(
    "list of everything",
    async (backend, directory) => {
      const names = await namesOf(backend.list(directory, { recursive: true }));
      mustEqual(names, ["deep/down", "old", "other"], "what is listed");
    },
    true,
  ),
  {
    title: "move",
    run: (backend, directory) => backend.move(`${directory}/old`, `${directory}/moved`),
    after: moved,
    allowed: [same, moved, { ...moved, old: oldPrint ?? "" }],
    isLong: true,
  },
  {
    title: "move onto an object",
    run: (backend, directory) => backend.move(`${directory}/old`, `${directory}/other`),
    after: onto,
    allowed: [same, onto, otherAside, { ...onto, "other.hid": print(other) }, { ...onto, old: print(old) }],
    isLong: true,
  },
  {
    title: "delete",
    run: (backend, directory) => backend.delete(`${directory}/old`),
    after: withoutOld,
    allowed: [same, withoutOld],
  },
  reading("info", async (backend, directory) => {
    mustEqual((await backend.info(`${directory}/old`)).size, old.byteLength, "its size");
  }),
  reading(
    "hash",
    async (backend, directory) => {
      const digest = await backend.hash(`${directory}/old`, "sha1");
      mustEqual(`${old.byteLength} ${digest}`, print(old), "its hash");
    },
    true,
  ),
];

/** The same without what was put aside, which nobody sees. */
export function visible(found: Contents): Contents {
  return Object.fromEntries(Object.entries(found).filter(([name]) => !name.endsWith(".hid")));
}
