import assert from "node:assert/strict";
import type { ConformanceCase } from "../conformance-case.ts";

function isAmount(value: number): boolean {
  return value === -1 || (Number.isFinite(value) && value >= 0);
}

/** quota. */
export const quotaCases: readonly ConformanceCase[] = [
  {
    id: "quota/amounts",
    title: "limit and usage are bytes, or −1 where there is none",
    run: async ({ backend, random }) => {
      await backend.store("data/a", random.bytes(1_000));
      const { limit, usage } = await backend.quota();
      assert.ok(isAmount(limit), `limit ${limit}`);
      assert.ok(isAmount(usage), `usage ${usage}`);
    },
  },
];
