import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, StoreError } from "@borgstore/core";
import { expect, test } from "vitest";
import { jsonFile } from "../src/json-file-provider.ts";

const options = { backends: [jsonFile], namespaces: { data: { levels: [2] } } };

test("a store is opened by URL, and what it holds is there when it is opened again", async () => {
  const directory = await mkdtemp(join(tmpdir(), "jsonfile-"));
  try {
    const url = `jsonfile:${join(directory, "store.json")}`;
    {
      await using store = await openStore(url, { ...options, create: true });
      await store.store("data/0123", new Uint8Array([1, 2]));
    }
    await using again = await openStore(url, options);
    expect(await again.load("data/0123")).toEqual(new Uint8Array([1, 2]));
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a URL of another form is refused with the right one", async () => {
  const error: unknown = await openStore("jsonfile:store.json", options).catch((reason: unknown) => reason);
  expect(StoreError.is(error, "INVALID_URL") && error.message).toContain("jsonfile:/absolute/path");
});
