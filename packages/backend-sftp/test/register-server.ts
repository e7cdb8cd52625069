import { conformanceCases, registerConformance } from "@borgstore/backend-testkit";
import type { Backend, Capabilities } from "@borgstore/core";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { sftpBackend, type SftpBackendOptions } from "../src/index.ts";

/** A server that all cases of one suite use, each with a directory of its own. */
export interface Place {
  /** Options for a storage at a path of the server. */
  options(path: string): SftpBackendOptions;
  /** Where that path is here. */
  localPath(path: string): string;
  stop(): Promise<void>;
}

interface Setup {
  readonly place: Place;
  readonly path: string;
  readonly backend: Backend;
}

/** What a backend on OpenSSH's server can do. */
export const asOpenSsh: Capabilities = {
  atomicReplace: true,
  atomicMove: true,
  createIfAbsent: "probe",
  directories: true,
  rangedLoad: true,
  nativeHash: true,
  accessTime: true,
  durable: true,
  remote: true,
};

function plant({ place, path }: Setup, object: string, value: Uint8Array): void {
  const file = join(place.localPath(path), object);
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, value);
}

/** Cases not to run, by id, with the reason. */
type Skip = Readonly<Record<string, string>>;

function skipped(reason: string, isSkipped: (id: string) => boolean): Skip {
  return Object.fromEntries(conformanceCases.filter(({ id }) => isSkipped(id)).map(({ id }) => [id, reason]));
}

const longIds = new Set(conformanceCases.filter(({ isLong }) => isLong === true).map(({ id }) => id));

/** Cases that are about the reader more than about the server, and are tried without syncing all that they store. */
export const longCases: Skip = skipped("thousands of objects are stored where nothing is synced", (id) =>
  longIds.has(id),
);

/** All the others. */
export const shortCases: Skip = skipped("it is tried where changes are synced", (id) => !longIds.has(id));

const decidedHere = [
  // What is refused before anything is sent.
  /\/(?:not-open|invalid-name|aborted|wrong-[a-z]+|unknown-algorithm|not-bytes)$/,
  /^lifecycle\/(?:open-twice|(?:create|destroy)-while-open)$/,
  // What becomes of the backend and of the memory of values, whatever the answers.
  /^lifecycle\/(?:close-|dispose)/,
  /^capabilities\/(?:frozen|named)$/,
  /\/(?:views|borrowed|unchanged|reused-memory|lazy)$/,
  // Whoever aborts does not wait for an answer.
  /^abort\//,
  // Loads of ranges, and a store.
  /^defrag\//,
];

/** Cases that end alike whatever a server answers: left out of every server but the first. */
export const casesOfThisSide: Skip = skipped(
  "it is decided on this side, and tried with the first kind of server",
  (id) => decidedHere.some((pattern) => pattern.test(id)),
);

/** Cases about what names are to a file system: left out where the file system is that of another suite. */
export const casesOfNames: Skip = skipped(
  "names are those of the same file system with the first kind of server",
  (id) => id.startsWith("names/"),
);

/** Cases that differ by the way to a server: what flows, what ends early, and much at a time. */
const ofTheWay =
  /^(?:capabilities\/declared|(?:lifecycle|load|load-stream|store|store-stream|abort|concurrency)\/.*)$/;

/** Cases of what a server answers to a request: left out of every way to it but the first. */
export const casesOfAnswers: Skip = skipped(
  "the same server answers it over ssh2",
  (id) => !ofTheWay.test(id) || /\/(?:not-open|invalid-name|aborted|wrong-[a-z]+|not-bytes)$/.test(id),
);

/** What is known about a server. */
export interface Known {
  /** Whether it sees at once what is changed behind its back. */
  readonly seesChanges?: boolean;
  /** Cases that are beyond it, or tried elsewhere, with the reason. */
  readonly skip?: Skip;
  /** Time limit of each step of a case; the suite's own unless it is given. */
  readonly caseTimeoutMs?: number;
}

/** For servers that are processes of their own: where the machine is busy, they may be far slower than here. */
export const ofRealServers = { caseTimeoutMs: 120_000 };

/** Registers the conformance suite for one kind of server, which is started when the first case needs it. */
export function register(
  name: string,
  capabilities: Capabilities,
  start: () => Promise<Place>,
  { seesChanges = true, skip = {}, caseTimeoutMs }: Known = {},
): void {
  // A case has four steps, and the failure of one is to be told by its name.
  const limit = caseTimeoutMs === undefined ? {} : { timeout: 5 * caseTimeoutMs };
  describe(`server of ${name}`, limit, () => {
    let starting: Promise<Place> | undefined;
    let count = 0;
    afterAll(async () => await (await starting)?.stop());
    registerConformance({
      name,
      runner: { describe, it },
      capabilities,
      setup: async () => {
        starting ??= start();
        const place = await starting;
        const path = `case-${++count}/store`;
        return { place, path, backend: sftpBackend(place.options(path)) };
      },
      teardown: ({ place, path }) =>
        fs.rmSync(dirname(place.localPath(path)), { recursive: true, force: true }),
      anotherBackend: ({ place, path }) => sftpBackend(place.options(path)),
      ...(seesChanges && { plant }),
      skip,
      ...(caseTimeoutMs !== undefined && { caseTimeoutMs }),
    });
  });
}
