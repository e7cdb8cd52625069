import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Workspace } from "../../src/measure/workspace.ts";
import { peerAdapters } from "../../src/peers/adapters.ts";
import { readPeerVersions } from "../../src/peers/install.ts";
import { againstPeers } from "../../src/peers/peer-bars.ts";
import { reasonOf, tryPeer } from "../../src/peers/peers.ts";
import { s3PeerAdapters, s3PeerNames } from "../../src/peers/s3-adapters.ts";
import { sftpPeerAdapters, sftpPeerNames } from "../../src/peers/sftp-adapters.ts";
import { asyncSubject } from "../../src/subjects/async-subject.ts";

const s3Place = {
  endpoint: "http://127.0.0.1:7480",
  region: "us-east-1",
  bucket: "bench",
  accessKeyId: "KEY",
  secretAccessKey: "secret",
};
const sftpPlace = { host: "127.0.0.1", port: 22, user: "me", keyFile: "", home: "", sshConfigFile: "" };

test("the adapters of each bench are those that its bars know", () => {
  expect([...peerAdapters.keys()]).toContain("files-sdk");
  expect([...s3PeerAdapters(s3Place).keys()]).toEqual(s3PeerNames);
  expect(s3PeerNames).toEqual(["flydrive", "unstorage", "opendal", "files-sdk"]);
  expect([...sftpPeerAdapters(sftpPlace, false).keys()]).toEqual(sftpPeerNames);
});

test("every peer is pinned to one version", () => {
  const versions = readPeerVersions();
  for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(Object.keys(versions)).toContain("files-sdk");
});

const importPeer = (name: string): Promise<unknown> => Promise.reject(new Error(`no ${name}`));

test("an adapter of a peer that is not there rejects", async () => {
  for (const adapter of [...peerAdapters.values(), ...s3PeerAdapters(s3Place).values()]) {
    await expect(adapter(importPeer)).rejects.toThrow(/^no /);
  }
});

/** A store in memory that takes note of its calls, and allows so many at a time. */
function memorySubject(done: Set<string>, atOnce: number) {
  return asyncSubject("memory", async () => {
    const values = new Map<string, Uint8Array>();
    let running = 0;
    const call = async <T>(name: string, result: T): Promise<T> => {
      done.add(name);
      if (++running > atOnce) throw new Error("too many at once");
      await Promise.resolve();
      running--;
      return result;
    };
    return {
      store: (key, value) => call("store", values.set(key, value)),
      load: (key) => call("load", values.get(key) ?? new Uint8Array()),
      delete: (key) => call("delete", values.delete(key)),
      close: async () => void done.add("close"),
    };
  });
}

describe("a trial", () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = new Workspace(tmpdir());
  });
  afterEach(() => workspace[Symbol.dispose]());

  test("makes every call that there is, by several callers", async () => {
    const done = new Set<string>();
    await tryPeer(memorySubject(done, 4), workspace);
    expect([...done]).toEqual(["store", "load", "delete", "close"]);
  });

  test("fails as the peer does, which is closed then", async () => {
    const done = new Set<string>();
    await expect(tryPeer(memorySubject(done, 1), workspace)).rejects.toThrow("too many at once");
    expect(done).toContain("close");
  });

  test("has no more callers than the subject takes part with", async () => {
    const done = new Set<string>();
    await tryPeer({ ...memorySubject(done, 1), callers: [1] }, workspace);
    expect(done).toContain("delete");
  });
});

test.each([
  [
    "Cannot find package 'x' imported from /srv/me/.cache/peers/import.mjs",
    "Cannot find package 'x' imported from (a path)",
  ],
  ["no module file:///srv/a/b.mjs here\nand more", "no module (a path) here"],
  ["mkdir: Bad path: /dev/shm/bench-1/3 permission denied", "mkdir: Bad path: (a path) permission denied"],
  ["GET http://127.0.0.1:7480/bench/a: 403", "GET http://127.0.0.1:7480/bench/a: 403"],
  ["Cannot find package '@aws-sdk/client-s3'", "Cannot find package '@aws-sdk/client-s3'"],
])("the reason of %j names no places", (message, reason) => {
  expect(reasonOf(new Error(message))).toBe(reason);
});

test("a bar against peers names them all, and needs at least one", () => {
  expect(againstPeers("s3", "load 1KiB", 16, ["a", "b"])).toMatchObject({
    subject: "Store",
    callers: 16,
    bound: { what: "load 1KiB", callers: 16, subject: "a" },
    orBound: ["b"],
    bounds: "any",
    limit: 1,
  });
  expect(() => againstPeers("s3", "load 1KiB", 16, [])).toThrow(RangeError);
});
