import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { newProcessToken, ownerState } from "../../src/quota/process-token.ts";

test("a token is short, unique, and tells that this process runs", () => {
  const token = newProcessToken();
  expect(token).toMatch(/^[0-9a-f-]{30,50}$/);
  expect(newProcessToken()).not.toBe(token);
  expect(ownerState(token)).toBe("alive");
  expect(ownerState(`${token}-more`)).toBe("alive");
});

test("a process that has ended is dead, and so is a former one of the same id", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  const [, start, host, random] = newProcessToken().split("-");
  expect(ownerState([child.pid, start, host, random].join("-"))).toBe("dead");
});

test.skipIf(process.platform !== "linux")(
  "a process that runs under the id of another is not that one (needs /proc)",
  () => {
    const [pid, start = "", host, random] = newProcessToken().split("-");
    const otherStart = start.startsWith("0") ? `1${start.slice(1)}` : `0${start.slice(1)}`;
    expect(ownerState([pid, otherStart, host, random].join("-"))).toBe("dead");
  },
);

test("nothing is known of processes on other machines, and of what is no token", () => {
  const [pid, start, host = "", random] = newProcessToken().split("-");
  const otherHost = host.startsWith("0") ? `1${host.slice(1)}` : `0${host.slice(1)}`;
  expect(ownerState([pid, start, otherHost, random].join("-"))).toBe("unknown");
  expect(ownerState("")).toBe("unknown");
  expect(ownerState("somebody")).toBe("unknown");
});
