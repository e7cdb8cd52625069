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

/** Cases that are about the reader more than about the server: left out where others have them. */
export const longCases: Readonly<Record<string, string>> = Object.fromEntries(
  conformanceCases
    .filter(({ isLong }) => isLong === true)
    .map(({ id }) => [id, "thousands of objects are stored with the first kind of server"]),
);

/** What is known about a server. */
export interface Known {
  /** Whether it sees at once what is changed behind its back. */
  readonly seesChanges?: boolean;
  /** Cases that are beyond it, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Registers the conformance suite for one kind of server, which is started when the first case needs it. */
export function register(
  name: string,
  capabilities: Capabilities,
  start: () => Promise<Place>,
  { seesChanges = true, skip = {} }: Known = {},
): void {
  describe(`server of ${name}`, () => {
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
    });
  });
}
