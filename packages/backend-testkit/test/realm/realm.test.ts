import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage, runInBareRealm } from "../../../core/test/realm/run-in-bare-realm.ts";

const packages = path.resolve(import.meta.dirname, "../../..");
let built: string;

beforeAll(async () => {
  built = await mkdtemp(path.join(tmpdir(), "borgstore-realm-"));
  for (const name of ["core", "backend-testkit"]) {
    await buildPackage(path.join(packages, name), path.join(built, name));
  }
}, 240_000);

afterAll(async () => {
  await rm(built, { recursive: true, force: true });
});

interface Report {
  readonly nodeGlobals: readonly string[];
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

test("core passes the conformance suite where there is nothing of Node but the suite's assertions", async () => {
  const testkit = path.join(built, "backend-testkit");
  const report = (await runInBareRealm({
    entry: path.join(import.meta.dirname, "conformance.mjs"),
    packages: {
      "@borgstore/core": path.join(built, "core/index.js"),
      "@borgstore/backend-testkit": path.join(testkit, "index.js"),
    },
    provided: { [testkit + path.sep]: ["node:assert/strict"] },
  })) as Report;
  expect(report.failures).toEqual([]);
  expect(report.nodeGlobals).toEqual([]);
  expect(report.outcomes["failed"]).toBeUndefined();
  expect(report.outcomes["passed"]).toBeGreaterThan(150);
}, 120_000);
