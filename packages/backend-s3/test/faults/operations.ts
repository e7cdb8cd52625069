import type { Backend, StoreErrorCode } from "@borgstore/core";
import type { S3Operation } from "../server/s3-operation.ts";
import { mustEqual } from "./checks.ts";
import {
  bytes,
  collect,
  contents,
  inPieces,
  namesOf,
  partSize,
  print,
  printAtOnce,
  without,
  type Contents,
  type Values,
} from "./contents.ts";

/** An operation that faults are to hit. */
export interface Operation {
  readonly title: string;
  /** Runs it, and checks what it gives. */
  readonly run: (backend: Backend) => Promise<void>;
  /** What it finds; `undefined`: no storage. */
  readonly before: Values | undefined;
  /** What is there when it has succeeded. */
  readonly after: Contents;
  /** What may be there when it was cut off: as before, as afterwards, and the documented steps in between. */
  readonly allowed: readonly Contents[];
  /** It is for a backend that is closed. */
  readonly isForClosed?: boolean;
  /** Codes that it may fail with as well, when it is of importance that a step was made. */
  readonly otherCodes?: readonly StoreErrorCode[];
  /** Requests that it repeats by itself. */
  readonly repeats?: readonly S3Operation[];
}

const old = bytes(300_000, 1);
const other = bytes(5000, 2);
const small = bytes(1000, 3);
const fresh = bytes(20_000, 4);
const large = bytes(partSize + 70_000, 5);

/** What most operations find. */
export const before: Values = {
  "data/old": old,
  "data/other": other,
  "data/deep/down": small,
  "more/one": small,
};
const same = contents(before);
const nothing: Contents = {};

function reading(title: string, run: (backend: Backend) => Promise<void>): Operation {
  return { title, run, before, allowed: [same], after: same };
}

function changing(
  title: string,
  after: Contents,
  run: (backend: Backend) => Promise<void>,
  { between = [], ...more }: { readonly between?: readonly Contents[] } & Partial<Operation> = {},
): Operation {
  return { title, run, before, allowed: [same, ...between, after], after, ...more };
}

function mustBe(found: Uint8Array, expected: Uint8Array): void {
  mustEqual(print(found), print(expected), "another value than the object's");
}

const withNew = contents({ ...before, "data/new": fresh });
const withLarge = contents({ ...before, "data/new": large });
const replaced = contents({ ...before, "data/old": fresh });
const moved = without({ ...before, "data/moved": old }, "data/old");
const twoNames = contents({ ...before, "data/moved": old });
const lessTwo = without(before, "data/old", "data/other");
const inParts = { repeats: ["UploadPart", "CompleteMultipartUpload"] } as const;

/** Being told to slow down would mean that nothing was done. */
const inSteps = { otherCodes: ["UNAVAILABLE"] } as const;

async function deleteTwo(backend: Backend): Promise<void> {
  for (const { error } of await backend.deleteMany(["data/old", "data/other"])) {
    if (error !== undefined) throw error;
  }
}

/** Operations that any service can do, without those in parts. */
export const operations: readonly Operation[] = [
  {
    title: "create",
    run: (backend) => backend.create(),
    before: undefined,
    after: contents({}),
    allowed: [nothing, contents({})],
    isForClosed: true,
  },
  {
    ...reading("open", async (backend) => {
      await backend.open();
      await backend.close();
    }),
    isForClosed: true,
  },
  {
    title: "destroy",
    run: (backend) => backend.destroy(),
    before,
    after: nothing,
    allowed: [same, nothing],
    isForClosed: true,
  },
  changing("store of a new object", withNew, (backend) => backend.store("data/new", fresh)),
  changing("store onto an object", replaced, (backend) => backend.store("data/old", fresh)),
  changing("storeStream", replaced, (backend) => backend.storeStream("data/old", inPieces(fresh, 7000))),
  reading("load", async (backend) => mustBe(await backend.load("data/old"), old)),
  reading("load of a part", async (backend) => {
    mustBe(await backend.load("data/old", { offset: 1000, size: 2000 }), old.subarray(1000, 3000));
  }),
  reading("load of the end", async (backend) => {
    mustBe(await backend.load("data/old", { offset: -3000 }), old.subarray(-3000));
  }),
  reading("load of a part far before the end", async (backend) => {
    mustBe(await backend.load("data/old", { offset: -200_000, size: 100 }), old.subarray(-200_000, -199_900));
  }),
  reading("loadStream", async (backend) => mustBe(await collect(backend.loadStream("data/old")), old)),
  reading("loadStream of a part", async (backend) => {
    const part = backend.loadStream("data/old", { offset: 1000, size: 280_000 });
    mustBe(await collect(part), old.subarray(1000, 281_000));
  }),
  reading("list", async (backend) => {
    mustEqual(await namesOf(backend.list("data")), ["deep", "old", "other"], "what is listed");
  }),
  reading("list of everything", async (backend) => {
    const names = await namesOf(backend.list("", { recursive: true }));
    mustEqual(names, ["data/deep/down", "data/old", "data/other", "more/one"], "what is listed");
  }),
  reading("info", async (backend) => {
    mustEqual((await backend.info("data/old")).size, old.byteLength, "its size");
  }),
  reading("info of what is missing", async (backend) => {
    mustEqual((await backend.info("data/missing")).exists, false, "whether it exists");
  }),
  reading("hash", async (backend) => {
    const digest = await backend.hash("data/other", "md5");
    mustEqual(`${other.byteLength} ${digest}`, print(other), "its hash");
  }),
  changing("delete", without(before, "data/old"), (backend) => backend.delete("data/old")),
  changing("deleteMany", lessTwo, deleteTwo, {
    between: [without(before, "data/old"), without(before, "data/other")],
  }),
  changing("move", moved, (backend) => backend.move("data/old", "data/moved"), {
    between: [twoNames],
    ...inSteps,
  }),
  changing(
    "move onto an object",
    without({ ...before, "data/other": old }, "data/old"),
    (backend) => backend.move("data/old", "data/other"),
    { between: [contents({ ...before, "data/other": old })], ...inSteps },
  ),
  changing("mkdir", { ...same, "far/": print(new Uint8Array(0)) }, (backend) => backend.mkdir("far")),
  reading("rmdir", (backend) => backend.rmdir("far")),
];

/** Operations in parts, and those only if a name is absent. */
export const demanding: readonly Operation[] = [
  changing("store in parts", withLarge, (backend) => backend.store("data/new", large), inParts),
  changing(
    "storeStream in parts",
    withLarge,
    (backend) => backend.storeStream("data/new", inPieces(large, 1_000_000)),
    inParts,
  ),
  changing("store if absent", withNew, (backend) => backend.store("data/new", fresh, { ifAbsent: true })),
  // The gateway heeds the condition for uploads by one request only.
  changing("store of a large object if absent", { ...withNew, "data/new": printAtOnce(large) }, (backend) =>
    backend.store("data/new", large, { ifAbsent: true }),
  ),
  changing("storeStream if absent", withNew, (backend) =>
    backend.storeStream("data/new", inPieces(fresh, 7000), { ifAbsent: true }),
  ),
  changing("move if absent", moved, (backend) => backend.move("data/old", "data/moved", { ifAbsent: true }), {
    between: [twoNames],
    ...inSteps,
  }),
];

/** The one of this title. */
export function operationOf(title: string): Operation {
  const found = [...operations, ...demanding].find((one) => one.title === title);
  if (found === undefined) throw new Error(`no operation ${title}`);
  return found;
}
