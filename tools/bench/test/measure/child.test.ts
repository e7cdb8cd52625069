import { expect, test } from "vitest";
import { runProbe } from "../../src/measure/child.ts";

test("a program that fails says why", async () => {
  await expect(runProbe("no-such-probe.mjs", [])).rejects.toThrow(/Cannot find module.*no-such-probe/);
});
