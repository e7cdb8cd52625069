import { openStore, Store, type Backend } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer, startSshd, type Sshd } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { sftp, sftpBackend, type SftpOptions } from "../src/index.ts";
import { newDirectory } from "./fresh-directory.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import type { SftpServerOptions } from "./server/sftp-server-options.ts";

const value = new Uint8Array(1000).fill(7);

interface SetUp extends InProcess {
  readonly base: string;
  readonly backend: Backend;
}

/** An open storage on a server in this process. */
async function setUp(options: SftpOptions = {}, server: Partial<SftpServerOptions> = {}): Promise<SetUp> {
  const started = await inProcess(server);
  const backend = sftpBackend(started.options("store", { durability: "none", ...options }));
  onTestFinished(() => backend.close());
  await backend.create();
  await backend.open();
  return { ...started, base: join(started.home, "store"), backend };
}

async function namesIn(backend: Backend, name = "", recursive = true): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list(name, { recursive })) names.push(...page.map((item) => item.name));
  return names;
}

/** Makes a file that is so old. */
function plant(base: string, name: string, ageMs: number): void {
  fs.writeFileSync(join(base, name), "half of it");
  const seconds = (Date.now() - ageMs) / 1000;
  fs.utimesSync(join(base, name), seconds, seconds);
}

interface Connected extends SetUp {
  /** Those that have opened files since they were all there, by number. */
  readonly busy: ReadonlySet<number>;
}

/** A storage with so many connections that can be used. */
async function connected(connections: number): Promise<Connected> {
  const busy = new Set<number>();
  const started = await setUp(
    { connections },
    {
      before: ({ type, connection }) => {
        if (/^(?:lstat|open)$/.test(type)) busy.add(connection);
        return "proceed";
      },
    },
  );
  while (busy.size < connections) {
    await Promise.all(Array.from({ length: 20 }, () => started.backend.info("missing")));
  }
  busy.clear();
  return { ...started, busy };
}

describe("what the reference has stored by sftp", () => {
  test("is found, read, listed, moved and deleted", async () => {
    const { base, backend } = await setUp();
    const nested = join(base, "data/00/01");
    fs.mkdirSync(nested, { recursive: true, mode: 0o755 });
    fs.writeFileSync(join(nested, "00010203"), "value", { mode: 0o644 });
    fs.writeFileSync(join(nested, "00010204.del"), "deleted softly");
    fs.writeFileSync(join(nested, "abcdefgh.tmp"), "left behind by a crash");
    fs.writeFileSync(join(base, "quota.hid"), "not shown");
    const store = new Store({ backend, namespaces: { "data/": { levels: [2] } } });
    expect(Buffer.from(await store.load("data/00010203")).toString()).toBe("value");
    expect(await store.info("data/00010203")).toMatchObject({ exists: true, size: 5 });
    const keys: string[] = [];
    for await (const { name } of store.list("data")) keys.push(name);
    expect(keys).toEqual(["00010203"]);
    expect(await namesIn(backend)).toEqual(["data/00/01/00010203", "data/00/01/00010204.del"]);
    await store.undelete("data/00010204");
    expect(Buffer.from(await store.load("data/00010204")).toString()).toBe("deleted softly");
    await store.delete("data/00010203");
    expect(fs.readdirSync(nested).toSorted()).toEqual(["00010204", "abcdefgh.tmp"]);
  });

  test("is written in the same layout, with the server's permissions", async () => {
    const { base, backend } = await setUp();
    const store = new Store({ backend, namespaces: { "data/": { levels: [2] } } });
    await store.store("data/00010203", value);
    const file = fs.statSync(join(base, "data/00/01/00010203"));
    const umask = process.umask();
    expect([file.size, file.mode & 0o777]).toEqual([1000, 0o666 & ~umask]);
    expect(fs.statSync(join(base, "data/00")).mode & 0o777).toBe(0o777 & ~umask);
  });
});

describe("temporary files that were left behind", () => {
  const hourMs = 3_600_000;

  test("are removed when a listing comes across them, ours and the reference's, and nothing else is", async () => {
    const { base, backend } = await setUp();
    fs.mkdirSync(join(base, "data"));
    const stale = ["tmp0123456789abcdef_1.tmp", "data/abcdefgh.tmp", "data/tmpab_d3fgh.tmp"];
    for (const name of stale) plant(base, name, 25 * hourMs);
    const kept = [
      "ABCDEFGH.tmp",
      "abc.tmp",
      "abcdefghi.tmp",
      "data/a.hid",
      "data/tmpab_d3fgh.TMP",
      "tmp0123456789abcdef_2",
    ];
    for (const name of kept) plant(base, name, 1000 * hourMs);
    plant(base, "tmpyoung0123_1.tmp", 23 * hourMs);
    fs.mkdirSync(join(base, "zyxwvuts.tmp"));
    await namesIn(backend);
    await backend.close();
    const left = fs.readdirSync(base, { recursive: true }).map(String);
    expect(left.toSorted()).toEqual([...kept, "data", "tmpyoung0123_1.tmp", "zyxwvuts.tmp"].toSorted());
  });

  test("are as old as the option says", async () => {
    const { base, backend } = await setUp({ staleTempAgeMs: hourMs });
    plant(base, "abcdefgh.tmp", 2 * hourMs);
    plant(base, "bcdefghi.tmp", hourMs / 2);
    await namesIn(backend, "", false);
    await backend.close();
    expect(fs.readdirSync(base)).toEqual(["bcdefghi.tmp"]);
  });

  test("of this process are in use, however old they seem", async () => {
    const { base, backend } = await setUp({ staleTempAgeMs: 0 });
    let listed: string[] = [];
    const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield value;
      // The file is there, and half written.
      await expect.poll(() => fs.readdirSync(base)).toHaveLength(1);
      listed = await namesIn(backend);
      yield value;
    };
    await backend.storeStream("a", source());
    expect([listed, fs.readdirSync(base)]).toEqual([[], ["a"]]);
    expect(await backend.load("a")).toHaveLength(2000);
  });

  test("are few at a time, and what is left comes next time", async () => {
    const { base, backend } = await setUp();
    for (let count = 0; count < 9; count++) plant(base, `abcdefg${"abcdefghi"[count]}.tmp`, 25 * hourMs);
    await namesIn(backend);
    await backend.quota();
    expect(fs.readdirSync(base)).toHaveLength(5);
    for (let more = 0; more < 2; more++) {
      await namesIn(backend);
      await backend.quota();
    }
    expect(fs.readdirSync(base)).toEqual([]);
  });

  test("that cannot be removed fail nothing", async () => {
    const { base, backend } = await setUp(
      {},
      { before: ({ type }) => (type === "remove" ? { status: 3 } : "proceed") },
    );
    plant(base, "abcdefgh.tmp", 25 * hourMs);
    expect(await namesIn(backend)).toEqual([]);
    await backend.close();
    expect(fs.readdirSync(base)).toEqual(["abcdefgh.tmp"]);
  });
});

describe("a storage that vanishes while it is open", () => {
  test("is told by every operation that needs it, and never made anew", async () => {
    const { base, backend, home } = await setUp();
    await backend.store("data/a", value);
    fs.renameSync(base, join(home, "away"));
    // It is believed for a second that what was seen is still there.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 2000);
    onTestFinished(() => void vi.restoreAllMocks());
    const gone = { code: "BACKEND_NOT_FOUND", retryable: false };
    await expect(backend.load("data/a")).rejects.toMatchObject(gone);
    await expect(backend.hash("data/a")).rejects.toMatchObject(gone);
    await expect(backend.delete("data/a")).rejects.toMatchObject(gone);
    await expect(backend.move("data/a", "data/b")).rejects.toMatchObject(gone);
    await expect(backend.store("data/a", value)).rejects.toMatchObject(gone);
    await expect(backend.store("b", value)).rejects.toMatchObject(gone);
    await expect(backend.store("data/a", value, { ifAbsent: true })).rejects.toMatchObject(gone);
    await expect(backend.mkdir("data")).rejects.toMatchObject(gone);
    await expect(backend.rmdir("data")).rejects.toMatchObject(gone);
    await expect(backend.quota()).rejects.toMatchObject(gone);
    await expect(namesIn(backend)).rejects.toMatchObject(gone);
    await expect(backend.deleteMany(["data/a"])).resolves.toMatchObject([{ error: gone }]);
    expect(fs.readdirSync(home)).toEqual(["away"]);
  });

  test("is not believed to be a file either", async () => {
    const { base, backend } = await setUp();
    fs.rmdirSync(base);
    fs.writeFileSync(base, "a file");
    await expect(backend.store("a", value)).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    expect(fs.readFileSync(base, "utf8")).toBe("a file");
  });
});

describe("storing only if absent", () => {
  test("leaves nothing of the attempt by which it is found out whether it can be", async () => {
    const { base, backend } = await setUp();
    expect(backend.capabilities.createIfAbsent).toBe("probe");
    await Promise.all(["a", "b", "c"].map((name) => backend.store(name, value, { ifAbsent: true })));
    expect(fs.readdirSync(base).toSorted()).toEqual(["a", "b", "c"]);
    expect(fs.statSync(join(base, "a")).nlink).toBe(1);
  });

  test("is refused by name where the server announces hard links and refuses them", async () => {
    const { base, backend, server } = await setUp({}, { extensions: { "hardlink@openssh.com": "refuses" } });
    const refused = {
      code: "UNSUPPORTED",
      message: expect.stringMatching(/hardlink@openssh\.com/) as unknown,
    };
    await expect(backend.store("a", value, { ifAbsent: true })).rejects.toMatchObject(refused);
    const asked = server.requests.get("extended:hardlink@openssh.com");
    await expect(backend.move("a", "b", { ifAbsent: true })).rejects.toMatchObject(refused);
    expect(server.requests.get("extended:hardlink@openssh.com")).toBe(asked);
    expect(fs.readdirSync(base)).toEqual([]);
    await backend.store("a", value);
  });

  test("is refused without an attempt where hard links are not announced", async () => {
    const { backend, server } = await setUp({}, { extensions: { "hardlink@openssh.com": "no" } });
    expect(backend.capabilities.createIfAbsent).toBe(false);
    server.resetCounts();
    await expect(backend.store("a", value, { ifAbsent: true })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
    expect([...server.requests.keys()]).toEqual([]);
  });

  test("is not decided by a link that replaces what is there", async () => {
    // As a server over something else than a file system may do.
    let count = 0;
    const { backend } = await setUp(
      {},
      {
        after: () => "answer",
        before: ({ type }) =>
          type === "extended:hardlink@openssh.com" && ++count > 1 ? { status: 0 } : "proceed",
      },
    );
    await expect(backend.store("a", value, { ifAbsent: true })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });
});

describe("connections", () => {
  test("are one by default, however much there is to do", async () => {
    const { backend, server } = await setUp();
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 50 }, () => backend.info("missing")));
    }
    // The first was that of `create`.
    expect(server.acceptedConnections).toBe(2);
  });

  test("become as many as allowed while there is enough to do, and no more", async () => {
    const { backend, server } = await connected(3);
    const names = Array.from({ length: 60 }, (_each, at) => `a/${at}`);
    await Promise.all(names.map((name) => backend.store(name, value)));
    await Promise.all(names.map((name) => backend.load(name)));
    expect([server.connections, server.acceptedConnections]).toEqual([3, 4]);
    await backend.close();
    await expect.poll(() => server.connections).toBe(0);
  });

  test("share the work", async () => {
    const { backend, busy } = await connected(3);
    await Promise.all(Array.from({ length: 30 }, (_each, at) => backend.store(`b${at}`, value)));
    expect(busy.size).toBe(3);
  });

  test("that are lost are made anew, unnoticed but by what was under way", async () => {
    const { backend, server } = await setUp();
    await backend.store("a", value);
    server.dropConnections();
    await expect.poll(() => server.connections).toBe(0);
    // The client may learn of it by this very call.
    await backend.load("a").catch(() => undefined);
    expect(await backend.load("a")).toEqual(value);
  });
});

test("paths are relative to the login directory, or absolute", async () => {
  const started = await inProcess();
  const { home } = started;
  for (const path of ["relative/deep", join(home, "absolute/deep")]) {
    const backend = sftpBackend(started.options(path, { durability: "none" }));
    await backend.create();
    await backend.open();
    await backend.store("a", value);
    await backend.close();
  }
  expect(fs.readdirSync(join(home, "relative/deep"))).toEqual(["a"]);
  expect(fs.readdirSync(join(home, "absolute/deep"))).toEqual(["a"]);
});

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());

describe.skipIf(!openssh.available)(`at OpenSSH ${openssh.tag}`, () => {
  let sshd: Sshd;
  let directory = "";
  let storages = "";

  beforeAll(async () => {
    directory = newDirectory();
    storages = newDirectory();
    sshd = await startSshd({ directory });
  });

  afterAll(async () => {
    await sshd.stop();
    for (const each of [directory, storages]) fs.rmSync(each, { recursive: true, force: true });
  });

  test.each(["ssh2", "openssh"] as const)("a path may have anything in it, by %s", async (transport) => {
    const name = `it's "my" ${transport} $(store) 100% ä 名 \\n;&|<>*?#[x]~`;
    const url = `sftp://127.0.0.1/${storages}/${encodeURIComponent(name)}`;
    const store = await openStore(url, {
      backends: [sftp],
      create: true,
      namespaces: { "data/": { levels: [1] } },
      backendOptions: { transport, sshConfigFile: sshd.sshConfigFile },
    });
    await store.store("data/abcd", value);
    expect(await store.load("data/abcd")).toEqual(value);
    expect(fs.readdirSync(join(storages, name, "data/ab"))).toEqual(["abcd"]);
    await store.close();
    await store.destroy();
    expect(fs.existsSync(join(storages, name))).toBe(false);
  });
});
