import { StoreError, TempNames, type Backend } from "@borgstore/core";
import * as fs from "node:fs";
import http, { type ClientRequest, type RequestOptions } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Remote } from "../src/remote.ts";
import { ReplaceProbe } from "../src/replace-probe.ts";
import { callsOf } from "./calls.ts";
import { distributionRclone, newestRclone, sftp } from "./remotes.ts";
import { describeAt, describeAtBoth, type Site } from "./sites.ts";

const old = Buffer.from("the old value");
const fresh = Buffer.from("the new value");

/** Calls of `movefile` from now on are told before anything of them is sent, counted from one. */
function onMoves(listener: (count: number) => void): void {
  let count = 0;
  const { request } = http;
  const telling = (options: RequestOptions): ClientRequest => {
    if (options.path === "/operations/movefile") listener(++count);
    return request(options);
  };
  // Diagnostics tell of a request when it has been written, and rclone may be faster.
  http.request = telling as typeof request;
  syncBuiltinESMExports();
  onTestFinished(() => {
    http.request = request;
    syncBuiltinESMExports();
  });
}

interface OnMedium {
  /** Puts a directory where the object belongs, which nothing replaces. */
  occupy(): void;
  free(): void;
  /** The value that was put aside. */
  aside(): string;
}

/** Of an object, where the server has it. */
function placeOf(site: Site, path: string, name: string): OnMedium {
  const { remote } = site.place.options(`${path}/${name}`);
  const file = remote.slice(remote.indexOf(":") + 1);
  return {
    occupy: () => fs.mkdirSync(file),
    free: () => fs.rmdirSync(file),
    aside: () => fs.readFileSync(`${file}.hid`, "utf8"),
  };
}

async function listed(backend: Backend): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list("")) names.push(...page.map(({ name }) => name));
  return names;
}

async function loaded(backend: Backend, name: string): Promise<string> {
  return Buffer.from(await backend.load(name)).toString();
}

interface SetUp {
  readonly backend: Backend;
  readonly path: string;
}

/** A storage with an object `a` and another one, that has found out how the remote replaces. */
async function setUp(site: Site): Promise<SetUp> {
  const { backend, path } = await site.open();
  await backend.store("a", fresh);
  await backend.store("a", old);
  return { backend, path };
}

function registerEverywhere(site: Site): void {
  test("nothing is promised", async () => {
    const { backend } = await site.open();
    expect(backend.capabilities).toMatchObject({ atomicReplace: false, atomicMove: false });
  });

  test("a value is replaced by a store and by a move, and nothing else is left", async () => {
    const { backend, path } = await site.open();
    await backend.store("a", old);
    await backend.store("a", fresh);
    expect(await loaded(backend, "a")).toBe("the new value");
    await backend.storeStream("a", [old, old]);
    expect(await loaded(backend, "a")).toBe("the old valuethe old value");
    await backend.store("dir/b", fresh);
    await backend.move("dir/b", "a");
    expect(await loaded(backend, "a")).toBe("the new value");
    await expect(backend.load("dir/b")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await site.namesAt(path)).toEqual(["a", "dir/"]);
  });

  test("without the option nothing is replaced, and the old value stays", async () => {
    const { backend, path } = await site.open({ allowUnsafeReplace: false });
    await backend.store("a", old);
    await backend.store("b", fresh);
    const refusal = {
      code: "UNSUPPORTED",
      retryable: false,
      message: expect.stringMatching(/allowUnsafeReplace/) as unknown,
    };
    await expect(backend.store("a", fresh)).rejects.toMatchObject(refusal);
    await expect(backend.storeStream("a", [fresh])).rejects.toMatchObject(refusal);
    await expect(backend.move("b", "a")).rejects.toMatchObject(refusal);
    expect(await loaded(backend, "a")).toBe("the old value");
    expect(await site.namesAt(path)).toEqual(["a", "b"]);
    await backend.delete("a");
    await backend.move("b", "a");
    expect(await site.namesAt(path)).toEqual(["a"]);
  });

  test("stores of one name at a time from two backends of this process all succeed", async () => {
    const { backend, path } = await site.open();
    const other = site.backend(path);
    await other.open();
    const values = Array.from({ length: 6 }, (_each, at) => Buffer.from(`value ${at}`));
    const stores = values.flatMap((value) => [backend.store("a", value), other.store("a", value)]);
    await Promise.all(stores);
    expect(values.map(String)).toContain(await loaded(backend, "a"));
    expect(await site.namesAt(path)).toEqual(["a"]);
  });

  test("stores into new directories at a time from two backends all succeed", async () => {
    const { backend, path } = await site.open();
    const other = site.backend(path);
    await other.open();
    const names = Array.from({ length: 8 }, (_each, at) => `new/directory/${at}`);
    await Promise.all(names.map((name, at) => (at % 2 === 0 ? backend : other).store(name, fresh)));
    expect(await site.namesAt(path)).toEqual(names);
  });
}

describeAtBoth(sftp, registerEverywhere);

describeAt(sftp, distributionRclone, (site) => {
  test("the old value is put aside, and removed when the new one has its name", async () => {
    const { backend, path } = await setUp(site);
    const during: (readonly string[])[] = [];
    onMoves(() => void site.namesAt(path).then((names) => during.push(names)));
    const calls = await callsOf(() => backend.store("a", fresh));
    expect(calls).toEqual({ GET: 1, uploadfile: 1, HEAD: 1, stat: 1, movefile: 2, deletefile: 1 });
    expect(during.map((names) => names.map((name) => name.replace(/^tmp.*/, "TEMP")))).toEqual([
      ["a", "TEMP"],
      ["a.hid", "TEMP"],
    ]);
    expect(await loaded(backend, "a")).toBe("the new value");
    expect(await site.namesAt(path)).toEqual(["a"]);
  });

  test("what the remote does is found out once, with objects that are removed again", async () => {
    const { backend, path } = await site.open();
    await backend.store("a", old);
    await backend.store("b", old);
    const calls = await callsOf(() => Promise.all([backend.store("a", fresh), backend.store("b", fresh)]));
    // Of three uploads and moves for the question and for each of the names.
    expect(calls).toMatchObject({ uploadfile: 4, movefile: 5, deletefile: 4 });
    expect(await site.namesAt(path)).toEqual(["a", "b"]);
  });

  test("what a crash has left aside is removed when the name is replaced again", async () => {
    const { backend, path } = await setUp(site);
    await site.place.plant(path, "a.hid", Buffer.from("older"));
    expect(await listed(backend)).toEqual(["a"]);
    await backend.store("a", fresh);
    expect(await loaded(backend, "a")).toBe("the new value");
    expect(await site.namesAt(path)).toEqual(["a"]);
  });

  describe("a failure of the second move", () => {
    test("brings the old value back, and leaves nothing else", async () => {
      const { backend, path } = await setUp(site);
      const file = placeOf(site, path, "a");
      onMoves((count) => {
        if (count === 2) file.occupy();
        if (count === 3) file.free();
      });
      await expect(backend.store("a", fresh)).rejects.toBeInstanceOf(StoreError);
      expect(await loaded(backend, "a")).toBe("the old value");
      expect(await site.namesAt(path)).toEqual(["a"]);
    });

    test("that cannot be undone leaves the old value aside, and the next store goes on", async () => {
      const { backend, path } = await setUp(site);
      const file = placeOf(site, path, "a");
      onMoves((count) => {
        if (count === 2) file.occupy();
      });
      await expect(backend.store("a", fresh)).rejects.toBeInstanceOf(StoreError);
      expect(file.aside()).toBe("the old value");
      expect(await site.namesAt(path)).toEqual(["a.hid", "a/"]);
      file.free();
      // A store does not touch what is aside as long as nothing has the name.
      await backend.store("a", fresh);
      expect(await site.namesAt(path)).toEqual(["a", "a.hid"]);
      await backend.store("a", fresh);
      expect(await site.namesAt(path)).toEqual(["a"]);
    });

    test("of a move leaves what was to be moved in its place", async () => {
      const { backend, path } = await setUp(site);
      await backend.store("b", fresh);
      const file = placeOf(site, path, "a");
      onMoves((count) => {
        if (count === 2) file.occupy();
        if (count === 3) file.free();
      });
      await expect(backend.move("b", "a")).rejects.toBeInstanceOf(StoreError);
      expect(await loaded(backend, "a")).toBe("the old value");
      expect(await loaded(backend, "b")).toBe("the new value");
      expect(await site.namesAt(path)).toEqual(["a", "b"]);
    });
  });
});

describeAt(sftp, newestRclone, (site) => {
  test("a value is replaced by one move, once that is known", async () => {
    const { backend, path } = await site.open();
    await backend.store("a", old);
    const first = await callsOf(() => backend.store("a", fresh));
    expect(first).toEqual({ GET: 1, uploadfile: 3, HEAD: 3, movefile: 2, stat: 2, deletefile: 2 });
    const second = await callsOf(() => backend.store("a", old));
    expect(second).toEqual({ GET: 1, uploadfile: 1, HEAD: 1, movefile: 1 });
    expect(await loaded(backend, "a")).toBe("the old value");
    expect(await site.namesAt(path)).toEqual(["a"]);
  });

  test("what somebody has put aside is nobody's business", async () => {
    const { backend, path } = await setUp(site);
    await site.place.plant(path, "a.hid", Buffer.from("older"));
    await backend.store("a", fresh);
    expect(await site.namesAt(path)).toEqual(["a", "a.hid"]);
  });
});

/** A remote in which moving does what is given. */
function fake(move: (objects: Map<string, number>, from: string, to: string) => void, hasDuplicates = false) {
  const objects = new Map<string, number>();
  const asked: string[] = [];
  const remote = {
    features: { hasDuplicates, hashesSlowly: false, isBucketBased: false, hasDirectories: true },
    uploadQuery: (_directory: string) => "",
    client: {
      requests: {
        run: async (_call: unknown, work: (exchange: unknown) => Promise<void>) => await work({}),
      },
      send: async (_exchange: unknown, { write }: { write: (request: unknown) => void }) => {
        write({
          end: (body: Buffer) => {
            const [, name = ""] = /filename\*=UTF-8''(\S+)/.exec(body.toString()) ?? [];
            objects.set(name, body.toString().includes("\r\n\r\n22\r\n") ? 2 : 1);
          },
        });
        return await Promise.resolve({});
      },
      readAnswer: async () => await Promise.resolve({}),
    },
    length: async (name: string) => await Promise.resolve(objects.get(name)),
    stat: async (name: string) => {
      const size = objects.get(name);
      return await Promise.resolve(size === undefined ? undefined : { size });
    },
    move: async (from: string, to: string) => {
      asked.push("move");
      move(objects, from, to);
      await Promise.resolve();
    },
    delete: async (name: string) => {
      await Promise.resolve();
      if (!objects.delete(name)) throw new StoreError("NOT_FOUND");
    },
  };
  const probe = new ReplaceProbe(remote as unknown as Remote, new TempNames());
  return { probe, objects, asked };
}

const replacing = (objects: Map<string, number>, from: string, to: string): void => {
  objects.set(to, objects.get(from) ?? 0);
  objects.delete(from);
};

describe("what the remote does", () => {
  test("is asked once, for all who want to know", async () => {
    const { probe, objects, asked } = fake(replacing);
    expect(await Promise.all([probe.replaces(undefined), probe.replaces(undefined)])).toEqual([true, true]);
    expect(await probe.replaces(undefined)).toBe(true);
    expect(asked).toEqual(["move"]);
    expect(objects.size).toBe(0);
  });

  test.each<readonly [title: string, move: Parameters<typeof fake>[0]]>([
    [
      "refuses",
      () => {
        throw new StoreError("UNAVAILABLE", { detail: "rclone: sftp: SSH_FX_FAILURE" });
      },
    ],
    ["says yes and does nothing", () => undefined],
    ["deletes the old one and keeps the other", (objects, from) => void objects.delete(from)],
    ["copies", (objects, from, to) => void objects.set(to, objects.get(from) ?? 0)],
  ])("does not count as replacing when it %s, and nothing is left there", async (_title, move) => {
    const { probe, objects } = fake(move);
    expect(await probe.replaces(undefined)).toBe(false);
    expect(await probe.replaces(undefined)).toBe(false);
    expect(objects.size).toBe(0);
  });

  test("is asked again after a failure that may pass", async () => {
    let failures = 1;
    const { probe, objects, asked } = fake((...args) => {
      if (failures-- > 0) throw new StoreError("CONNECTION");
      replacing(...args);
    });
    await expect(probe.replaces(undefined)).rejects.toMatchObject({ code: "CONNECTION" });
    expect(objects.size).toBe(0);
    expect(await probe.replaces(undefined)).toBe(true);
    expect(asked).toEqual(["move", "move"]);
  });

  test("is not asked where several objects can have one name", async () => {
    const { probe, asked } = fake(replacing, true);
    expect(await probe.replaces(undefined)).toBe(false);
    expect(asked).toEqual([]);
  });
});
