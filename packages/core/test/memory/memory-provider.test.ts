import { expect, test } from "vitest";
import { memory, MemoryStorage } from "../../src/index.ts";

test("memory: is a storage of its own each time", async () => {
  const first = memory.fromUrl("memory:");
  await first.create();
  await expect(memory.fromUrl("memory:").open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
});

test("memory:name is one storage for all that name it", async () => {
  const first = memory.fromUrl("memory:shared-by-name");
  await first.create();
  await first.open();
  await first.store("a", new Uint8Array([7]));
  const second = memory.fromUrl("memory:shared-by-name", { directories: false });
  await second.open();
  expect(await second.load("a")).toEqual(new Uint8Array([7]));
  expect(second.capabilities.directories).toBe(false);
  await expect(memory.fromUrl("memory:another").open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
});

test("a storage handed in comes before the name", async () => {
  const storage = new MemoryStorage();
  await memory.fromUrl("memory:named", { storage }).create();
  expect(storage.exists).toBe(true);
  await expect(memory.fromUrl("memory:named").open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
});

test.each(["memory", "memory:A", "memory://host", "memory:a/b", "memory:a b", "file:///x", "", "memory:a\n"])(
  "%j is refused with the right form",
  (url) => {
    expect(() => memory.fromUrl(url)).toThrow(
      expect.objectContaining({ code: "INVALID_URL", message: expect.stringContaining("memory:name") }),
    );
  },
);

test("says what it is and for which scheme", () => {
  expect(memory).toMatchObject({ name: "memory", schemes: ["memory"] });
  const backend = memory.fromUrl("memory:");
  expect(backend.name).toBe("memory");
  expect(String(backend)).toBe("memory()");
});
