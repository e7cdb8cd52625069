import { expect, test } from "vitest";
import { posixfs, posixfsBackend, type PosixfsOptions } from "../src/index.ts";
import { checkOptions } from "../src/options.ts";

test("everything has a default", () => {
  expect(checkOptions({})).toEqual({
    durability: "sync",
    io: "auto",
    allowLinkedNamespaces: false,
    staleTempAgeMs: 86_400_000,
    concurrency: 16,
    deadlineMs: 60_000,
  });
});

test.each([
  { durability: "always" },
  { io: "async" },
  { staleTempAgeMs: -1 },
  { concurrency: 0 },
  { concurrency: 1.5 },
  { deadlineMs: 0 },
  { deadlineMs: Number.NaN },
  { allowLinkedNamespaces: "yes" },
  { durabilty: "each" },
])("%j is refused", (options) => {
  expect(() => posixfs.fromUrl("file:///srv/store", options as unknown as PosixfsOptions)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

test.each(["relative/path", "", "/with\0nul"])("the path %j is refused", (path) => {
  expect(() => posixfsBackend({ path })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test.each([
  ["sync", true],
  ["each", true],
  ["none", false],
] as const)("durability %s is durable: %s", (durability, durable) => {
  expect(posixfsBackend({ path: "/srv/store", durability }).capabilities.durable).toBe(durable);
});

test("permissions are a layer of the backend", async () => {
  const backend = posixfs.fromUrl("file:///srv/store", { permissions: { "": "lr" } });
  await expect(backend.create()).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
});
