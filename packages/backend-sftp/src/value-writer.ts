import {
  mapConcurrently,
  type DeleteResult,
  type MoveOptions,
  type OperationOptions,
  type StoreOptions,
  type TempNames,
  callSignal,
  type CallSignal,
} from "@borgstore/core";
import type { ChangedPaths, Changes } from "./changes.ts";
import { classify } from "./classify.ts";
import { makeDirectory } from "./directories.ts";
import { HardlinkProbe } from "./hardlinks.ts";
import { moveFile } from "./move-file.ts";
import type { ServerAccess } from "./server-access.ts";
import type { Session } from "./session.ts";
import { storeFile, type StoreSource } from "./store-file.ts";

/** Deletions in flight at a time: a line of 100 ms is full then, and no server is overrun. */
const deletedAtOnce = 128;

/** Everything that changes the storage; all of it passes {@link Changes} before it is acknowledged. */
export class ValueWriter {
  readonly #access: ServerAccess;
  readonly #changes: Changes;
  readonly #tempNames: TempNames;
  readonly #probe: HardlinkProbe;

  constructor(access: ServerAccess, changes: Changes, tempNames: TempNames) {
    this.#access = access;
    this.#changes = changes;
    this.#tempNames = tempNames;
    this.#probe = new HardlinkProbe(access.abilities, access.tree, () => tempNames.next());
  }

  async mkdir(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    const { tree } = this.#access;
    const path = tree.pathOf(name);
    await this.#change(name, signal, { directories: [path, ...tree.ancestorsOf(path)] }, async (session) => {
      await makeDirectory(session, tree, path, this.#access.mayBeLinked(name), this.#onMade);
      await this.#changes.durability.changed(path);
    });
  }

  async rmdir(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    const { tree, abilities, explainer } = this.#access;
    const path = tree.pathOf(name);
    const directory = tree.parentOf(path);
    await this.#change(name, signal, { directories: [directory] }, async (session) => {
      try {
        if (!abilities.isFileSystem) await explainer.mustBe("directory", session, { name, path });
        await session.client.rmdir(path);
      } catch (error) {
        throw await explainer.removingDirectory(session, error, { name, path });
      }
      await this.#changes.durability.changed(directory);
    });
  }

  async store(name: string, source: StoreSource, options: StoreOptions): Promise<void> {
    const { ifAbsent = false } = options;
    const signal = callSignal(options);
    const { tree, abilities, explainer, settings } = this.#access;
    const { durability } = this.#changes;
    const path = tree.pathOf(name);
    const room = durability.makeRoom();
    if (room !== undefined) {
      await room.catch((error: unknown) => {
        throw classify(error, name);
      });
    }
    await this.#change(name, signal, { file: path, directories: tree.ancestorsOf(path) }, async (session) => {
      if (ifAbsent) await this.#probe.mustWork(session);
      await storeFile(session, {
        tree,
        abilities,
        path,
        ifAbsent,
        allowUnsafeReplace: settings.allowUnsafeReplace,
        signal,
        source,
        durably: durability.eachFile,
        newTempName: () => this.#tempNames.next(),
        onMade: this.#onMade,
        explain: (error, byteCount) => explainer.storing(session, error, { name, path, ifAbsent, byteCount }),
      });
      const durable = durability.stored(path);
      if (durable !== undefined) await durable;
    });
  }

  async delete(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    const directory = this.#access.tree.parentOf(this.#access.tree.pathOf(name));
    await this.#change(name, signal, { directories: [directory] }, (session) => this.#delete(session, name));
  }

  async deleteMany(names: readonly string[], options: OperationOptions): Promise<readonly DeleteResult[]> {
    const signal = callSignal(options);
    const { tree } = this.#access;
    const directories = [...new Set(names.map((name) => tree.parentOf(tree.pathOf(name))))];
    return await this.#change(undefined, signal, { directories }, async (session) => {
      const remove = async (name: string): Promise<DeleteResult> => {
        if (signal?.aborted === true) return { name, error: signal.reason };
        try {
          await this.#delete(session, name);
          return { name };
        } catch (error) {
          this.#changes.failed(error, { directories: [tree.parentOf(tree.pathOf(name))] });
          return { name, error };
        }
      };
      const results: DeleteResult[] = [];
      for await (const result of mapConcurrently(names, deletedAtOnce, remove)) results.push(result);
      return results;
    });
  }

  async #delete(session: Session, name: string): Promise<void> {
    const { tree, abilities, explainer } = this.#access;
    const path = tree.pathOf(name);
    try {
      if (!abilities.isFileSystem) await explainer.mustBe("file", session, { name, path });
      await session.client.remove(path);
    } catch (error) {
      throw await explainer.deleting(session, error, { name, path });
    }
    const durable = this.#changes.durability.deleted(path);
    if (durable !== undefined) await durable;
  }

  async move(name: string, newName: string, options: MoveOptions): Promise<void> {
    const { ifAbsent = false } = options;
    const signal = callSignal(options);
    const { tree, abilities, explainer, settings } = this.#access;
    const { durability } = this.#changes;
    const oldPath = tree.pathOf(name);
    const path = tree.pathOf(newName);
    const directories = [tree.parentOf(path), tree.parentOf(oldPath)];
    const owed = [...new Set([...tree.ancestorsOf(path), ...directories])];
    await this.#change(name, signal, { file: path, directories: owed }, async (session) => {
      if (ifAbsent) await this.#probe.mustWork(session);
      let wasMoved = false;
      durability.beginMove(oldPath, path);
      try {
        wasMoved = await moveFile(session, {
          tree,
          abilities,
          path,
          oldPath,
          ifAbsent,
          allowUnsafeReplace: settings.allowUnsafeReplace,
          signal,
          onMade: this.#onMade,
        });
      } catch (error) {
        if (signal?.aborted === true) throw error;
        throw await explainer.storing(session, error, { name: newName, path, ifAbsent });
      } finally {
        await durability.endMove(oldPath, path, directories, wasMoved);
      }
      if (!wasMoved) throw await explainer.notFound(session, name, undefined);
    });
  }

  /** Runs an operation that changes something. */
  async #change<T>(
    name: string | undefined,
    signal: CallSignal | undefined,
    paths: ChangedPaths,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    return await this.#access.run(name, signal, (session) =>
      this.#changes.attempt(paths, () => work(session)),
    );
  }

  readonly #onMade = (path: string): void => this.#changes.durability.made(path);
}
