import { conformanceCases, registerConformance } from "@borgstore/backend-testkit";
import type { Backend, Capabilities } from "@borgstore/core";
import { afterAll, describe, it } from "vitest";
import { s3Backend, type S3Options } from "../src/index.ts";
import { optionsFor, Outsider, type Place } from "./place.ts";

interface Setup {
  readonly running: Running;
  readonly prefix: string;
  readonly backend: Backend;
}

/** A server and its bucket, which all cases of one suite use, each with a prefix of its own. */
export interface Running {
  readonly place: Place;
  stop(): Promise<void>;
}

/** What a backend on any service can do. */
const onAnyService: Capabilities = {
  atomicReplace: true,
  atomicMove: false,
  createIfAbsent: "probe",
  directories: false,
  rangedLoad: true,
  nativeHash: true,
  accessTime: false,
  durable: true,
  remote: true,
  concurrency: 32,
};

const thousands = "thousands of objects are stored with the gateway";

/** Cases that take long, and are about the reader more than about the server: left out where others have them. */
export const longCases: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "abort/during-list",
    "delete-many/many",
    "lifecycle/close-iterating",
    "list/at-once",
    "list/deleting",
    "list/deleting-all",
    "list/pages",
    "list/stopped",
    "list/storing",
  ].map((id) => [id, thousands]),
);

const elsewhere =
  "thousands of objects take long; list/deleting, listing.test.ts and requests.test.ts have the pages";

/** Of these, all but the one that only a real server can fail. */
export const longCasesOfReaders: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(longCases)
    .filter((id) => id !== "list/deleting")
    .map((id) => [id, elsewhere]),
);

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
export const casesOfThisSide: Readonly<Record<string, string>> = Object.fromEntries(
  conformanceCases
    .filter(({ id }) => decidedHere.some((pattern) => pattern.test(id)))
    .map(({ id }) => [id, "it is decided on this side, and tried with the server in this process"]),
);

/** What is known about a server. */
export interface Known {
  readonly changes?: Partial<Capabilities>;
  readonly options?: S3Options;
  /** Cases that are beyond it, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Time limit of each step of a case; the suite's own unless it is given. */
  readonly caseTimeoutMs?: number;
}

/** Registers the conformance suite for one server, which is started when the first case needs it. */
export function register(
  name: string,
  start: () => Promise<Running>,
  { changes = {}, options = {}, skip = {}, caseTimeoutMs }: Known = {},
): void {
  // A case has four steps, and the failure of one is to be told by its name.
  const limit = caseTimeoutMs === undefined ? {} : { timeout: 5 * caseTimeoutMs };
  describe(`server of ${name}`, limit, () => {
    let starting: Promise<Running> | undefined;
    let outsider: Outsider | undefined;
    let count = 0;
    afterAll(async () => {
      outsider?.close();
      await (await starting)?.stop();
    });
    registerConformance<Setup>({
      name,
      runner: { describe, it },
      capabilities: { ...onAnyService, ...changes },
      setup: async () => {
        starting ??= start();
        const running = await starting;
        const prefix = `case-${++count}/store`;
        return { running, prefix, backend: s3Backend(optionsFor(running.place, prefix, options)) };
      },
      // The server goes with all that it holds.
      teardown: () => {},
      anotherBackend: ({ running, prefix }) => s3Backend(optionsFor(running.place, prefix, options)),
      plant: async ({ running, prefix }, object, value) => {
        outsider ??= new Outsider(running.place);
        await outsider.put(`${prefix}/${object}`, value);
      },
      skip,
      ...(caseTimeoutMs !== undefined && { caseTimeoutMs }),
    });
  });
}
