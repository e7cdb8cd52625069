import { describe, expect, test } from "vitest";
import {
  addCounts,
  closingLine,
  collectPeers,
  countTests,
  describeLeftOut,
  describePeers,
} from "./summary.mjs";

/**
 * @param {string} fullName
 * @param {string} status
 */
function result(fullName, status) {
  return { fullName, status };
}

describe("counting", () => {
  test("passed, failed and everything that did not run are told apart", () => {
    const assertionResults = ["passed", "passed", "failed", "pending", "skipped", "todo"].map((status) =>
      result("a test", status),
    );
    const counts = countTests({ testResults: [{ status: "failed", assertionResults }] });
    expect(counts).toEqual({ passed: 2, failed: 1, skipped: 3 });
  });

  test("a file that could not be loaded counts as a failure", () => {
    const counts = countTests({ testResults: [{ status: "failed", assertionResults: [] }] });
    expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test("the closing line sums all packages", () => {
    const sum = addCounts([
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ]);
    expect(closingLine(sum)).toBe("11 passed, 22 failed, 33 skipped");
  });
});

describe("peers", () => {
  test("a peer took part when a test with its tag ran", () => {
    const peers = collectPeers([
      {
        testResults: [
          {
            assertionResults: [
              result("system calls [peer: strace] of a store", "passed"),
              result("system calls [peer: strace] of a load", "passed"),
              result("other [peer: small tmpfs]", "pending"),
            ],
          },
        ],
      },
    ]);
    expect(describePeers(peers)).toEqual(["peer strace: took part in 2 tests"]);
  });

  test("a missing peer is named with its reason", () => {
    const assertionResults = [result("live [peer: python borgstore: python3 cannot import it]", "pending")];
    expect(describePeers(collectPeers([{ testResults: [{ assertionResults }] }]))).toEqual([
      "peer python borgstore: missing, python3 cannot import it (1 tests skipped)",
    ]);
  });

  test("nobody asked", () => {
    expect(describePeers(collectPeers([]))).toEqual(["no test asked for a real peer"]);
  });
});

test("what a brief run left out is summed up by its reason", () => {
  const assertionResults = [
    result("a [not in a brief run: it is long]", "skipped"),
    result("b [peer: strace] [not in a brief run: it is long] c", "pending"),
    result("d", "passed"),
  ];
  expect(describeLeftOut([{ testResults: [{ assertionResults }] }])).toEqual([
    "not in this brief run: 2 tests or suites, because it is long",
  ]);
});
