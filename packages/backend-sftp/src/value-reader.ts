import {
  missingItem,
  type DriverListOptions,
  type HasherFactory,
  type ItemInfo,
  type LoadOptions,
  type OperationOptions,
  type TempSweep,
  callSignal,
} from "@borgstore/core";
import { isMissing } from "./classify.ts";
import { hashFile } from "./hash-file.ts";
import { listDirectory } from "./list-directory.ts";
import { loadFile } from "./load-file.ts";
import { describe } from "./read-entries.ts";
import type { ServerAccess } from "./server-access.ts";
import { loadPieces } from "./streams.ts";

/** Everything that changes nothing. */
export class ValueReader {
  readonly #access: ServerAccess;
  readonly #sweep: TempSweep;

  constructor(access: ServerAccess, sweep: TempSweep) {
    this.#access = access;
    this.#sweep = sweep;
  }

  async info(name: string, options: OperationOptions): Promise<ItemInfo> {
    const signal = callSignal(options);
    const path = this.#access.tree.pathOf(name);
    return await this.#access.run(name, signal, async ({ client }) => {
      try {
        let found = await client.lstat(path);
        if (found.kind === "link" && this.#access.mayBeLinked(name)) found = await client.stat(path);
        const isShown = found.kind !== "link" && found.kind !== "other";
        return isShown ? describe(name, found) : missingItem(name);
      } catch (error) {
        if (isMissing(error)) return missingItem(name);
        throw error;
      }
    });
  }

  async load(name: string, options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const path = this.#access.tree.pathOf(name);
    return await this.#access.run(name, callSignal(options), async (session) => {
      try {
        return await loadFile(session, path, options);
      } catch (error) {
        throw await this.#access.explainer.reading(session, error, { name, path });
      }
    });
  }

  loadStream(name: string, options: LoadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const path = this.#access.tree.pathOf(name);
    return this.#access.iterate(
      callSignal(options),
      (session) => loadPieces(session, path, options),
      (session, error) => this.#access.explainer.reading(session, error, { name, path }),
    );
  }

  list(
    name: string,
    { signal }: DriverListOptions,
    recursive: boolean,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const path = this.#access.tree.pathOf(name);
    return this.#access.iterate(
      signal,
      (session) =>
        listDirectory({
          session,
          name,
          path,
          recursive,
          followLinks: name === "" && this.#access.settings.allowLinkedNamespaces,
          signal,
          onForeign: (foreign, { name: fileName, modifiedAt }) =>
            this.#sweep.saw(fileName, modifiedAt === undefined ? undefined : modifiedAt * 1000, () =>
              session.client.remove(foreign),
            ),
        }),
      (session, error) => this.#access.explainer.listing(session, error, { name, path }),
    );
  }

  async hash(
    name: string,
    algorithm: string,
    hashers: HasherFactory,
    options: OperationOptions,
  ): Promise<string> {
    const path = this.#access.tree.pathOf(name);
    return await this.#access.run(name, callSignal(options), async (session) => {
      try {
        return await hashFile(session, this.#access.abilities, path, algorithm, hashers, options);
      } catch (error) {
        throw await this.#access.explainer.reading(session, error, { name, path });
      }
    });
  }
}
