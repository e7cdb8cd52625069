import { expect, test } from "vitest";
import { memoryBackend } from "../src/memory/memory.ts";

test("a stored value is loaded, listed and moved", async () => {
  const backend = memoryBackend();
  await backend.create();
  await backend.open();
  await backend.store("data/a", new Uint8Array([1, 2, 3]));
  expect(await backend.load("data/a", { offset: -2 })).toEqual(new Uint8Array([2, 3]));
  await backend.move("data/a", "data/b");
  const names: string[] = [];
  for await (const page of backend.list("", { recursive: true })) names.push(...page.map((item) => item.name));
  expect(names).toEqual(["data/b"]);
  await backend.close();
});
