import { StoreError, TempSweep, type TempNames, type CallSignal } from "@borgstore/core";
import type { Connection } from "./connect.ts";
import { publishesUploads } from "./features.ts";
import { MadeDirectories } from "./made-directories.ts";
import { NameLocks } from "./name-locks.ts";
import type { RcloneSettings } from "./options.ts";
import type { ChangeContext } from "./publish.ts";
import type { Entry } from "./read-entries.ts";
import { Remote, timeOf } from "./remote.ts";
import { ReplaceProbe } from "./replace-probe.ts";

/** Such objects get other keys than those that listings ask for. */
const unfitForBucket = /\/\/|(?:^|\/)\.(?:\/|$)/;

/** Of all sessions of this process: they may be about the same remote. */
const locks = new NameLocks();

/** From opening to closing: the connection, and what is done over it. */
export class Session {
  readonly remote: Remote;
  readonly changes: ChangeContext;
  readonly #connection: Connection;
  readonly #sweep: TempSweep;

  private constructor(
    connection: Connection,
    remote: Remote,
    tempNames: TempNames,
    { allowUnsafeReplace, staleTempAgeMs }: RcloneSettings,
  ) {
    this.remote = remote;
    this.#connection = connection;
    this.#sweep = new TempSweep(tempNames, staleTempAgeMs);
    this.changes = {
      remote,
      tempNames,
      locks,
      directories: new MadeDirectories(remote, locks),
      probe: new ReplaceProbe(remote, tempNames),
      allowUnsafeReplace,
    };
  }

  /** Starts rclone where it does not run yet, and asks what the remote can do. */
  static async open(
    connection: Connection,
    tempNames: TempNames,
    settings: RcloneSettings,
    signal: CallSignal | undefined,
  ): Promise<Session> {
    try {
      const remote = await Remote.open(connection.client, connection.fs, signal);
      if (publishesUploads(remote.features) && unfitForBucket.test(connection.path)) {
        throw new StoreError("INVALID_ARGUMENT", {
          detail:
            "a path in a bucket has no empty components and no dots alone: rclone stores it as another one",
        });
      }
      return new Session(connection, remote, tempNames, settings);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** A listing has come across a file. */
  saw(directory: string, entry: Entry): void {
    const { Name: fileName } = entry;
    if (typeof fileName !== "string" || entry["IsDir"] === true) return;
    const path = directory === "" ? fileName : `${directory}/${fileName}`;
    this.#sweep.saw(fileName, timeOf(entry), () => this.remote.delete(path, { signal: undefined }));
  }

  /** @param isAborted whether what is under way is not waited for */
  async close(isAborted: boolean): Promise<void> {
    if (!isAborted) await this.#sweep.stop();
    await this.#connection.close();
  }
}
