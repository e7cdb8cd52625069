import path from "node:path";
import { stripVTControlCharacters } from "node:util";

/**
 * @typedef {{ fullName?: string, title?: string, status: string, failureMessages?: string[] | null }} Assertion
 * @typedef {{ name?: string, status?: string, message?: string, assertionResults: Assertion[] }} TestFile
 * @typedef {{ testResults: TestFile[] }} TestResults what vitest's JSON reporter writes
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ tookPart: Map<string, number>, missing: Map<string, { reason: string, tests: number }> }} Peers
 */

/**
 * Counts tests. A file that failed without a failed test (it could not be loaded) counts as one failed test.
 *
 * @param {TestResults} results
 * @returns {Counts}
 */
export function countTests(results) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of results.testResults) {
    let failedHere = 0;
    for (const { status } of file.assertionResults) {
      if (status === "passed") counts.passed += 1;
      else if (status === "failed") failedHere += 1;
      else counts.skipped += 1;
    }
    counts.failed += failedHere === 0 && file.status === "failed" ? 1 : failedHere;
  }
  return counts;
}

/**
 * @param {readonly Counts[]} all
 * @returns {Counts}
 */
export function addCounts(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/**
 * Collects the tags `[peer: name]` and `[peer: name: reason]` from the titles of tests.
 *
 * @param {readonly TestResults[]} all
 * @returns {Peers}
 */
export function collectPeers(all) {
  /** @type {Peers} */
  const peers = { tookPart: new Map(), missing: new Map() };
  for (const { testResults } of all) {
    for (const { assertionResults } of testResults) {
      for (const { fullName, title, status } of assertionResults) {
        for (const tag of (fullName ?? title ?? "").matchAll(/\[peer: ([^:\]]+)(?:: ([^\]]+))?\]/g)) {
          const [, name = "", reason] = tag;
          if (reason !== undefined) {
            peers.missing.set(name, { reason, tests: (peers.missing.get(name)?.tests ?? 0) + 1 });
          } else if (status === "passed" || status === "failed") {
            peers.tookPart.set(name, (peers.tookPart.get(name) ?? 0) + 1);
          }
        }
      }
    }
  }
  return peers;
}

/**
 * The lines that say which real peers took part.
 *
 * @param {Peers} peers
 * @returns {string[]}
 */
export function describePeers({ tookPart, missing }) {
  const lines = [...tookPart].map(([name, tests]) => `peer ${name}: took part in ${tests} tests`);
  for (const [name, { reason, tests }] of missing) {
    lines.push(`peer ${name}: missing, ${reason} (${tests} tests skipped)`);
  }
  return lines.length === 0 ? ["no test asked for a real peer"] : lines.toSorted();
}

/**
 * The lines that say what a brief run left out, and why: from the tags `[not in a brief run: reason]` in the titles.
 *
 * @param {readonly TestResults[]} all
 * @returns {string[]}
 */
export function describeLeftOut(all) {
  /** @type {Map<string, number>} */
  const reasons = new Map();
  for (const { fullName, title } of all
    .flatMap(({ testResults }) => testResults)
    .flatMap(({ assertionResults }) => assertionResults)) {
    const reason = /\[not in a brief run: ([^\]]+)\]/.exec(fullName ?? title ?? "")?.[1];
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons]
    .map(([reason, tests]) => `not in this brief run: ${tests} tests or suites, because ${reason}`)
    .toSorted();
}

/** How many failed tests are described, and how much of each: the log of the run has the rest. */
const describedFailures = 10;
const describedLines = 6;
const describedWidth = 300;

/**
 * The lines that say which tests failed, and how: at the end of a long log of several packages they are what is read.
 *
 * @param {readonly TestResults[]} all
 * @param {string} root what the paths of the files are relative to
 * @returns {string[]}
 */
export function describeFailures(all, root) {
  const failures = all
    .flatMap(({ testResults }) => testResults)
    .flatMap((file) => {
      const where = file.name === undefined ? "a file without a name" : path.relative(root, file.name);
      const failed = file.assertionResults
        .filter(({ status }) => status === "failed")
        .map(({ fullName, title, failureMessages }) => ({
          where: `${where}: ${fullName ?? title ?? "a test without a name"}`,
          message: (failureMessages ?? []).join("\n"),
        }));
      // What failed may not be a test: it could not be loaded, or a hook failed.
      if (failed.length > 0 || file.status !== "failed") return failed;
      return [{ where, message: file.message ?? "" }];
    });
  const lines = [];
  for (const { where, message } of failures.slice(0, describedFailures)) {
    lines.push(`failed: ${where}`);
    const said = stripVTControlCharacters(message)
      .split("\n")
      .filter((line) => line.trim() !== "");
    for (const line of said.slice(0, describedLines)) {
      lines.push(`    ${line.slice(0, describedWidth).trimEnd()}`);
    }
  }
  const more = failures.length - describedFailures;
  if (more > 0) lines.push(`failed: and ${more} more`);
  return lines;
}

/** @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
