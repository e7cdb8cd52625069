// `pnpm test [FILTERS]`: the tests of all packages through turbo, then which real peers took part and which tests
// failed, then one line with the sums. Further arguments go to turbo, for example `--filter=@borgstore/core` or `--force`.
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { streamTurbo } from "../lib/run.mjs";
import { root, workspacePackages } from "../lib/workspace.mjs";
import { fingerprint } from "./machine.mjs";
import {
  addCounts,
  closingLine,
  collectPeers,
  countTests,
  describeFailures,
  describeLeftOut,
  describePeers,
} from "./summary.mjs";

/** @typedef {import("./summary.mjs").TestResults} TestResults */

const extra = process.argv.slice(2).filter((argument) => argument !== "--");
const tested = workspacePackages()
  .filter(({ manifest }) => manifest.scripts?.["test"] !== undefined)
  .map(({ name, directory }) => ({ name, file: path.join(directory, "test-results.json") }));

// What is there afterwards was written, or brought back from turbo's cache, by this run.
for (const { file } of tested) rmSync(file, { force: true });

process.env["BORGSTORE_TEST_MACHINE"] = fingerprint();
// A result that proves the presence of a peer must be of today. Two packages at a time: many tests wait for children.
const force = process.env["BORGSTORE_REQUIRE_PEERS"] === "1" ? ["--force"] : [];
const exitCode = await streamTurbo([
  "test",
  "--concurrency=2",
  "--continue=dependencies-successful",
  "--ui=stream",
  ...force,
  ...extra,
]);

const reported = tested.filter(({ file }) => existsSync(file));
const silent = tested.filter((one) => !reported.includes(one));
const results = reported.map(
  ({ file }) => /** @type {TestResults} */ (JSON.parse(readFileSync(file, "utf8"))),
);
const counts = addCounts(results.map(countTests));
const problems = [];
if (counts.failed > 0) problems.push("tests failed");
if (exitCode !== 0) problems.push(`turbo ended with exit code ${exitCode}`);
if (counts.passed === 0) problems.push("no test ran");
if (silent.length > 0 && extra.length === 0) {
  problems.push(`no results from ${silent.map(({ name }) => name).join(", ")}`);
}

console.log(`\nNode ${process.version}`);
for (const line of describePeers(collectPeers(results))) console.log(line);
for (const line of describeLeftOut(results)) console.log(line);
for (const line of describeFailures(results, root)) console.log(line);
for (const problem of problems) console.log(`not good: ${problem}`);
// Something that broke outside of a test must not look like success to a reader of the last line.
if (problems.length > 0 && counts.failed === 0) counts.failed = 1;
console.log(closingLine(counts));
if (problems.length > 0) process.exitCode = 1;
