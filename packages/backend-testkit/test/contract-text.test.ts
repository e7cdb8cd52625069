import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { conformanceCases } from "../src/index.ts";

const contract = await readFile(new URL("../../core/src/backend.ts", import.meta.url), "utf8");

/** Ids in square brackets; `any` stands for every operation, a star for any letters and hyphens. */
const references = [...contract.matchAll(/\[([a-z*-]+\/[a-z*-]+)\]/g)].map((match) => match[1] as string);

function matches(reference: string, id: string): boolean {
  const pattern = reference.replace(/^any\//, "*/").replaceAll("*", "[a-z-]*");
  return new RegExp(`^${pattern}$`).test(id);
}

test("every case id in the contract's text is one of the suite", () => {
  expect(references.length).toBeGreaterThan(100);
  const unknown = references.filter(
    (reference) => !conformanceCases.some(({ id }) => matches(reference, id)),
  );
  expect(unknown).toEqual([]);
});

test("every case of the suite stands behind a sentence of the contract's text", () => {
  const groundless = conformanceCases.filter(
    ({ id }) => !references.some((reference) => matches(reference, id)),
  );
  expect(groundless.map(({ id }) => id)).toEqual([]);
});
