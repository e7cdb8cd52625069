import { conformanceCases, registerConformance } from "@borgstore/backend-testkit";
import type { Backend, Capabilities } from "@borgstore/core";
import { afterAll, describe, it } from "vitest";
import { rcloneBackend, type RcloneBackendOptions } from "../src/index.ts";
import type { RemotePlace } from "./servers/remote-place.ts";

interface Setup {
  readonly place: RemotePlace;
  readonly path: string;
  readonly backend: Backend;
}

/** What a backend can do on a remote of each kind. */
const onAnyRemote: Capabilities = {
  atomicReplace: false,
  atomicMove: false,
  createIfAbsent: false,
  directories: true,
  rangedLoad: true,
  nativeHash: true,
  accessTime: false,
  durable: false,
  remote: true,
  concurrency: 8,
};
export const onDirectories: Capabilities = onAnyRemote;
export const onLocal: Capabilities = { ...onAnyRemote, atomicReplace: true, atomicMove: true };
export const onBuckets: Capabilities = {
  ...onAnyRemote,
  atomicReplace: true,
  directories: false,
  durable: true,
};

/** Cases not to run, by id, with the reason. */
export type Skip = Readonly<Record<string, string>>;

function skipped(reason: string, isSkipped: (id: string) => boolean): Skip {
  return Object.fromEntries(conformanceCases.filter(({ id }) => isSkipped(id)).map(({ id }) => [id, reason]));
}

const longIds = new Set(conformanceCases.filter(({ isLong }) => isLong === true).map(({ id }) => id));

/** Cases that are about the reader more than about the remote: left out where others have them. */
export const longCases: Skip = skipped("thousands of objects are stored on a local directory", (id) =>
  longIds.has(id),
);

const decidedHere = [
  // What is refused before rclone is asked for anything.
  /\/(?:not-open|invalid-name|wrong-[a-z]+|unknown-algorithm|not-bytes)$/,
  // Whoever aborts does not wait for an answer.
  /\/aborted$/,
  /^abort\//,
  /^lifecycle\/(?:open-twice|(?:create|destroy)-while-open)$/,
  // What becomes of the backend and of the memory of values, whatever the answers.
  /^lifecycle\/(?:close-|dispose)/,
  /^capabilities\/(?:frozen|named)$/,
  /\/(?:views|borrowed|unchanged|reused-memory|lazy|owned|source-stopped)$/,
  // Loads of ranges, and a store.
  /^defrag\//,
];

/** Cases that end alike whatever rclone and the remote answer: left out of every suite but the first. */
export const casesOfThisSide: Skip = skipped(
  "it is decided on this side, and tried with a local directory",
  (id) => decidedHere.some((pattern) => pattern.test(id)),
);

/** Of the long ones, those that pages which were never asked for one by one cannot fail differently. */
export const casesOfPages: Skip = skipped(
  "a directory comes whole, and pages are cut on this side: list/pages, list/deleting and list/storing try them",
  (id) => /^list\/(?:at-once|deleting-all|stopped)$/.test(id),
);

/** Cases with many callers: left out where the same medium has had them. */
export const casesOfCrowds: Skip = skipped(
  "callers are kept apart on this side, and the medium is the one of the distribution's rclone",
  (id) => id.startsWith("concurrency/"),
);

/** Cases about what names are to a file system or a service: left out where the same one has had them. */
export const casesOfNames: Skip = skipped(
  "names are rclone's matter, and tried with the distribution's on file systems and in buckets",
  (id) => id.startsWith("names/"),
);

/** Cases that Go's WebDAV server is not up to, which `rclone serve webdav` is made of. */
export const casesOfLocks: Skip = skipped(
  "it locks what it changes for a moment, and refuses others meanwhile with status 423 instead of letting them wait",
  (id) => /^concurrency\/(?:many-names|one-directory|mixed)$/.test(id),
);

/** What is known about a remote. */
export interface Known {
  readonly program: string;
  readonly options?: Partial<RcloneBackendOptions>;
  /** Cases that are beyond it, with the reason. */
  readonly skip?: Skip;
}

/** Registers the conformance suite for one remote, whose server is started when the first case needs it. */
export function register(
  name: string,
  capabilities: Capabilities,
  start: () => Promise<RemotePlace>,
  canLookInside: boolean,
  { program, options = {}, skip = {} }: Known,
): void {
  const backendAt = (place: RemotePlace, path: string): Backend =>
    rcloneBackend({ ...place.options(path), rcloneProgram: program, ...options });
  describe(`remote of ${name}`, () => {
    let starting: Promise<RemotePlace> | undefined;
    let holder: Backend | undefined;
    let count = 0;
    afterAll(async () => {
      await holder?.close();
      await (await starting)?.stop();
    });
    registerConformance<Setup>({
      name,
      runner: { describe, it },
      capabilities,
      caseTimeoutMs: 120_000,
      setup: async () => {
        starting ??= start();
        const place = await starting;
        if (holder === undefined) {
          // Keeps one rclone process running for all cases.
          holder = backendAt(place, "holder");
          await holder.create();
          await holder.open();
        }
        const path = `case-${++count}/store`;
        return { place, path, backend: backendAt(place, path) };
      },
      // The server goes with all that it holds.
      teardown: () => {},
      anotherBackend: ({ place, path }) => backendAt(place, path),
      ...(canLookInside && {
        plant: ({ place, path }: Setup, object: string, value: Uint8Array) =>
          place.plant(path, object, value),
      }),
      skip,
    });
  });
}
