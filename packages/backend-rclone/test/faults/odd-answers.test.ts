import type { Backend, StoreErrorCode } from "@borgstore/core";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { rcloneMeanings } from "../../src/classify.ts";
import { collect, namesOf } from "./contents.ts";
import { FakeRcd, type Answering, type Asked, type FakeKind } from "./fake-rcd.ts";
import { nothingMoreThan, resources } from "./resources.ts";
import { failure, settled } from "./settled.ts";

type Play = (backend: Backend, rcd: FakeRcd) => Promise<void>;

/** Plays with an rclone that answers in its own way after it was opened. */
async function withAnswers(answering: Answering, play: Play, kind: FakeKind = "bucket"): Promise<void> {
  const nothing = resources();
  const rcd = await FakeRcd.start(kind);
  try {
    const backend = rcd.backend({ requestTimeoutMs: 20_000, stallTimeoutMs: 20_000 });
    await backend.open();
    rcd.answering = answering;
    await play(backend, rcd);
    await backend.close();
  } finally {
    await rcd.stop();
  }
  await nothingMoreThan(nothing);
}

/** An answer to one kind of request. */
function to(what: string, answer: (response: ServerResponse, asked: Asked) => void): Answering {
  return (asked, response) => {
    if (asked.what !== what) return false;
    answer(response, asked);
    return true;
  };
}

function text(status: number, body: string, headers: Record<string, string | number> = {}) {
  return (response: ServerResponse): void => void response.writeHead(status, headers).end(body);
}

function json(status: number, body: unknown) {
  return text(status, JSON.stringify(body), { "content-type": "application/json" });
}

/** Announces more than it sends, and gives up the connection. */
function cutOff(status: number, sent: string, headers: Record<string, string | number>) {
  return (response: ServerResponse): void => {
    response.writeHead(status, headers);
    response.write(sent, () => response.destroy());
  };
}

const bytes = { "accept-ranges": "bytes" };
const html = "<html><body>Sign in to the network</body></html>";
const value = Buffer.from("abcdef");
type Case = readonly [
  title: string,
  answering: Answering,
  call: (backend: Backend) => Promise<unknown>,
  code: StoreErrorCode,
];

const wrong: readonly Case[] = [
  ["stat without an item", to("operations/stat", json(200, {})), (b) => b.info("x"), "UNEXPECTED"],
  ["stat with a page", to("operations/stat", text(200, html)), (b) => b.info("x"), "UNEXPECTED"],
  [
    "stat with a text for an item",
    to("operations/stat", json(200, { item: "x" })),
    (b) => b.info("x"),
    "UNEXPECTED",
  ],
  ["a value with a page", to("GET", text(200, html)), (b) => b.load("x"), "UNEXPECTED"],
  ["a stream with a page", to("GET", text(200, html)), (b) => collect(b.loadStream("x")), "UNEXPECTED"],
  [
    "an upload with a page",
    to("operations/uploadfile", text(200, html)),
    (b) => b.store("x", value),
    "UNEXPECTED",
  ],
  [
    "a method that is not there",
    to("operations/stat", json(404, { error: 'couldn\'t find method "operations/stat"' })),
    (b) => b.info("x"),
    "UNSUPPORTED",
  ],
  [
    "a value that is not there",
    to("GET", text(404, "failed to find object: object not found\n")),
    (b) => b.load("x"),
    "NOT_FOUND",
  ],
  [
    "404 for another reason",
    to("GET", text(404, "failed to open: permission denied\n")),
    (b) => b.load("x"),
    "PERMISSION_DENIED",
  ],
  ["404 without a reason", to("GET", text(404, "")), (b) => b.load("x"), "UNAVAILABLE"],
  [
    "a password that it does not know",
    to("operations/stat", text(401, "Unauthorized")),
    (b) => b.info("x"),
    "UNAUTHENTICATED",
  ],
  ["a page as an error", to("operations/stat", text(502, html)), (b) => b.info("x"), "UNAVAILABLE"],
  [
    "a value that is cut off",
    to("GET", cutOff(200, "0123", { ...bytes, "content-length": 10 })),
    (b) => b.load("x"),
    "CONNECTION",
  ],
  [
    "a stream that is cut off",
    to("GET", cutOff(200, "0123", { ...bytes, "content-length": 10 })),
    (b) => collect(b.loadStream("x")),
    "CONNECTION",
  ],
  [
    "a listing that is cut off",
    to("operations/list", cutOff(200, '{"list":[{"Name":"x"}', { "content-length": 100 })),
    (b) => namesOf(b.list("")),
    "CONNECTION",
  ],
  [
    "a listing that ends in the middle",
    to("operations/list", text(200, '{"list":[{"Name":"x"},')),
    (b) => namesOf(b.list("")),
    "INTEGRITY",
  ],
  [
    "a listing that ends in an entry",
    to("operations/list", text(200, '{"list":[{"Name":"x"')),
    (b) => namesOf(b.list("")),
    "INTEGRITY",
  ],
  ["a listing that is empty", to("operations/list", text(200, "")), (b) => namesOf(b.list("")), "INTEGRITY"],
  [
    "a listing that is a page",
    to("operations/list", text(200, html)),
    (b) => namesOf(b.list("")),
    "INTEGRITY",
  ],
  [
    "an answer without end",
    to("operations/stat", text(200, `"${"x".repeat(5_000_000)}"`)),
    (b) => b.info("x"),
    "UNEXPECTED",
  ],
];

describe.skipIf(process.platform !== "linux")("an rclone that answers", () => {
  test.each(wrong)("%s", async (_title, answering, call, code) => {
    const playing = withAnswers(answering, async (backend, rcd) => {
      await failure(call(backend), code);
      // Nothing is left of it on connections that are used again.
      rcd.answering = () => false;
      expect((await backend.load("x")).byteLength).toBe(rcd.value.byteLength);
    });
    await expect(playing).resolves.toBeUndefined();
  });

  const ignoring: readonly (readonly [string, Answering])[] = [
    ["nothing", to("operations/uploadfile", json(200, {}))],
    [
      "less than it was sent",
      (asked, response) => {
        if (asked.what === "HEAD") response.writeHead(200, { "content-length": 3 }).end();
        return asked.what === "HEAD";
      },
    ],
    [
      "nothing, and there was nothing",
      (asked, response) => {
        if (asked.what === "HEAD") response.writeHead(404).end();
        if (asked.what === "operations/stat") json(200, { item: null })(response);
        return ["HEAD", "operations/stat"].includes(asked.what);
      },
    ],
  ];

  test.each(ignoring)("an upload with success and has stored %s", async (_title, answering) => {
    const playing = withAnswers(answering, async (backend) => {
      const error = await failure(backend.store("x", value), "INTEGRITY");
      expect(error).toMatchObject({ key: "x", retryable: true });
      await failure(backend.storeStream("x", [value]), "INTEGRITY");
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("an upload early, and closes the connection: what is left of the source is not asked for", async () => {
    await withAnswers(
      () => false,
      async (backend, rcd) => {
        let asked = 0;
        async function* source(): AsyncGenerator<Uint8Array> {
          for (; asked < 500; asked++) {
            yield new Uint8Array(256 * 1024);
            await Promise.resolve();
          }
        }
        rcd.refusesUploads = true;
        const { error } = await settled(backend.storeStream("x", source()));
        expect(error).toMatchObject({ name: "StoreError" });
        expect(asked).toBeLessThan(500);
      },
    );
  });

  test("everything although a part was asked for: the part is cut out", async () => {
    const everything = to("GET", text(200, "0123456789", { ...bytes, "content-length": 10 }));
    await withAnswers(everything, async (backend) => {
      expect(Buffer.from(await backend.load("x", { offset: 2, size: 3 })).toString()).toBe("234");
      expect(Buffer.from(await backend.load("x", { offset: -3 })).toString()).toBe("789");
      const part = await collect(backend.loadStream("x", { offset: 2, size: 3 }));
      expect(part.toString()).toBe("234");
    });
  });

  test("another part than was asked for: it is not taken for the right one", async () => {
    const another = to(
      "GET",
      text(206, "567", { ...bytes, "content-length": 3, "content-range": "bytes 5-7/10" }),
    );
    const playing = withAnswers(another, async (backend) => {
      await failure(backend.load("x", { offset: 2, size: 3 }), "INTEGRITY");
      await failure(collect(backend.loadStream("x", { offset: 2, size: 3 })), "INTEGRITY");
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("a listing with doubles, with names that are not valid, and with null: each name is there once", async () => {
    const entries = ["b", "a", "b", "in valid", "a", ".tmp/../c"].map((Name) => ({
      Name,
      Path: Name,
      Size: 1,
      IsDir: false,
    }));
    await withAnswers(to("operations/list", json(200, { list: entries })), async (backend, rcd) => {
      expect(await namesOf(backend.list(""))).toEqual(["a", "b"]);
      expect(await namesOf(backend.list("", { recursive: true }))).toEqual(["a", "b"]);
      rcd.answering = to("operations/list", text(200, '{"list":null}'));
      expect(await namesOf(backend.list(""))).toEqual([]);
    });
  });

  // One text for each row, as rclone and its services write them.
  const texts: readonly (readonly [said: string, code: StoreErrorCode])[] = [
    ['couldn\'t find method "operations/x"', "UNSUPPORTED"],
    ["is a directory not a file", "IS_DIRECTORY"],
    ["is a file not a directory", "NOT_A_DIRECTORY"],
    ["directory not empty", "NOT_EMPTY"],
    ["can't purge non directory", "UNSUPPORTED"],
    ["failed to create file system: didn't find section in config file", "INVALID_ARGUMENT"],
    ['didn\'t find backend called "nokind"', "INVALID_ARGUMENT"],
    [
      "couldn't decrypt password: base64 decode failed when revealing password - is it obscured?",
      "INVALID_ARGUMENT",
    ],
    ["corrupted on transfer: sizes differ 6 vs 3", "INTEGRITY"],
    ["couldn't connect SSH: ssh: handshake failed: knownhosts: key mismatch", "HOST_KEY"],
    ["write /x: no space left on device", "NO_SPACE"],
    ["googleapi: Error 403: The user's Drive storage quota has been exceeded", "QUOTA_EXCEEDED"],
    ["InvalidObjectState: The operation is not valid for the object's storage class", "ARCHIVED"],
    ["RequestTimeTooSkewed: The difference between the request time", "CLOCK_SKEW"],
    ["SlowDown: Please reduce your request rate.", "RATE_LIMITED"],
    ["NoSuchBucket: The specified bucket does not exist", "BACKEND_NOT_FOUND"],
    ["SignatureDoesNotMatch: The request signature we calculated does not match", "UNAUTHENTICATED"],
    ["open /x: permission denied", "PERMISSION_DENIED"],
    ["open /x: file name too long", "INVALID_NAME"],
    ["read tcp 127.0.0.1:1->127.0.0.1:2: i/o timeout", "TIMEOUT"],
    ["dial tcp 127.0.0.1:1: connect: connection refused", "CONNECTION"],
    ["couldn't fetch token", "UNAUTHENTICATED"],
    ["something that nobody has thought of", "UNAVAILABLE"],
  ];

  test("500 with a text: the code that it means, by each call", async () => {
    const state = { said: "" };
    const answering: Answering = ({ what }, response) => {
      if (!/^(?:operations\/|GET)/.test(what)) return false;
      json(500, { error: state.said, input: {}, path: what, status: 500 })(response);
      return true;
    };
    await withAnswers(answering, async (backend) => {
      for (const [said, code] of texts) {
        state.said = said;
        const calls: Record<string, () => Promise<unknown>> = {
          info: () => backend.info("x"),
          delete: () => backend.delete("x"),
          store: () => backend.store("x", value),
          list: () => namesOf(backend.list("")),
          load: () => backend.load("x"),
        };
        for (const [title, call] of Object.entries(calls)) {
          const found = (await settled(call(), `${title}: ${said}`)).error as { code?: string } | undefined;
          // What says that there is no object is an answer for some.
          if (code === "NOT_A_DIRECTORY" || code === "IS_DIRECTORY") continue;
          expect(found?.code, `${title}: ${said}`).toBe(code);
        }
      }
    });
    const unknown = rcloneMeanings.filter(({ pattern }) => !texts.some(([said]) => pattern.test(said)));
    expect(unknown.map(({ code }) => code)).toEqual(["NOT_FOUND"]);
  });
});
