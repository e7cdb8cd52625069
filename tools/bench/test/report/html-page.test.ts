import { expect, test } from "vitest";
import { checkBars, type Bar } from "../../src/bars.ts";
import { describeMachine } from "../../src/measure/machine.ts";
import { renderPage } from "../../src/report/html-page.ts";
import { relate, type Figure } from "../../src/report/report.ts";

const raw: Figure = {
  bench: "core",
  what: "load",
  subject: "raw <bare>",
  callers: 1,
  unit: "us",
  rounds: [10],
};
const ours: Figure = { ...raw, subject: "Store", rounds: [12] };
const bar = (limit: number): Bar => ({
  bench: "core",
  kind: "ratio",
  what: "load",
  subject: "Store",
  callers: 1,
  bound: raw,
  limit,
});
const page = renderPage({
  machine: describeMachine(),
  benches: [
    {
      bench: "core",
      dates: ["2026-11-26"],
      notes: ["without a & b"],
      sections: [{ heading: "Calls", figures: relate([raw, ours], () => raw) }],
      bars: checkBars([bar(2), bar(1)], [raw, ours]),
    },
  ],
});

test("a page has notes, bars with the missed ones first and marked, and for each heading a chart and a table", () => {
  const order = [
    page.indexOf('<tr class="missed">'),
    page.indexOf('<tr class="met">'),
    page.indexOf("<li>without a &amp; b</li>"),
    page.indexOf("<h3>Calls</h3>"),
    page.indexOf("<svg "),
    page.lastIndexOf("<table>"),
  ];
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(page).toContain("raw &lt;bare&gt;");
  expect(page).not.toContain("<bare>");
});

test("a page needs nothing else", () => {
  expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import/);
  expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toContain("http");
});
