import { expect, test } from "vitest";
import {
  longestTimerMs,
  mustBeBoolean,
  mustBeInteger,
  mustBeKnown,
  mustBeOneOf,
  mustBeText,
  refuseOption,
  StoreError,
} from "../src/index.ts";

test.each<[string, () => void]>([
  ["no options", () => mustBeKnown({}, new Set())],
  ["known options", () => mustBeKnown({ io: 1 }, new Set(["io", "quota"]))],
  ["no word", () => mustBeOneOf("io", undefined, ["sync"])],
  ["one of the words", () => mustBeOneOf("io", "sync", ["auto", "sync"])],
  ["no number", () => mustBeInteger("quota", undefined, 0, 1)],
  ["the least", () => mustBeInteger("quota", 1, 1, 5)],
  ["the most", () => mustBeInteger("quota", 5, 1, 5)],
  ["neither true nor false", () => mustBeBoolean("linked", undefined)],
  ["true", () => mustBeBoolean("linked", true)],
  ["false", () => mustBeBoolean("linked", false)],
  ["no text", () => mustBeText("file", undefined)],
  ["a text", () => mustBeText("file", "a b")],
])("%s may be given", (_what, check) => {
  expect(check).not.toThrow();
});

test.each<[string, () => void, RegExp]>([
  ["an unknown option", () => mustBeKnown({ oi: undefined }, new Set(["io"])), /no option "oi"/],
  [
    "none of the words",
    () => mustBeOneOf("io", "pool", ["auto", "sync"]),
    /io is one of auto, sync, not "pool"/,
  ],
  ["too little", () => mustBeInteger("n", 0, 1, 5), /n is an integer from 1 to 5, not 0/],
  ["too much", () => mustBeInteger("n", 6, 1, 5), /not 6/],
  ["a fraction", () => mustBeInteger("n", 1.5, 1, 5), /not 1.5/],
  ["what is no number", () => mustBeInteger("n", Number.NaN, 1, 5), /not NaN/],
  ["a text for a number", () => mustBeInteger("n", "3" as never, 1, 5), /not 3/],
  ["infinity", () => mustBeInteger("n", Infinity, 1, Infinity), /not Infinity/],
  ["a text for true", () => mustBeBoolean("b", "yes" as never), /b is true or false/],
  ["null", () => mustBeBoolean("b", null as never), /b is true or false/],
  ["an empty text", () => mustBeText("t", ""), /t is a text that is not empty/],
  ["a NUL", () => mustBeText("t", "a\0"), /t is a text/],
  ["a number for a text", () => mustBeText("t", 7 as never), /t is a text/],
  ["anything else", () => refuseOption("why not"), /why not/],
])("%s is refused, saying so", (_what, check, message) => {
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(check).toThrow(StoreError);
});

test("the longest delay that timers take is not cut down by them", () => {
  const timer = setTimeout(() => undefined, longestTimerMs);
  expect(timer).toMatchObject({ _idleTimeout: longestTimerMs });
  clearTimeout(timer);
});
