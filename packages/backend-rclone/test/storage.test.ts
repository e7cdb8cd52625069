import { StoreError, type Backend, type Capabilities } from "@borgstore/core";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { callsOf } from "./calls.ts";
import { onBuckets, onDirectories, onLocal } from "./register-remote.ts";
import { distributionRclone, local, memory, newestRclone, s3, sftp, webdav, type Remote } from "./remotes.ts";
import { describeAt, describeAtBoth, type Site } from "./sites.ts";

const value = new Uint8Array(10).fill(7);

async function namesAt(backend: Backend): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list("", { recursive: true })) names.push(...page.map(({ name }) => name));
  return names;
}

function registerEverywhere(site: Site, capabilities: Capabilities): void {
  test("a storage is made, opened and removed, and what it can do is known then", async () => {
    const path = site.newPath();
    const backend = site.backend(path);
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND", retryable: false });
    await expect(backend.destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    expect(backend.isOpen).toBe(false);
    await backend.create();
    // Without anything in it, it is taken over.
    await backend.create();
    await backend.open();
    expect(backend.capabilities).toEqual(capabilities);
    expect(await namesAt(backend)).toEqual([]);
    await backend.store("data/a", value);
    expect(await namesAt(backend)).toEqual(["data/a"]);
    await backend.close();
    await expect(backend.create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
    await backend.open();
    expect(await namesAt(backend)).toEqual(["data/a"]);
    await backend.close();
    await backend.destroy();
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    await backend.create();
    await backend.open();
    expect(await namesAt(backend)).toEqual([]);
  });

  test("one that is empty again is still there", async () => {
    const { backend } = await site.open();
    await backend.store("a", value);
    await backend.delete("a");
    await backend.close();
    await backend.open();
    expect(await namesAt(backend)).toEqual([]);
  });

  test("storages whose names begin alike have nothing to do with each other", async () => {
    const { backend, path } = await site.open();
    const { backend: other } = await site.open({}, `${path}2`);
    await backend.store("mine", value);
    await other.store("theirs", value);
    expect(await namesAt(backend)).toEqual(["mine"]);
    await backend.close();
    await backend.destroy();
    expect(await namesAt(other)).toEqual(["theirs"]);
  });
}

function registerPlanted(site: Site, { directories }: Capabilities): void {
  test("on the medium there is what was stored, and a marker where there are no directories", async () => {
    const marker = directories ? [] : ["borgstore.hid"];
    const { backend, path } = await site.open();
    expect(await site.namesAt(path)).toEqual(marker);
    await backend.store("data/a", value);
    expect(await site.namesAt(path)).toEqual([...marker, "data/a"]);
    await backend.close();
    await backend.destroy();
    expect(await site.namesAt(path)).toEqual([]);
  });

  test("a storage that the reference has made and filled, without a marker, is one", async () => {
    const path = site.newPath();
    await site.place.plant(path, "config/manifest", value);
    const backend = site.backend(path);
    await backend.open();
    expect(await namesAt(backend)).toEqual(["config/manifest"]);
    expect(await site.namesAt(path)).toEqual(["config/manifest"]);
  });

  test.each(["a", "data/a", "UPPER", "x.hid", "x.tmp"])(
    "a place with %j in it is not taken over, and stays as it is",
    async (name) => {
      const path = site.newPath();
      await site.place.plant(path, name, value);
      await expect(site.backend(path).create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
      expect(await site.namesAt(path)).toEqual([name]);
    },
  );

  test("removing a storage removes what others have put there, too", async () => {
    const path = site.newPath();
    const names = ["a", "UPPER", "with blank", "ä", "dir/sub/b", "x.tmp", "x.hid", "it's <&>"];
    for (const name of names) await site.place.plant(path, name, value);
    await site.place.plant(`${path}-2`, "b", value);
    await site.backend(path).destroy();
    expect(await site.namesAt(path)).toEqual([]);
    expect(await site.namesAt(`${path}-2`)).toEqual(["b"]);
  });

  test("an object where the storage would be is no storage, and neither it nor others are touched", async () => {
    const path = site.newPath();
    const [above = ""] = path.split("/");
    await site.place.plant(above, "store", value);
    await site.place.plant(above, "other", value);
    const backend = site.backend(path);
    // Also where there are no directories: for rclone what is there is a file.
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    await expect(backend.create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
    await expect(backend.destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    expect(await site.namesAt(above)).toEqual(["other", "store"]);
  });
}

/** Paths that a user may give. */
const odd: readonly string[] = [
  "with blanks/in it",
  "ä/名🗄",
  "100%25/%zz/%2f",
  "quo\"tes'/x",
  "a]b/[c]",
  "]",
  "{a}/<b>&",
  "a,b=c:d",
  "plus+?q#f",
  "back\\slash",
  "trailing/",
];
/** Refused in buckets, where they are names like others: rclone stores under one name and lists under another. */
const untidy: readonly string[] = ["a//b", "a/./b", "//a//"];

function registerPaths(site: Site, paths: readonly string[]): void {
  test.each(paths)("a storage at %j is like any other", async (path) => {
    const { remote: top } = site.place.options("");
    // The place itself would tidy it up.
    const backend = site.backendOf(`${top}${/[/:]$/.test(top) ? "" : "/"}${site.newPath()}/${path}`);
    await backend.create();
    await backend.open();
    await backend.store("data/a+b", value);
    await backend.store("data/a+b", value);
    await backend.move("data/a+b", "data/c%20d");
    expect(await namesAt(backend)).toEqual(["data/c%20d"]);
    expect(await backend.load("data/c%20d")).toEqual(value);
    expect(await backend.load("data/c%20d", { offset: 20 })).toHaveLength(0);
    expect(await backend.info("data/c%20d")).toMatchObject({ exists: true, size: 10 });
    await expect(backend.load("data/a+b")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await backend.close();
    await backend.destroy();
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  });
}

const kinds: readonly (readonly [Remote, Capabilities])[] = [
  [local, onLocal],
  [sftp, onDirectories],
  [s3, onBuckets],
];

for (const [remote, capabilities] of kinds) {
  describeAtBoth(remote, (site) => {
    registerEverywhere(site, capabilities);
    registerPlanted(site, capabilities);
  });
}

describeAt(webdav, distributionRclone, (site) => {
  registerEverywhere(site, onDirectories);
  registerPlanted(site, onDirectories);
});

// That of 1.60 leaves subdirectories out of what it lists below a prefix.
describeAt(memory, newestRclone, (site) => registerEverywhere(site, onBuckets));

describeAtBoth(local, (site) => {
  registerPaths(site, [...odd, ...untidy]);

  test("a path with brackets is the one on the medium", async () => {
    const path = `${site.newPath()}/a]b/[c]/it's "quoted", 100%`;
    const { backend } = await site.open({}, path);
    await backend.store("data/a", value);
    expect(await site.namesAt(path)).toEqual(["data/a"]);
  });

  test("two storages with such paths do not take each other's place", async () => {
    const [one, other] = [
      await site.open({}, `${site.newPath()}/]1`),
      await site.open({}, `${site.newPath()}/]2`),
    ];
    await one.backend.store("a", Buffer.from("one"));
    await other.backend.store("a", Buffer.from("other"));
    expect(Buffer.from(await one.backend.load("a")).toString()).toBe("one");
    expect(Buffer.from(await other.backend.load("a")).toString()).toBe("other");
    expect(await site.namesAt(one.path)).toEqual(["a"]);
    expect(await site.namesAt(other.path)).toEqual(["a"]);
  });

  test("quota is that of the file system", async () => {
    const { backend } = await site.open();
    const { limit, usage } = await backend.quota();
    expect(usage).toBeGreaterThanOrEqual(0);
    expect(limit).toBeGreaterThan(usage);
  });

  describe("what has a storage's name", () => {
    test("may be a file that a link leads to, with others beside it", async () => {
      const { remote } = site.place.options(site.newPath());
      fs.mkdirSync(remote, { recursive: true });
      fs.writeFileSync(`${remote}/file`, "content");
      fs.symlinkSync("file", `${remote}/link`);
      const backend = site.backendOf(`${remote}/link`);
      await expect(backend.create()).rejects.toBeInstanceOf(StoreError);
      await expect(backend.open()).rejects.toBeInstanceOf(StoreError);
      await expect(backend.destroy()).rejects.toBeInstanceOf(StoreError);
      expect(fs.readdirSync(remote)).toEqual(["file", "link"]);
      expect(fs.readFileSync(`${remote}/file`, "utf8")).toBe("content");
    });
  });
});

describeAt(s3, distributionRclone, (site) => {
  registerPaths(site, odd);

  test.each(["a//b", "a/./b"])("a storage at %j is refused", async (path) => {
    const { remote: top } = site.place.options("");
    const backend = site.backendOf(`${top}${/[/:]$/.test(top) ? "" : "/"}${site.newPath()}/${path}`);
    await expect(backend.create()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(backend.open()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("quota is unknown, and nothing is asked for it", async () => {
    const { backend } = await site.open();
    expect(
      await callsOf(async () => expect(await backend.quota()).toEqual({ limit: -1, usage: -1 })),
    ).toEqual({});
  });
});

describeAtBoth(sftp, (site) => registerPaths(site, ["with blanks/ä", "a]b//c", "100%25/it's"]));
describeAt(webdav, distributionRclone, (site) =>
  registerPaths(site, ["with blanks/ä", "a]b", "100%25/it's"]),
);
// Without brackets: they take a process of its own, whose memory is gone when the last backend is closed.
describeAtBoth(memory, (site) => registerPaths(site, ["with blanks/ä", "100%25/it's"]));

describe("the root of a remote", () => {
  for (const program of [distributionRclone, newestRclone]) {
    describeAt(local, program, (site) => {
      test("is a storage like any other, where a remote has one of its own", async () => {
        const path = site.newPath();
        const { remote } = site.place.options(path);
        const backend = site.backendOf(`:alias,remote='${remote}':`);
        await backend.create();
        await backend.open();
        await backend.store("data/a", value);
        expect(await namesAt(backend)).toEqual(["data/a"]);
        expect(await site.namesAt(path)).toEqual(["data/a"]);
        await backend.close();
        await backend.destroy();
        expect(fs.existsSync(remote)).toBe(false);
      });
    });
  }

  describeAtBoth(memory, (site) => {
    test("with buckets is one of them", async () => {
      const { remote } = site.place.options("");
      const backend = site.backendOf(remote.slice(0, remote.indexOf("/")));
      await expect(backend.create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
      const other = site.backendOf(`${remote.slice(0, remote.indexOf("/"))}-2`);
      await other.create();
      await other.open();
      await other.store("data/a", value);
      expect(await other.load("data/a")).toEqual(value);
      await other.close();
      await other.destroy();
      await expect(other.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    });
  });
});

/** Digests, and how they are found. */
function registerHashes(site: Site, calls: Readonly<Record<string, Record<string, number>>>): void {
  test.each(Object.entries(calls))("%s is found by %j", async (algorithm, expected) => {
    const { backend } = await site.open();
    await backend.store("a", value);
    const digest = createHash(algorithm).update(value).digest("hex");
    const made = await callsOf(async () => expect(await backend.hash("a", algorithm)).toBe(digest));
    expect(made).toEqual(expected);
    await expect(backend.hash("missing", algorithm)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
}

describeAtBoth(local, (site) => {
  registerHashes(site, {
    md5: { stat: 1 },
    sha1: { stat: 1 },
    sha256: { stat: 1 },
    "sha3-256": { GET: 1 },
  });
});
describeAt(sftp, distributionRclone, (site) => registerHashes(site, { md5: { GET: 1 }, sha256: { GET: 1 } }));
// Of what is uploaded in parts, as rclone does with what may be cut off, the service has no digest.
describeAt(s3, distributionRclone, (site) =>
  registerHashes(site, { md5: { stat: 1, GET: 1 }, sha256: { GET: 1 } }),
);
