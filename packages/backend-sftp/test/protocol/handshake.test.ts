import { StoreError } from "@borgstore/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { classify } from "../../src/classify.ts";
import { packetType, status } from "../../src/protocol/packet-types.ts";
import { featuresOf } from "../../src/protocol/server-features.ts";
import { Session } from "../../src/session.ts";
import { answers, ScriptedLink } from "./scripted-link.ts";

const limits = { stallMs: 10_000, requestMs: 10_000, longRequestMs: 100_000 };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A session at a server that greets like this; its answers to what follows are those given. */
async function greeted(
  greeting: Buffer,
  ...more: readonly Buffer[]
): Promise<{ session: Session; link: ScriptedLink }> {
  const link = new ScriptedLink();
  const starting = Session.start(link, limits);
  for (const answer of [greeting, ...more]) {
    await new Promise<void>((resolve) => process.nextTick(resolve));
    link.receive(answer);
  }
  return { session: await starting, link };
}

test("the greeting asks for version 3", async () => {
  const { link } = await greeted(answers.version(3));
  expect(link.writes[0]?.toString("hex")).toBe("000000050100000003");
  expect(link.requests).toHaveLength(1);
});

test("a server that answers with a later version is spoken to all the same", async () => {
  const { session } = await greeted(answers.version(6));
  expect(session.isLost).toBe(false);
});

test("what the server announces is known, and what it does not is not", async () => {
  const { session } = await greeted(answers.version(3, ["posix-rename@openssh.com", "x"]));
  expect(["posix-rename@openssh.com", "x", "fsync@openssh.com"].map((name) => session.has(name))).toEqual([
    true,
    true,
    false,
  ]);
});

test("limits are asked for where they are announced", async () => {
  const { session, link } = await greeted(
    answers.version(3, ["limits@openssh.com"]),
    answers.extendedReply(1, (writer) => writer.uint64(262_144).uint64(100_000).uint64(50_000).uint64(100)),
  );
  expect(link.requests.map(({ type }) => type)).toEqual([packetType.init, packetType.extended]);
  expect(session.features).toMatchObject({
    maxReadBytes: 100_000,
    maxWriteBytes: 50_000,
    maxOpenHandles: 50,
  });
});

test("limits that are announced and refused are as if they had not been announced", async () => {
  const { session } = await greeted(
    answers.version(3, ["limits@openssh.com"]),
    answers.status(1, status.opUnsupported),
  );
  expect(session.features).toMatchObject({ maxReadBytes: 32_768, maxWriteBytes: 32_768, maxOpenHandles: 64 });
});

test.each([
  ["nothing", undefined, 32_768, 64],
  ["no limits", { readBytes: 0, writeBytes: 0, openHandles: 0 }, 32_768, 64],
  ["more than is needed", { readBytes: 2 ** 40, writeBytes: 2 ** 40, openHandles: 2 ** 40 }, 261_120, 128],
  ["very little", { readBytes: 1, writeBytes: 1, openHandles: 1 }, 1, 1],
])("a server that tells %s is asked for %s", (_what, announced, bytes, handles) => {
  expect(featuresOf(new Set(), announced)).toEqual({
    extensions: new Set(),
    maxReadBytes: bytes,
    maxWriteBytes: bytes,
    maxOpenHandles: handles,
  });
});

test.each([
  ["that only speaks version 2", answers.version(2), "UNSUPPORTED", /version 2/],
  ["that greets with something else", answers.status(0, status.failure), "UNEXPECTED", /type 101/],
  ["that greets with a text", Buffer.from("Hello, I am a shell\n"), "UNEXPECTED", /start-up script/],
  [
    "whose greeting is cut off",
    Buffer.from([0, 0, 0, 3, packetType.version, 0, 0]),
    "UNEXPECTED",
    /makes no sense/,
  ],
] as const)("a server %s is refused, and the link destroyed", async (_what, greeting, code, message) => {
  const link = new ScriptedLink();
  const starting = Session.start(link, limits).catch((error: unknown) => error);
  link.receive(greeting);
  expect(classify(await starting)).toMatchObject({
    code,
    message: expect.stringMatching(message) as unknown,
  });
  expect(link.destroyedTimes).toBeGreaterThan(0);
});

test("a program that logs in first may say nothing for long: who connects has a limit for that", async () => {
  const link = new ScriptedLink();
  const starting = Session.start(link, limits);
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(link.destroyedTimes).toBe(0);
  link.receive(answers.version(3));
  await starting;
});

test("a link that is lost meanwhile fails the greeting with its reason", async () => {
  const link = new ScriptedLink();
  const starting = Session.start(link, limits);
  link.lose(() => new StoreError("UNAUTHENTICATED"));
  await expect(starting).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("ending in good order leaves time for what is under way, ending at once fails it", async () => {
  const { session, link } = await greeted(answers.version(3));
  await session.end(false);
  expect([link.endedWithin, link.destroyedTimes]).toEqual([2000, 0]);
  const pending = session.client.lstat("a").catch((error: unknown) => error);
  await session.end(true);
  expect(await pending).toMatchObject({ code: "CONNECTION" });
  expect([link.endedWithin, link.destroyedTimes, session.isLost]).toEqual([0, 1, true]);
});
