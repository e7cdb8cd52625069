import { afterEach, expect, test, vi } from "vitest";
import { everyScope, fullScope, registerSuite } from "../src/index.ts";

afterEach(() => vi.unstubAllEnvs());

test.each(["", "full"])("nothing is left out in the scope %j", (scope) => {
  vi.stubEnv("BORGSTORE_TEST_SCOPE", scope);
  expect(fullScope("too long")).toEqual({ isLeftOut: false, tag: "" });
});

test("what a brief run leaves out has the reason in its title", () => {
  vi.stubEnv("BORGSTORE_TEST_SCOPE", "brief");
  expect(fullScope("too long")).toEqual({ isLeftOut: true, tag: " [not in a brief run: too long]" });
  expect(everyScope).toEqual({ isLeftOut: false, tag: "" });
});

test("a suite that is left out is one skipped test", () => {
  const calls: string[] = [];
  const runner = { skip: (title: string) => calls.push(title) };
  registerSuite(everyScope, runner, "a suite", () => calls.push("registered"));
  vi.stubEnv("BORGSTORE_TEST_SCOPE", "brief");
  registerSuite(fullScope("too long"), runner, "a suite", () => calls.push("registered"));
  expect(calls).toEqual(["registered", "a suite [not in a brief run: too long]"]);
});

test("a scope that does not exist is refused: a typing error must not decide what is tested", () => {
  vi.stubEnv("BORGSTORE_TEST_SCOPE", "breif");
  expect(() => fullScope("too long")).toThrow(/BORGSTORE_TEST_SCOPE.*"breif"/);
});
