import assert from "node:assert/strict";
import type { Backend, OperationOptions } from "@borgstore/core";
import { bytesOf, drain, equalBytes, listNames, rejectsWith, rejectsWithValue } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");
const present = "data/present";

/** One method of the contract as a call on one name. */
interface MethodCall {
  readonly operation: string;
  readonly call: (backend: Backend, name: string, options?: OperationOptions) => Promise<unknown>;
  /** Names that are invalid elsewhere but mean something here. */
  readonly accepts?: readonly string[];
}

const namedCalls: readonly MethodCall[] = [
  { operation: "mkdir", call: (backend, name, options) => backend.mkdir(name, options) },
  { operation: "rmdir", call: (backend, name, options) => backend.rmdir(name, options) },
  { operation: "info", call: (backend, name, options) => backend.info(name, options) },
  { operation: "load", call: (backend, name, options) => backend.load(name, options) },
  { operation: "load-stream", call: (backend, name, options) => drain(backend.loadStream(name, options)) },
  { operation: "store", call: (backend, name, options) => backend.store(name, bytesOf("new"), options) },
  {
    operation: "store-stream",
    call: (backend, name, options) => backend.storeStream(name, [bytesOf("new")], options),
  },
  { operation: "delete", call: (backend, name, options) => backend.delete(name, options) },
  {
    operation: "delete-many",
    call: (backend, name, options) => backend.deleteMany([present, name], options),
  },
  { operation: "move", call: (backend, name, options) => backend.move(name, "data/moved", options) },
  { operation: "move-target", call: (backend, name, options) => backend.move(present, name, options) },
  {
    operation: "list",
    call: (backend, name, options) => listNames(backend, name, options ?? {}),
    accepts: [""],
  },
  { operation: "hash", call: (backend, name, options) => backend.hash(name, "sha256", options) },
  {
    operation: "defrag",
    call: (backend, name, options) =>
      backend.defrag([{ name, offset: 0, size: 1 }], { name: "data/joined" }, options),
  },
  {
    operation: "defrag-target",
    call: (backend, name, options) =>
      backend.defrag([{ name: present, offset: 0, size: 1 }], { name }, options),
  },
];

const namelessCalls: readonly MethodCall[] = [
  { operation: "quota", call: (backend, _name, options) => backend.quota(options) },
  { operation: "sync", call: (backend, _name, options) => backend.sync(options) },
];

/** Names that no medium may ever see; the last ones are no strings at all. */
const invalidNames: readonly unknown[] = [
  "",
  ".",
  "..",
  "...",
  "a..b",
  "a/../b",
  "./a",
  "a/.",
  "a/./b",
  "a//b",
  "/a",
  "a/",
  "/",
  "a b",
  "a\\b",
  "A",
  "aB",
  "a.tmp",
  ".tmp",
  "d.tmp/x",
  "a.hid",
  "d.hid/x",
  "ä",
  "İ",
  "a\u0000b",
  "a\nb",
  "a\u007f",
  "\ud83d\ude00",
  "n".repeat(101),
  undefined,
  null,
  5,
  ["a"],
];

/** Everything that is there, as far as the contract shows it. */
async function mustBeUntouched(backend: Backend): Promise<void> {
  assert.deepEqual(await listNames(backend, "", { recursive: true }), [present], "the medium was touched");
  assert.deepEqual(await listNames(backend, ""), ["data/"], "the medium was touched");
  assert.deepEqual(await listNames(backend, "data"), ["present"], "the medium was touched");
  equalBytes(await backend.load(present), value, "an untouched value");
}

function notOpenCase({ operation, call }: MethodCall): ConformanceCase {
  return {
    id: `${operation}/not-open`,
    title: `${operation} on a backend that was not opened yet, or is closed, rejects with NOT_OPEN`,
    state: "new",
    run: async ({ backend }) => {
      await rejectsWith(() => call(backend, present), "NOT_OPEN", `${operation} before create`);
      await backend.create();
      await rejectsWith(() => call(backend, present), "NOT_OPEN", `${operation} before open`);
      await backend.open();
      await backend.store(present, value);
      await backend.close();
      await rejectsWith(() => call(backend, present), "NOT_OPEN", `${operation} after close`);
      await backend.open();
      await mustBeUntouched(backend);
    },
  };
}

function invalidNameCase({ operation, call, accepts = [] }: MethodCall): ConformanceCase {
  return {
    id: `${operation}/invalid-name`,
    title: `${operation} refuses every invalid name with INVALID_NAME, and the medium stays untouched`,
    run: async ({ backend }) => {
      await backend.store(present, value);
      for (const name of invalidNames) {
        if (accepts.some((accepted) => accepted === name)) continue;
        await rejectsWith(
          () => call(backend, name as string),
          "INVALID_NAME",
          `${operation} of ${JSON.stringify(name) ?? "undefined"}`,
        );
      }
      await mustBeUntouched(backend);
    },
  };
}

function abortedCase({ operation, call }: MethodCall): ConformanceCase {
  return {
    id: `${operation}/aborted`,
    title: `${operation} with an aborted signal rejects with its reason, whatever that is, and touches nothing`,
    run: async ({ backend }) => {
      await backend.store(present, value);
      for (const reason of [new Error("stop"), "a text", { code: "NOT_FOUND" }]) {
        const signal = AbortSignal.abort(reason);
        for (const name of [present, "new/a"]) {
          await rejectsWithValue(() => call(backend, name, { signal }), reason, operation);
        }
      }
      await mustBeUntouched(backend);
    },
  };
}

/** What holds for every method: refused when not open, for invalid names, and with an aborted signal. */
export const traitCases: readonly ConformanceCase[] = [
  ...[...namedCalls, ...namelessCalls]
    .filter(({ operation }) => !operation.endsWith("-target"))
    .map(notOpenCase),
  ...namedCalls.map(invalidNameCase),
  ...[...namedCalls, ...namelessCalls]
    .filter(({ operation }) => !operation.endsWith("-target"))
    .map(abortedCase),
];
