import type { CallSignal } from "@borgstore/core";
import { Abilities } from "./abilities.ts";
import { classify } from "./classify.ts";
import { Connections, type Connect } from "./connections.ts";
import { Explainer } from "./explain.ts";
import type { SftpSettings } from "./options.ts";
import type { Session } from "./session.ts";
import { Tree } from "./tree.ts";

/** The server and the storage on it, as everything that reads or changes it needs them. */
export class ServerAccess {
  readonly settings: SftpSettings;
  readonly tree: Tree;
  readonly abilities: Abilities = new Abilities();
  readonly connections: Connections;
  readonly explainer: Explainer;

  constructor(settings: SftpSettings, path: string, connect: Connect) {
    this.settings = settings;
    this.tree = new Tree(path);
    this.connections = new Connections(connect, settings.connections);
    this.explainer = new Explainer(this.tree, this.abilities);
  }

  /** Runs one operation with a connection, and classifies what it fails with. */
  async run<T>(
    name: string | undefined,
    signal: CallSignal | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.connections.use(signal, work);
    } catch (error) {
      throw signal?.aborted === true ? error : classify(error, name);
    }
  }

  /** Runs an iteration with a connection. */
  async *iterate<T>(
    signal: CallSignal | undefined,
    start: (session: Session) => AsyncIterable<T>,
    explain: (session: Session, error: unknown) => Promise<unknown>,
  ): AsyncGenerator<T, void, undefined> {
    const session = await this.connections.acquire(signal);
    try {
      yield* start(session);
    } catch (error) {
      throw signal?.aborted === true ? error : classify(await explain(session, error));
    } finally {
      this.connections.release(session);
    }
  }

  /** Whether a link of this name can be a namespace. */
  mayBeLinked(name: string): boolean {
    return this.settings.allowLinkedNamespaces && !name.includes("/");
  }
}
