import {
  composeLayers,
  defaultLayers,
  memory,
  openStore,
  StoreError,
  type Backend,
  type RetryOptions,
} from "@borgstore/core";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sftp, sftpBackend } from "../../src/index.ts";
import { inProcess, type InProcess } from "../in-process.ts";
import type { SftpRequestInfo } from "../server/sftp-server-options.ts";
import { mustEqual } from "./checks.ts";
import { bytes, readContents } from "./contents.ts";
import { Killer, type KillPoint } from "./kill-points.ts";
import { operations, prepare } from "./operations.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { failure, settled, until } from "./settled.ts";
import { full } from "./scope.ts";

const limits = { stallTimeoutMs: 3000, requestTimeoutMs: 3000, keepaliveIntervalMs: 0 };
const retry: RetryOptions = { firstDelayMs: 1, maxDelayMs: 5 };
const withinMs = 30_000;

function layered(backend: Backend): Backend {
  return composeLayers(backend, { ...defaultLayers(backend.capabilities), retry });
}

function at({ type, count, when }: KillPoint): string {
  return `${when} ${type} ${count}`;
}

/** A server whose connection dies at a request for which `isHit` says so, once. */
async function dying(
  when: KillPoint["when"],
  isHit: (request: SftpRequestInfo) => boolean,
  meanwhile: (place: InProcess) => void = () => undefined,
): Promise<{ place: InProcess; backend: Backend; directory: string }> {
  let isOver = true;
  const hits = (request: SftpRequestInfo): boolean => {
    if (isOver || !isHit(request)) return false;
    isOver = true;
    meanwhile(place);
    return true;
  };
  const place = await inProcess({
    before: (request) => (when === "before" && hits(request) ? "drop" : "proceed"),
    after: (request) => (when === "after" && hits(request) ? "drop" : "answer"),
  });
  const plain = sftpBackend(place.options("store", limits));
  await plain.create();
  await plain.open();
  const directory = join(place.home, "store");
  prepare(directory);
  isOver = false;
  return { place, backend: layered(plain), directory };
}

const isLink = ({ type, path = "" }: SftpRequestInfo): boolean =>
  type === "extended:hardlink@openssh.com" && path.includes("/data/");

describe.skipIf(full.isLeftOut)(`under the layers that remote backends get${full.tag}`, () => {
  test.each(operations)("$title survives a killed connection at any request", async (operation) => {
    const killer = new Killer();
    const place = await inProcess(killer.hooks);
    const { server, home } = place;
    const directory = join(home, "store");
    const nothing = idleResources();
    const plain = sftpBackend(place.options("store", { ...limits, ...operation.options }));
    await plain.create();
    await plain.open();
    const backend = layered(plain);
    const isQuiet = (): boolean => server.openHandles === 0;
    for (let round = 0; round < 2; round++) {
      prepare(directory);
      server.resetCounts();
      killer.takePoints();
      await operation.run(backend);
      await until(isQuiet);
    }
    for (const point of killer.takePoints()) {
      prepare(directory);
      server.resetCounts();
      const hit = killer.arm(point);
      const { error } = await settled(operation.run(backend), withinMs);
      await settled(hit, withinMs, at(point));
      if (error !== undefined) throw new Error(at(point), { cause: error });
      mustEqual(readContents(directory), operation.after, at(point));
    }
    await backend.close();
    await nothingMoreThan(nothing);
    expect(server.openHandles).toBe(0);
  });

  test("store if absent is not done when somebody else's value is there, whatever was lost before", async () => {
    const theirs = bytes(7, 70);
    const { backend, directory } = await dying("before", isLink, ({ home }) => {
      fs.writeFileSync(join(home, "store/data/new"), theirs);
    });
    await failure(backend.store("data/new", bytes(8, 71), { ifAbsent: true }), "ALREADY_EXISTS");
    expect(Buffer.compare(fs.readFileSync(join(directory, "data/new")), theirs)).toBe(0);
    await backend.close();
  });

  test("store if absent is done when the answer was lost and the value is there", async () => {
    const { backend, directory } = await dying("after", isLink);
    await backend.store("data/new", bytes(8, 71), { ifAbsent: true });
    expect(Buffer.compare(fs.readFileSync(join(directory, "data/new")), bytes(8, 71))).toBe(0);
    await failure(backend.store("data/new", bytes(8, 71), { ifAbsent: true }), "ALREADY_EXISTS");
    await backend.close();
  });

  test("delete of what never was stays NOT_FOUND when only connecting had failed", async () => {
    let losses = 0;
    const place = await inProcess({
      before: ({ type }) => (type === "init" && losses-- > 0 ? "drop" : "proceed"),
    });
    const nothing = idleResources();
    const plain = sftpBackend(place.options("store", limits));
    await plain.create();
    await plain.open();
    const backend = layered(plain);
    // More than the backend itself tries.
    losses = 4;
    place.server.dropConnections();
    await nothingMoreThan(nothing);
    const calls = [
      backend.delete("data/never"),
      backend.move("data/never", "data/other"),
      backend.load("data/never"),
    ];
    await Promise.all(calls.map((call) => failure(call, "NOT_FOUND", withinMs)));
    expect(losses).toBeLessThanOrEqual(0);
    await backend.close();
  });

  test("a store that was opened by its URL does not notice lost connections", async () => {
    const killer = new Killer();
    const place = await inProcess(killer.hooks);
    const nothing = idleResources();
    const { host, port, user, path, ...backendOptions } = place.options("store", limits);
    const url = `sftp://${user ?? ""}@${host}:${port ?? 22}/${path}`;
    const open = { backends: [sftp, memory], namespaces: { data: { levels: [1] } }, backendOptions, retry };
    const lost: readonly KillPoint[] = [
      { type: "init", count: 1, when: "before" },
      { type: "stat", count: 1, when: "after" },
      { type: "mkdir", count: 1, when: "after" },
    ];
    for (const point of lost) {
      place.server.resetCounts();
      void killer.arm(point);
      const store = await openStore(url, { ...open, create: true });
      await store.close();
      fs.rmSync(join(place.home, "store"), { recursive: true });
    }
    killer.disarm();
    const store = await openStore(url, { ...open, create: true });
    const key = "data/00112233";
    const value = bytes(5000, 72);
    const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["extended:posix-rename@openssh.com", () => store.store(key, value)],
      ["read", () => store.load(key)],
      ["extended:posix-rename@openssh.com", () => store.softDelete(key)],
      ["extended:posix-rename@openssh.com", () => store.undelete(key, { overwrite: true })],
      ["remove", () => store.delete(key)],
    ];
    for (const when of ["before", "after"] as const) {
      for (const [type, call] of calls) {
        place.server.resetCounts();
        const hit = killer.arm({ type, count: 1, when });
        const { error } = await settled(call(), withinMs, `${when} ${type}`);
        mustEqual(error, undefined, `${when} ${type}`);
        await settled(hit, withinMs, `the loss ${when} ${type}`);
      }
      await failure(store.load(key), "NOT_FOUND");
    }
    await store.close();
    expect(place.server.openHandles).toBe(0);
    await nothingMoreThan(nothing);
  });

  test("when it does not come back, the last error says that it is over", async () => {
    const place = await inProcess();
    const plain = sftpBackend(place.options("store", limits));
    await plain.create();
    await plain.open();
    const backend = composeLayers(plain, { retry: { ...retry, budgetMs: 50 } });
    await place.server.close();
    const { error } = await settled(backend.load("data/old"), withinMs);
    expect(StoreError.is(error) && [error.code, error.retryable]).toEqual(["CONNECTION", false]);
    await backend.close();
  });
});
