import { throwIfAborted } from "../abort.ts";
import type { Backend } from "../backend.ts";
import { callSignal } from "../call-abort.ts";
import { checkDefrag, type CheckedDefrag } from "../check-defrag.ts";
import { annotateError, StoreError } from "../errors.ts";
import { nameProblem } from "../names.ts";
import type { DeleteResult } from "../options.ts";
import { callError, intercept } from "./intercept.ts";
import type {
  DefragCall,
  DeleteManyCall,
  IterationCall,
  MoveCall,
  OperationCall,
  StoreCall,
  StoreStreamCall,
} from "./operation-call.ts";
import { RepeatedSource } from "./repeated-source.ts";
import { PermissionRules, type PermissionMapping } from "./permission-rules.ts";

/**
 * Allows only what a mapping says, on any backend. Names are validated first, so no other spelling of a name
 * gets around its rule; denied is `PERMISSION_DENIED` before any I/O, whether the object exists or not.
 *
 * Needed, any one of the letters: `create` w W on `""`; `destroy` D on `""`; `mkdir` w W; `rmdir` w D; `info` l r;
 * `load`, `loadStream`, `hash` r; `list` l on the listed name (entries are not filtered); `delete` D, in
 * `deleteMany` name by name; `store` w W for a new object, W for an existing one; `move` D on the old name and as
 * `store` on the new one; `defrag` r on each source and as `store` on the target. A `defrag` that is named by its
 * digest needs only w: what it could replace has the same content. `open`, `close`, `quota`, `sync`: none.
 *
 * With w and without W an existing object is protected in one step where the backend can create-if-absent; else
 * (and always for `defrag` onto a given name) the layer looks first, and two writers at the same moment may
 * both succeed. A caller's own `ifAbsent` still gets `ALREADY_EXISTS`.
 *
 * @param permissions without any entry, or left out, nothing is checked and `backend` itself is returned.
 * @throws StoreError `INVALID_ARGUMENT` for what is no mapping, and for one with unknown letters or impossible names.
 */
export function withPermissions(backend: Backend, permissions: PermissionMapping | undefined): Backend {
  if (permissions === undefined) return backend;
  const rules = new PermissionRules(permissions);
  if (rules.isEmpty) return backend;
  const guard = new PermissionGuard(backend, rules);
  return intercept(backend, {
    label: "permissions",
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      if (call.operation === "deleteMany") {
        // T is what deleteMany gives.
        return (await guard.deleteMany(call, next as unknown as DeleteMany)) as T;
      }
      if (call.operation === "defrag") return await next(await guard.checkDefrag(call));
      guard.check(call);
      if (call.operation === "store" || call.operation === "storeStream" || call.operation === "move") {
        if (!guard.mayReplace(call)) return await guard.createOnly(call, next);
      }
      return await next(call);
    },
    async *iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>) {
      guard.check(call);
      yield* next(call);
    },
  });
}

type DeleteMany = (call: OperationCall) => Promise<readonly DeleteResult[]>;
type WritingCall = StoreCall | StoreStreamCall | MoveCall;

class PermissionGuard {
  readonly #backend: Backend;
  readonly #rules: PermissionRules;
  /** Set when a medium that had to be asked refused to create-if-absent. */
  #cannotCreateOnly = false;

  constructor(backend: Backend, rules: PermissionRules) {
    this.#backend = backend;
    this.#rules = rules;
  }

  /** Whether any of the letters holds for the name. */
  allows(name: string, letters: string): boolean {
    const given = this.#rules.lettersFor(name);
    return Array.from(letters).some((letter) => given.includes(letter));
  }

  /** Whether the call may replace an object under the name that it writes. */
  mayReplace(call: WritingCall): boolean {
    return this.allows(call.operation === "move" ? call.newName : call.name, "W");
  }

  /** Refuses what is not allowed whatever exists. */
  check(call: Exclude<OperationCall, DeleteManyCall | DefragCall> | IterationCall): void {
    switch (call.operation) {
      case "open":
      case "close":
      case "quota":
      case "sync":
        return;
      case "create":
        return this.#need(call, "", "wW");
      case "destroy":
        return this.#need(call, "", "D");
      case "list":
        if (call.name !== "") this.#checkName(call, call.name);
        return this.#need(call, call.name, "l");
      case "mkdir":
      case "store":
      case "storeStream":
        return this.#needOnObject(call, call.name, "wW");
      case "rmdir":
        return this.#needOnObject(call, call.name, "wD");
      case "info":
        return this.#needOnObject(call, call.name, "lr");
      case "load":
      case "loadStream":
      case "hash":
        return this.#needOnObject(call, call.name, "r");
      case "delete":
        return this.#needOnObject(call, call.name, "D");
      case "move":
        this.#needOnObject(call, call.name, "D");
        return this.#needOnObject(call, call.newName, "wW");
    }
  }

  /** The same for a `defrag`, with a copy of its arguments, so that what is checked is what is done. */
  async checkDefrag(call: DefragCall): Promise<DefragCall> {
    const checked = { ...call, ...this.#checkedDefrag(call) };
    const { sources, target } = checked;
    for (const source of sources) this.#need(call, source.name, "r");
    if ("name" in target) {
      this.#need(call, target.name, "wW");
      if (!this.allows(target.name, "W")) await this.#mustBeNew(call, target.name);
      return checked;
    }
    const given = this.#rules.lettersForDigests(target.namespace, target.level);
    if (!/w/i.test(given)) throw this.#denied(call, target.namespace, "wW", given);
    return checked;
  }

  #checkedDefrag(call: DefragCall): CheckedDefrag {
    try {
      return checkDefrag(call.sources, call.target);
    } catch (error) {
      if (!StoreError.is(error)) throw error;
      throw annotateError(error, { backend: this.#backend.name, operation: call.operation, key: undefined });
    }
  }

  /** Deletes the names that may be; each of the others gets its own error. */
  async deleteMany(call: DeleteManyCall, next: DeleteMany): Promise<readonly DeleteResult[]> {
    for (const name of call.names) this.#checkName(call, name);
    const allowed = call.names.filter((name) => this.allows(name, "D"));
    if (allowed.length === call.names.length) return await next(call);
    throwIfAborted(callSignal(call.options));
    const results = allowed.length === 0 ? [] : await next({ ...call, names: allowed });
    let at = 0;
    return call.names.map((name) => {
      if (!this.allows(name, "D")) {
        return { name, error: this.#denied(call, name, "D", this.#rules.lettersFor(name)) };
      }
      return (
        results[at++] ?? { name, error: callError("UNEXPECTED", this.#backend, call, "no result", name) }
      );
    });
  }

  /** A write that must not replace anything. */
  async createOnly<T>(call: WritingCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
    const name = call.operation === "move" ? call.newName : call.name;
    // What was checked is what is done: the caller's options are not read again.
    const own = { ...call, options: { ...call.options } };
    const isAskedFor = own.options.ifAbsent === true;
    const source = own.operation === "storeStream" ? new RepeatedSource(this.#backend, own) : undefined;
    try {
      if (isAskedFor || (!this.#cannotCreateOnly && this.#backend.capabilities.createIfAbsent !== false)) {
        try {
          return await next({ ...(source?.attempt() ?? own), options: { ...own.options, ifAbsent: true } });
        } catch (error) {
          if (isAskedFor) throw error;
          if (StoreError.is(error, "ALREADY_EXISTS")) throw this.#replacing(call, name, error);
          const isProbed = this.#backend.capabilities.createIfAbsent === "probe";
          const canRepeat = source?.canRepeat() ?? true;
          if (!isProbed || !canRepeat || !StoreError.is(error, "UNSUPPORTED")) throw error;
        }
        this.#cannotCreateOnly = true;
      }
      await this.#mustBeNew(own, name);
      return await next(source?.attempt() ?? own);
    } finally {
      await source?.release();
    }
  }

  /** Looks whether the name is free. Only as good as nobody else writes it between this and the write. */
  async #mustBeNew(call: OperationCall, name: string): Promise<void> {
    const item = await this.#backend.info(name, { signal: call.options.signal });
    if (item.exists) throw this.#replacing(call, name);
  }

  #needOnObject(call: OperationCall | IterationCall, name: string, letters: string): void {
    this.#checkName(call, name);
    this.#need(call, name, letters);
  }

  #need(call: OperationCall | IterationCall, name: string, letters: string): void {
    if (!this.allows(name, letters)) throw this.#denied(call, name, letters, this.#rules.lettersFor(name));
  }

  #checkName(call: OperationCall | IterationCall, name: string): void {
    const problem = nameProblem(name);
    if (problem === undefined) return;
    throw callError(
      "INVALID_NAME",
      this.#backend,
      call,
      problem,
      typeof name === "string" ? name : undefined,
    );
  }

  #denied(call: OperationCall | IterationCall, name: string, letters: string, given: string): StoreError {
    const needs = Array.from(letters).join(" or ");
    const detail = `${call.operation} needs ${needs} here, the permissions give ${given === "" ? "nothing" : given}`;
    return callError("PERMISSION_DENIED", this.#backend, call, detail, name);
  }

  #replacing(call: OperationCall, name: string, cause?: unknown): StoreError {
    const error = callError(
      "PERMISSION_DENIED",
      this.#backend,
      call,
      "replacing something that exists needs W here",
      name,
    );
    if (cause !== undefined) error.cause = cause;
    return error;
  }
}
