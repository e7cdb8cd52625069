import { StoreError } from "@borgstore/core";
import { expect, test } from "vitest";
import { LinkFate } from "../../src/transport/link-fate.ts";

const first = (): StoreError => new StoreError("TIMEOUT");
const second = (): StoreError => new StoreError("CONNECTION");

test("all are told once, those who come later at once, and the first reason counts", () => {
  const fate = new LinkFate();
  const told: string[] = [];
  fate.onLost((makeReason) => told.push(`one ${makeReason().code}`));
  fate.onLost((makeReason) => told.push(`other ${makeReason().code}`));
  expect([fate.isLost, told]).toEqual([false, []]);
  fate.lose(first);
  fate.lose(second);
  expect([fate.isLost, told]).toEqual([true, ["one TIMEOUT", "other TIMEOUT"]]);
  fate.onLost((makeReason) => told.push(`late ${makeReason().code}`));
  expect(told.at(-1)).toBe("late TIMEOUT");
});

test("each who is told can make an error of their own", () => {
  const fate = new LinkFate();
  const errors: StoreError[] = [];
  fate.lose(first);
  fate.onLost((makeReason) => errors.push(makeReason(), makeReason()));
  expect(errors[0]).not.toBe(errors[1]);
});
