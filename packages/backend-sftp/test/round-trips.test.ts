import { startFaultProxy, type FaultProxy } from "@borgstore/backend-testkit";
import { Store, type Backend } from "@borgstore/core";
import { fullScope, opensshAvailable, opensshReason, requirePeer, startSshd } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend, type SftpBackendOptions, type SftpOptions } from "../src/index.ts";
import { newDirectory } from "./fresh-directory.ts";
import { startInProcess } from "./in-process.ts";

/** A server behind a proxy that counts. */
interface Place {
  readonly proxy: FaultProxy;
  /** Options for a storage at a path of the server, over the proxy. */
  options(path: string, more?: SftpOptions): SftpBackendOptions;
  stop(): Promise<void>;
}

/** Nothing but the operation uses the connection, and held bytes are no silence. */
const quiet = { keepaliveIntervalMs: 0, stallTimeoutMs: 100_000, requestTimeoutMs: 100_000 };

const small = new Uint8Array(1000).fill(7);
const mebibyte = new Uint8Array(1024 * 1024).fill(9);

async function inProcessPlace(): Promise<Place> {
  const started = await startInProcess();
  const proxy = await startFaultProxy({ port: started.server.port });
  const knownHosts = join(started.home, "known_hosts");
  const lines = started.server.hostKeyLines.map((key) => `[127.0.0.1]:${proxy.port} ${key}\n`);
  fs.writeFileSync(knownHosts, lines.join(""));
  return {
    proxy,
    options: (path, more) => ({
      ...started.options(path, { ...quiet, ...more, sshOptions: { UserKnownHostsFile: knownHosts } }),
      port: proxy.port,
    }),
    stop: async () => {
      await proxy.close();
      await started.stop();
    },
  };
}

async function opensshPlace(transport: "ssh2" | "openssh"): Promise<Place> {
  const directory = newDirectory();
  const sshd = await startSshd({ directory });
  const proxy = await startFaultProxy({ port: sshd.port });
  const knownHosts = join(directory, "known_hosts_of_proxy");
  const lines = sshd.hostKeyFiles.map(
    (file) => `[127.0.0.1]:${proxy.port} ${fs.readFileSync(`${file}.pub`, "utf8")}`,
  );
  fs.writeFileSync(knownHosts, lines.join(""));
  return {
    proxy,
    options: (path, more) => ({
      host: "127.0.0.1",
      port: proxy.port,
      path: join(directory, path),
      transport,
      sshConfigFile: sshd.sshConfigFile,
      ...quiet,
      ...more,
      sshOptions: { UserKnownHostsFile: knownHosts },
    }),
    stop: async () => {
      await proxy.close();
      await sshd.stop();
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Operation {
  readonly title: string;
  /** How often something must come back; exactly. */
  readonly roundTrips: number;
  readonly prepare?: (backend: Backend) => Promise<unknown>;
  readonly work: (backend: Backend) => Promise<unknown>;
}

const operations: readonly Operation[] = [
  {
    title: "a small value is stored in three",
    roundTrips: 3,
    prepare: (backend) => backend.mkdir("a"),
    work: (backend) => backend.store("a/new", small),
  },
  {
    title: "a small value replaces another in three",
    roundTrips: 3,
    prepare: (backend) => backend.store("b/old", small),
    work: (backend) => backend.store("b/old", small),
  },
  {
    title: "an empty value is stored in three",
    roundTrips: 3,
    prepare: (backend) => backend.mkdir("c"),
    work: (backend) => backend.store("c/empty", new Uint8Array()),
  },
  {
    title: "missing directories cost one more, however many they are",
    roundTrips: 4,
    work: (backend) => backend.store("d/many/missing/ones/new", small),
  },
  {
    title: "a whole value is loaded in two",
    roundTrips: 2,
    prepare: (backend) => backend.store("e/value", small),
    work: (backend) => backend.load("e/value"),
  },
  {
    title: "a part of a value is loaded in two",
    roundTrips: 2,
    prepare: (backend) => backend.store("f/value", small),
    work: (backend) => backend.load("f/value", { offset: 100, size: 50 }),
  },
  {
    title: "the end of a value is loaded in two",
    roundTrips: 2,
    prepare: (backend) => backend.store("g/value", small),
    work: (backend) => backend.load("g/value", { offset: -100 }),
  },
  {
    title: "a value is loaded in pieces in two",
    roundTrips: 2,
    prepare: (backend) => backend.store("w/value", small),
    work: async (backend) => {
      for await (const piece of backend.loadStream("w/value")) expect(piece).toEqual(small);
    },
  },
  {
    title: "a value of 1 MiB is stored in as many as a small one",
    roundTrips: 3,
    prepare: (backend) => backend.mkdir("large"),
    work: (backend) => backend.store("large/stored", mebibyte),
  },
  {
    title: "a value of 1 MiB is loaded in as many as a small one",
    roundTrips: 2,
    prepare: (backend) => backend.store("large/loaded", mebibyte),
    work: (backend) => backend.load("large/loaded"),
  },
  {
    title: "that a value is missing is known after one",
    roundTrips: 1,
    // Just seen there, so that nothing is asked for but the object.
    prepare: async (backend) => await backend.load("h/missing").catch(() => undefined),
    work: (backend) => expect(backend.load("h/missing")).rejects.toMatchObject({ code: "NOT_FOUND" }),
  },
  {
    title: "info takes one",
    roundTrips: 1,
    prepare: (backend) => backend.store("i/value", small),
    work: (backend) => backend.info("i/value"),
  },
  {
    title: "info of what is missing takes one",
    roundTrips: 1,
    work: (backend) => backend.info("j/missing"),
  },
  {
    title: "delete takes one",
    roundTrips: 1,
    prepare: (backend) => backend.store("k/value", small),
    work: (backend) => backend.delete("k/value"),
  },
  {
    title: "move takes two",
    roundTrips: 2,
    prepare: (backend) => backend.store("l/value", small),
    work: (backend) => backend.move("l/value", "l/moved"),
  },
  {
    title: "move into a missing directory takes four",
    roundTrips: 4,
    prepare: (backend) => backend.store("m/value", small),
    work: (backend) => backend.move("m/value", "n/deep/moved"),
  },
  {
    title: "storing only if absent takes three, after the first time",
    roundTrips: 3,
    prepare: (backend) => backend.store("o/first", small, { ifAbsent: true }),
    work: (backend) => backend.store("o/second", small, { ifAbsent: true }),
  },
  {
    title: "refusing what is there already takes one to tell and one to clean up",
    roundTrips: 2,
    prepare: (backend) => backend.store("p/taken", small, { ifAbsent: true }),
    work: (backend) =>
      expect(backend.store("p/taken", small, { ifAbsent: true })).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
      }),
  },
  {
    title: "moving only if absent takes three",
    roundTrips: 3,
    prepare: (backend) => backend.store("q/first", small, { ifAbsent: true }),
    work: (backend) => backend.move("q/first", "q/moved", { ifAbsent: true }),
  },
  {
    title: "a small directory is listed in two",
    roundTrips: 2,
    prepare: (backend) => storeMany(backend, "r", 20),
    work: (backend) => listAll(backend, "r", false),
  },
  {
    title: "a hundred values are deleted in one",
    roundTrips: 1,
    prepare: (backend) => storeMany(backend, "s", 100),
    work: (backend) => backend.deleteMany(Array.from({ length: 100 }, (_each, at) => `s/${at}`)),
  },
  {
    title: "quota takes one",
    roundTrips: 1,
    work: (backend) => backend.quota(),
  },
  {
    title: "a value is hashed in two where the server does not hash itself, as it is loaded in pieces",
    roundTrips: 2,
    // The first time it is asked whether it does.
    prepare: async (backend) => {
      await backend.store("t/value", small);
      await backend.hash("t/value");
    },
    work: (backend) => backend.hash("t/value"),
  },
  {
    title: "a directory is made in one, with those above it",
    roundTrips: 1,
    work: (backend) => backend.mkdir("u/with/others"),
  },
  {
    title: "a directory is removed in one",
    roundTrips: 1,
    prepare: (backend) => backend.mkdir("v"),
    work: (backend) => backend.rmdir("v"),
  },
];

async function storeMany(backend: Backend, directory: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_each, at) => backend.store(`${directory}/${at}`, small)));
}

async function listAll(backend: Backend, name: string, recursive: boolean): Promise<number> {
  let count = 0;
  for await (const page of backend.list(name, { recursive })) count += page.length;
  return count;
}

function register(title: string, start: () => Promise<Place>): void {
  describe(`round trips ${title}`, () => {
    let place: Place;
    let backend: Backend;
    let opened: Backend[] = [];

    beforeAll(async () => {
      place = await start();
      backend = await open("store", { durability: "none" });
    });

    afterAll(async () => {
      for (const each of opened) await each.close();
      opened = [];
      await place.stop();
    });

    async function open(path: string, options: SftpOptions): Promise<Backend> {
      const made = sftpBackend(place.options(path, options));
      await made.create();
      await made.open();
      opened.push(made);
      return made;
    }

    async function count(work: () => Promise<unknown>): Promise<number> {
      return (await place.proxy.countRoundTrips(work)).roundTrips;
    }

    for (const { title: behaviour, prepare, work, roundTrips } of operations) {
      test(`counted: ${behaviour}`, async () => {
        await prepare?.(backend);
        expect(await count(() => work(backend))).toBe(roundTrips);
      });
    }

    test("64 directories are listed recursively in few", async () => {
      await Promise.all(Array.from({ length: 64 }, (_each, at) => backend.store(`tree/${at}/value`, small)));
      let found = 0;
      const roundTrips = await count(async () => {
        found = await listAll(backend, "tree", true);
      });
      expect(found).toBe(64);
      // Mostly ten: two for the directory itself, and two for each 16 of those in it.
      expect(roundTrips).toBeLessThanOrEqual(16);
    });

    test("with durability each, a store costs the two more that its directory is synced with", async () => {
      const each = await open("each", { durability: "each" });
      await each.store("a/first", small);
      expect(await count(() => each.store("a/second", small))).toBe(5);
    });

    test("with durability sync, a store costs nothing more, and many are synced together", async () => {
      const synced = await open("synced", { durability: "sync" });
      await synced.mkdir("a");
      await synced.sync();
      expect(await count(() => synced.store("a/value", small))).toBe(3);
      await storeMany(synced, "a", 32);
      expect(await count(() => synced.sync())).toBeLessThanOrEqual(12);
    });

    test("a store with nested names costs what its backend does", async () => {
      const nested = sftpBackend(place.options("nested", { durability: "none" }));
      const store = new Store({ backend: nested, namespaces: { "data/": { levels: [2] } } });
      await store.create();
      await store.open();
      opened.push(nested);
      expect(await count(() => store.store("data/abcd01", small))).toBe(4);
      expect(await count(() => store.store("data/abcd02", small))).toBe(3);
      expect(await count(() => store.load("data/abcd01"))).toBe(2);
      expect(await count(() => store.load("data/abcd01", { offset: 10, size: 10 }))).toBe(2);
      expect(await count(() => store.info("data/abcd01"))).toBe(1);
      expect(await count(() => store.delete("data/abcd01"))).toBe(1);
    });
  });
}

const full = fullScope("what is sent does not depend on Node");

describe.skipIf(full.isLeftOut)(`the server in this process${full.tag}`, () => {
  register("over ssh2", inProcessPlace);
});

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());

describe.skipIf(!openssh.available || full.isLeftOut)(`OpenSSH ${openssh.tag}${full.tag}`, () => {
  register("over ssh2", () => opensshPlace("ssh2"));
  register("over the ssh program", () => opensshPlace("openssh"));
});
