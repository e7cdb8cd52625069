import { forEachConcurrently } from "@borgstore/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formEnd, formStart, formType } from "../src/multipart.ts";
import { Remote } from "../src/remote.ts";
import { connect } from "../src/connect.ts";
import { checkOptions } from "../src/options.ts";
import { upload } from "../src/uploads.ts";
import { local, memory, s3 } from "./remotes.ts";
import { describeAtBoth, type Site } from "./sites.ts";

const boundary = /boundary=(.*)$/.exec(formType)?.[1] ?? "";

/** What stands before the value, with the name in it decoded by the rules of RFC 5987. */
function nameIn(start: Buffer): string {
  const [, name = ""] = /; filename\*=UTF-8''([A-Za-z0-9%._~-]*)\r\n/.exec(start.toString("latin1")) ?? [];
  return decodeURIComponent(name);
}

describe("the form of an upload", () => {
  test("has one part, as RFC 7578 has it", () => {
    const text = Buffer.concat([formStart("name"), Buffer.from("value"), formEnd]).toString("latin1");
    expect(boundary).toMatch(/^borgstore-[0-9a-f-]{36}$/);
    expect(text.split("\r\n")).toEqual([
      `--${boundary}`,
      `Content-Disposition: form-data; name="file"; filename*=UTF-8''name`,
      "Content-Type: application/octet-stream",
      "",
      "value",
      `--${boundary}--`,
      "",
    ]);
  });

  test("has any name in it, whatever its characters are, in what RFC 5987 allows", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
        expect(nameIn(formStart(name))).toBe(name);
      }),
    );
  });
});

/** Names that storages have, and names that forms and URLs would rather not have. */
const oddNames: readonly string[] = [
  "plain",
  'with"quotes"',
  "it's",
  "100%25",
  "%2f",
  "%",
  "back\\slash",
  "a;b=c",
  "a, b",
  " leading",
  "in the middle",
  "a\tb",
  "plus+and&",
  "?q#f",
  "[brackets]",
  "{braces}",
  "<&>",
  "ä ö ü",
  "名前🗄",
  "e\u0301",
  "filename*=UTF-8''x",
  "--borgstore",
  "*",
  "a:b",
  "~",
  "-dash",
  ".hidden",
  "x".repeat(200),
];

/** A directory of that kind. */
const odd = 'in "a" directory';

/** What is stored then. Without the checks of the contract, which has only some of these names. */
async function namesOfUploads(site: Site, names: readonly string[]): Promise<string[]> {
  const path = site.newPath();
  const settings = checkOptions({ ...optionsOf(site, path) });
  const connection = connect({ remote: site.place.options(path).remote }, settings);
  try {
    const remote = await Remote.open(connection.client, connection.fs, undefined);
    await remote.mkdir("", { signal: undefined });
    const found: string[] = [];
    const failure = await forEachConcurrently([...names], 4, async (name) => {
      const call = { signal: undefined, name };
      const value = Buffer.from(`value of ${name}`);
      await upload(remote, `${odd}/${name}`, { value }, call);
      const stat = await remote.stat(`${odd}/${name}`, call);
      if (stat?.size === value.byteLength) found.push(`${odd}/${name}`);
    });
    if (failure !== undefined) throw failure.error;
    return site.place.canLookInside ? await site.namesAt(path) : found.toSorted();
  } finally {
    await connection.close();
  }
}

function optionsOf(site: Site, path: string): { configFile: string; rcloneProgram: string } {
  return { configFile: site.place.options(path).configFile, rcloneProgram: site.program };
}

describeAtBoth(local, (site) => {
  test("the name that is stored is exactly the one that was asked for", async () => {
    expect(await namesOfUploads(site, oddNames)).toEqual(oddNames.map((name) => `${odd}/${name}`).toSorted());
  });

  test.each([0, 1, 64 * 1024, 64 * 1024 + 1, 300_000])(
    "a value of %i bytes is stored as it is",
    async (size) => {
      const { backend } = await site.open();
      // With what ends the form in it, and everything that may be taken for an end.
      const value = Buffer.alloc(size, `\r\n--${boundary.slice(0, -1)}\r\n--`);
      await backend.store("whole", value);
      expect(Buffer.compare(await backend.load("whole"), value)).toBe(0);
      const pieces = [value.subarray(0, size / 3), new Uint8Array(0), value.subarray(size / 3)];
      await backend.storeStream("pieces", pieces);
      expect(Buffer.compare(await backend.load("pieces"), value)).toBe(0);
    },
  );
});

describeAtBoth(s3, (site) => {
  test("the name that is stored is exactly the one that was asked for", async () => {
    expect(await namesOfUploads(site, oddNames)).toEqual(oddNames.map((name) => `${odd}/${name}`).toSorted());
  });
});

describeAtBoth(memory, (site) => {
  test("the name that is stored is exactly the one that was asked for", async () => {
    expect(await namesOfUploads(site, oddNames)).toEqual(oddNames.map((name) => `${odd}/${name}`).toSorted());
  });
});
