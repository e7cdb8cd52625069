import { Requests, type TempNames } from "@borgstore/core";
import { Bucket } from "./bucket.ts";
import { classify } from "./classify.ts";
import { ConditionalRequests } from "./conditional.ts";
import type { Connection } from "./connect.ts";
import { Deletions } from "./delete-files.ts";
import type { Keys } from "./keys.ts";
import type { S3Settings } from "./options.ts";
import type { StoreContext } from "./store-file.ts";
import { Uploads } from "./uploads.ts";

/** What a session is about. */
export interface SessionSetup {
  readonly settings: S3Settings;
  readonly bucket: string;
  readonly keys: Keys;
  readonly tempNames: TempNames;
}

/** From opening to closing: the connection, and what is done over it. */
export class Session {
  readonly bucket: Bucket;
  readonly deletions: Deletions;
  readonly storing: StoreContext;
  readonly #requests: Requests;
  readonly #connection: Connection;

  constructor(connection: Connection, { settings, bucket: name, keys, tempNames }: SessionSetup) {
    const requests = new Requests(settings, classify);
    const bucket = new Bucket(connection, requests, name, settings);
    this.bucket = bucket;
    this.deletions = new Deletions(
      bucket,
      { check: settings.checkBeforeDelete, concurrency: settings.concurrency },
      settings.bulkDelete,
    );
    this.storing = {
      bucket,
      uploads: new Uploads(bucket),
      conditional: new ConditionalRequests(bucket, keys, tempNames, settings.createIfAbsent),
      partSize: settings.partSize,
      partConcurrency: settings.partConcurrency,
    };
    this.#requests = requests;
    this.#connection = connection;
  }

  /** Ends what is under way, and closes the sockets. */
  close(): void {
    this.#requests.close();
    this.#connection.close();
  }
}
