import { nodeHashers, type DriverListOptions } from "@borgstore/core";
import * as crypto from "node:crypto";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { hashFile } from "../src/hash-file.ts";
import { listDirectory, listTree } from "../src/list-directory.ts";
import { loadFile } from "../src/load-file.ts";
import { quotaOf } from "../src/quota.ts";
import type { Remote } from "../src/remote.ts";
import { loadPieces } from "../src/streams.ts";
import { fakeRemote, type FakeAnswer } from "./fake-rcd.ts";

// What rclone answers now and then, and a test cannot make it answer.

const directories = { Features: { CanHaveEmptyDirectories: true }, Hashes: [] };
const value = Buffer.from("0123456789");
const ranged = { "accept-ranges": "bytes" };

/** As rclone says that it cannot open an object, whatever the reason. */
function notOpened(response: ServerResponse): undefined {
  response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Not Found\n");
}

function failed(response: ServerResponse, error: string, status = 500): undefined {
  response.writeHead(status).end(JSON.stringify({ error, input: null, path: "", status }));
}

async function streamed(remote: Remote, options = {}): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of loadPieces(remote, "a", options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Both ways to load. */
const loads = [
  ["a load", (remote: Remote, options = {}) => loadFile(remote, "a", options)],
  ["a stream", streamed],
] as const;

describe.each(loads)("%s", (_title, load) => {
  const item = { Path: "a", Name: "a", Size: 10, ModTime: "", IsDir: false };

  test.each([{}, { offset: 2, size: 3 }, { offset: -3 }])(
    "of an object that is deleted while it is opened finds it missing, with %j",
    async (options) => {
      const { remote } = await fakeRemote(directories, ({ kind }, response) => {
        if (kind === "stat") return { item: null };
        return kind === "GET" ? notOpened(response) : undefined;
      });
      const { remote: other } = await fakeRemote(directories, ({ kind, headers }, response) => {
        if (kind === "stat") return { item: null };
        if (headers.range === "bytes=0-0") return failed(response, "object not found", 404);
        return notOpened(response);
      });
      await expect(load(options.offset === undefined ? remote : other, options)).rejects.toMatchObject({
        code: "NOT_FOUND",
        key: "a",
      });
    },
  );

  test("of an object that is there and cannot be opened may be repeated", async () => {
    const { remote, calls } = await fakeRemote(directories, ({ kind }, response) =>
      kind === "stat" ? { item } : notOpened(response),
    );
    await expect(load(remote)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      message: expect.stringContaining("Not Found") as unknown,
    });
    expect(calls).toEqual(["GET", "stat"]);
  });

  test("from a service that ignores ranges is cut out of everything", async () => {
    const { remote, calls } = await fakeRemote(directories, (_call, response) => {
      response.writeHead(200, { ...ranged, "content-length": 10 }).end(value);
      return undefined;
    });
    const part = await load(remote, { offset: 2, size: 3 });
    expect(Buffer.from(part).toString()).toBe("234");
    expect(calls).toEqual(["GET"]);
  });

  test("of a value without a length is refused: nobody would know whether all of it is there", async () => {
    const { remote } = await fakeRemote(directories, (_call, response) => {
      response.writeHead(200, ranged);
      response.end(value);
      return undefined;
    });
    await expect(load(remote)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  test("takes nothing from what does not serve objects", async () => {
    const { remote } = await fakeRemote(directories, (_call, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>");
      return undefined;
    });
    await expect(load(remote)).rejects.toMatchObject({ code: "UNEXPECTED" });
  });

  test("refuses another part than was asked for", async () => {
    const { remote } = await fakeRemote(directories, ({ kind }, response) => {
      if (kind === "stat") return { item };
      response.writeHead(206, { ...ranged, "content-range": "bytes 5-6/10", "content-length": 2 }).end("56");
      return undefined;
    });
    await expect(load(remote, { offset: 2, size: 3 })).rejects.toMatchObject({ code: "INTEGRITY" });
  });

  test("that is refused a password says whose it is", async () => {
    const { remote } = await fakeRemote(directories, (_call, response) => {
      response.writeHead(401).end("Unauthorized");
      return undefined;
    });
    await expect(load(remote)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.stringContaining("password that it was started with") as unknown,
    });
  });
});

/** An answer that announces more than it sends, so often. */
function cutOff(times: number): FakeAnswer {
  let left = times;
  return (_call, response) => {
    if (left-- > 0) {
      response.writeHead(200, { ...ranged, "content-length": 20 });
      response.write(value, () => response.destroy());
    } else {
      response.writeHead(200, { ...ranged, "content-length": 10 }).end(value);
    }
    return undefined;
  };
}

describe("a value that is replaced while it is loaded", () => {
  test("is asked for again", async () => {
    const { remote, calls } = await fakeRemote(directories, cutOff(4));
    expect(Buffer.from(await loadFile(remote, "a", {})).toString()).toBe("0123456789");
    expect(calls).toHaveLength(5);
  });

  test("but not for ever", async () => {
    const { remote, calls } = await fakeRemote(directories, cutOff(100));
    await expect(loadFile(remote, "a", {})).rejects.toMatchObject({ code: "CONNECTION", retryable: true });
    expect(calls).toHaveLength(5);
  });

  test("in pieces fails, as some of them are the reader's already", async () => {
    const { remote } = await fakeRemote(directories, cutOff(1));
    await expect(streamed(remote)).rejects.toMatchObject({ code: "CONNECTION", retryable: true });
  });
});

describe("a hash", () => {
  const hashers = nodeHashers(crypto);
  const digest = crypto.createHash("md5").update(value).digest("hex");
  const features = { Features: {}, Hashes: ["md5"] };

  async function hashed(hashes: unknown): Promise<readonly [digest: string, calls: readonly string[]]> {
    const { remote, calls } = await fakeRemote(features, ({ kind }, response) => {
      if (kind === "stat") return { item: { Size: 10, Hashes: hashes } };
      response.writeHead(200, { ...ranged, "content-length": 10 }).end(value);
      return undefined;
    });
    return [await hashFile(remote, "a", "md5", hashers, {}), calls];
  }

  test.each([{ md5: "0123456789abcdef0123456789abcdef" }, { md5: "0123456789ABCDEF0123456789ABCDEF" }])(
    "that the remote tells is taken: %j",
    async (hashes) => {
      expect(await hashed(hashes)).toEqual(["0123456789abcdef0123456789abcdef", ["stat"]]);
    },
  );

  // As of what was uploaded in parts.
  test.each([undefined, {}, { md5: "" }, { md5: "ERROR" }, { md5: "ab-2" }, { sha1: "ab" }])(
    "that it does not tell is that of what it sends: %j",
    async (hashes) => {
      expect(await hashed(hashes)).toEqual([digest, ["stat", "GET"]]);
    },
  );

  test("of a missing object is missing", async () => {
    const { remote } = await fakeRemote(features, ({ kind }, response) =>
      kind === "stat" ? { item: null } : failed(response, "object not found", 404),
    );
    await expect(hashFile(remote, "a", "md5", hashers, {})).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("quota", () => {
  const about = { Features: { About: true }, Hashes: [] };

  test.each([
    [
      { total: 100, used: 30, free: 70 },
      { limit: 100, usage: 30 },
    ],
    // Reserved space is nobody's: what is used and free counts.
    [
      { total: 100, used: 30, free: 60 },
      { limit: 90, usage: 30 },
    ],
    [{ total: 100 }, { limit: 100, usage: -1 }],
    [{ used: 30 }, { limit: -1, usage: 30 }],
    [
      { total: 100, used: 30 },
      { limit: 100, usage: 30 },
    ],
    [{ free: 60 }, { limit: -1, usage: -1 }],
    [{}, { limit: -1, usage: -1 }],
    [
      { total: null, used: "30", free: -1 },
      { limit: -1, usage: -1 },
    ],
    [
      { used: 1.5, free: 1 },
      { limit: -1, usage: -1 },
    ],
    [
      { used: 0, free: 0 },
      { limit: 0, usage: 0 },
    ],
  ])("of %j is %j", async (answer, quota) => {
    const { remote } = await fakeRemote(about, () => answer);
    expect(await quotaOf(remote, { signal: undefined })).toEqual(quota);
  });

  test("is unknown where the service announces it and refuses", async () => {
    for (const text of ["doesn't support about", `couldn't find method "operations/about"`]) {
      const { remote } = await fakeRemote(about, (_call, response) => failed(response, text));
      expect(await quotaOf(remote, { signal: undefined })).toEqual({ limit: -1, usage: -1 });
    }
  });

  test("is asked for only where it is announced", async () => {
    const { remote, calls } = await fakeRemote(directories, () => ({ total: 100 }));
    expect(await quotaOf(remote, { signal: undefined })).toEqual({ limit: -1, usage: -1 });
    expect(calls).toEqual([]);
  });

  test("fails when the service cannot be reached", async () => {
    const { remote } = await fakeRemote(about, (_call, response) =>
      failed(response, "dial tcp: i/o timeout"),
    );
    await expect(quotaOf(remote, { signal: undefined })).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

const options: DriverListOptions = { sizes: true };
const file = (path: string, more = {}): object => ({
  Path: path,
  Name: path.replace(/.*\//, ""),
  Size: 1,
  ModTime: "2026-01-02T03:04:05.678901234Z",
  IsDir: false,
  ...more,
});
const directory = (path: string): object => file(path, { Size: -1, IsDir: true });

async function listed(
  lister: typeof listDirectory,
  answer: FakeAnswer,
  features: object = directories,
): Promise<string[]> {
  const { remote } = await fakeRemote(features as Record<string, unknown>, answer);
  const names: string[] = [];
  for await (const page of lister(remote, "", options, () => undefined)) {
    names.push(...page.map(({ name, isDirectory }) => (isDirectory ? `${name}/` : name)));
  }
  return names;
}

describe("a listing", () => {
  test("is in order, a directory comparing as with its slash, whatever the order of rclone is", async () => {
    const list = [file("b"), directory("a"), file("a-"), file("a0"), directory("B"), file("a.")];
    expect(await listed(listDirectory, () => ({ list }))).toEqual(["B/", "a-", "a.", "a/", "a0", "b"]);
  });

  test("has each name once, also where the service has two objects of it", async () => {
    const list = [file("a"), file("b"), file("a", { Size: 2 }), directory("c"), directory("c"), file("c")];
    expect(await listed(listDirectory, () => ({ list }))).toEqual(["a", "b", "c", "c/"]);
  });

  test("has what the remote tells, and no more", async () => {
    const list = [
      file("a", { Size: 5 }),
      file("b", { Size: -1, ModTime: "" }),
      file("c", { ModTime: "yesterday" }),
      { Path: "d", Name: "d" },
      { Path: "nameless" },
    ];
    const { remote } = await fakeRemote(directories, () => ({ list }));
    const { value: page } = await listDirectory(remote, "", options, () => undefined).next();
    expect(page).toEqual([
      {
        name: "a",
        exists: true,
        size: 5,
        isDirectory: false,
        modifiedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      },
      { name: "b", exists: true, size: 0, isDirectory: false },
      { name: "c", exists: true, size: 1, isDirectory: false },
      { name: "d", exists: true, size: 0, isDirectory: false },
    ]);
  });

  test("that ends in the middle fails, and may be repeated", async () => {
    for (const lister of [listDirectory, listTree]) {
      await expect(
        listed(lister, (_call, response) => {
          response.end('{"list":[{"Path":"a","Name":"a"}');
          return undefined;
        }),
      ).rejects.toMatchObject({ code: "INTEGRITY", retryable: true });
    }
  });

  test("of a tree whose subtree is gone meanwhile goes on without it", async () => {
    expect(
      await listed(listTree, ({ kind, parameters }, response) => {
        if (kind === "stat") return { item: null };
        if (parameters["remote"] === "") return { list: [directory("a"), directory("b"), file("c")] };
        if (parameters["remote"] === "a") return failed(response, "directory not found", 404);
        return { list: [file("b/y"), file("b/x")] };
      }),
    ).toEqual(["b/x", "b/y", "c"]);
  });

  test("of a tree fails when a subtree does, whose turn comes later", async () => {
    await expect(
      listed(listTree, ({ parameters }, response) => {
        if (parameters["remote"] === "") return { list: [directory("a"), directory("b")] };
        if (parameters["remote"] === "b") return failed(response, "permission denied");
        return { list: [file("a/x")] };
      }),
    ).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test("of a tree is one call where that costs no more", async () => {
    const features = { Features: { ListR: true, BucketBased: true }, Hashes: [] };
    const list = [file("b/x"), file("a/y"), file("a-")];
    const asked: unknown[] = [];
    const answer: FakeAnswer = ({ parameters }) => {
      asked.push(parameters["opt"]);
      return { list };
    };
    expect(await listed(listTree, answer, features)).toEqual(["a-", "a/y", "b/x"]);
    expect(asked).toEqual([expect.objectContaining({ recurse: true, filesOnly: true })]);
  });

  test("of a tree asks for a few subtrees ahead, and for no more once it is stopped", async () => {
    const names = Array.from({ length: 20 }, (_each, at) => `d${String(at).padStart(2, "0")}`);
    const { remote, calls } = await fakeRemote(directories, ({ parameters }) =>
      parameters["remote"] === ""
        ? { list: names.map(directory) }
        : {
            list: Array.from({ length: 600 }, (_each, at) =>
              file(`${String(parameters["remote"])}/${1000 + at}`),
            ),
          },
    );
    for await (const page of listTree(remote, "", options, () => undefined)) {
      expect(page).toHaveLength(1000);
      break;
    }
    // Two for the page, four ahead of the second, and the directory itself.
    expect(calls.length).toBeLessThanOrEqual(7);
    // What waited for its turn is not asked any more.
    const before = calls.length;
    await remote.delete("a", { signal: undefined });
    expect(calls.slice(before).filter((kind) => kind === "list").length).toBeLessThanOrEqual(1);
  });
});
