import { describe, expect, test } from "vitest";
import {
  addCounts,
  closingLine,
  collectPeers,
  countTests,
  describeFailures,
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

/** @param {string} message */
function failing(message) {
  return { ...result("a suite fails", "failed"), failureMessages: [message] };
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

describe("failures", () => {
  test("are told with their file, their name and the beginning of their message", () => {
    const message = "\u001B[31mError: off by one\u001B[39m\n\n  at here\n" + "    at there\n".repeat(20);
    const assertionResults = [result("passes", "passed"), failing(message)];
    const file = { name: "/repo/packages/one/test/a.test.ts", status: "failed", assertionResults };
    const lines = describeFailures([{ testResults: [file] }, { testResults: [] }], "/repo");
    expect(lines.slice(0, 3)).toEqual([
      "failed: packages/one/test/a.test.ts: a suite fails",
      "    Error: off by one",
      "      at here",
    ]);
    expect(lines).toHaveLength(7);
  });

  test("of a file without a failed test are told with what the file says", () => {
    const file = {
      name: "/repo/tools/two/test/b.test.ts",
      status: "failed",
      message: "Cannot find package 'x'",
      assertionResults: [result("was not reached", "pending")],
    };
    expect(describeFailures([{ testResults: [file] }], "/repo")).toEqual([
      "failed: tools/two/test/b.test.ts",
      "    Cannot find package 'x'",
    ]);
  });

  test("that are many are told in part", () => {
    const assertionResults = Array.from({ length: 13 }, () => failing("Error: no"));
    const file = { name: "/repo/c.test.ts", status: "failed", assertionResults };
    const lines = describeFailures([{ testResults: [file] }], "/repo");
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("failed: and 3 more");
  });

  test("that are none, and messages that are none, are no lines", () => {
    const assertionResults = [result("passes", "passed")];
    expect(describeFailures([{ testResults: [{ status: "passed", assertionResults }] }], "/repo")).toEqual(
      [],
    );
    const silent = { name: "/repo/d.test.ts", status: "failed", assertionResults: [result("d", "failed")] };
    expect(describeFailures([{ testResults: [silent] }], "/repo")).toEqual(["failed: d.test.ts: d"]);
  });
});
