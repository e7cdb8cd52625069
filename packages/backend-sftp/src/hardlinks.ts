import { StoreError } from "@borgstore/core";
import type { Abilities } from "./abilities.ts";
import { isMissing } from "./classify.ts";
import type { Handle } from "./protocol/answers.ts";
import { openFlag } from "./protocol/packet-types.ts";
import type { Session } from "./session.ts";
import type { Tree } from "./tree.ts";

/**
 * Finds out whether hard links decide what creating only if absent needs: on temporary names, once per backend. Some
 * servers announce hard links and refuse them, and an exclusive open cannot stand in: it makes a name before its
 * content is there (docs/decisions/0009).
 */
export class HardlinkProbe {
  readonly #abilities: Abilities;
  readonly #tree: Tree;
  readonly #newTempName: () => string;
  #running: Promise<void> | undefined;

  constructor(abilities: Abilities, tree: Tree, newTempName: () => string) {
    this.#abilities = abilities;
    this.#tree = tree;
    this.#newTempName = newTempName;
  }

  /**
   * Makes sure that `ifAbsent` can be decided by the server.
   *
   * @throws StoreError `UNSUPPORTED` when it cannot.
   */
  async mustWork(session: Session): Promise<void> {
    if (this.#abilities.hardlink === undefined) {
      this.#running ??= this.#probe(session).finally(() => (this.#running = undefined));
      await this.#running;
    }
    if (this.#abilities.hardlink === true) return;
    throw new StoreError("UNSUPPORTED", {
      detail:
        "creating only if absent needs hard links (hardlink@openssh.com), which this server does not have or refuses",
    });
  }

  async #create({ client }: Session, file: string): Promise<Handle> {
    try {
      return await client.open(file, openFlag.write | openFlag.create | openFlag.exclusive);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new StoreError("BACKEND_NOT_FOUND", { detail: `${this.#tree.base} is gone`, cause: error });
    }
  }

  async #probe(session: Session): Promise<void> {
    const { client } = session;
    const { base } = this.#tree;
    const file = this.#tree.inside(base, this.#newTempName());
    const link = this.#tree.inside(base, this.#newTempName());
    const handle = await this.#create(session, file);
    const [, first, second, , removed] = await Promise.allSettled([
      client.close(handle),
      client.hardlink(file, link),
      client.hardlink(file, link),
      client.remove(link),
      client.remove(file),
    ]);
    for (const outcome of [first, second, removed]) {
      // Not an answer of the server: nothing is decided.
      if (outcome.status === "rejected" && StoreError.is(outcome.reason)) throw outcome.reason;
    }
    this.#abilities.hardlink = first.status === "fulfilled" && second.status === "rejected";
  }
}
