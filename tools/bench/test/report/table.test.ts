import { expect, test } from "vitest";
import { formatNumber, renderTable } from "../../src/report/table.ts";

test("a table is Markdown with aligned columns", () => {
  const columns = [
    { title: "subject", align: "left" },
    { title: "µs", align: "right" },
  ] as const;
  const rows = [
    ["raw-sync", "1.5"],
    ["Store", "12"],
  ];
  expect(renderTable(columns, rows)).toBe(
    [
      "| subject  |  µs |", //
      "| -------- | --: |",
      "| raw-sync | 1.5 |",
      "| Store    |  12 |",
    ].join("\n"),
  );
});

test("cells that are missing are empty", () => {
  const columns = [
    { title: "a", align: "left" },
    { title: "b", align: "left" },
  ] as const;
  expect(
    renderTable(columns, [["x"]])
      .split("\n")
      .at(-1),
  ).toBe("| x   |     |");
});

test("numbers have three digits that count", () => {
  const texts = [0, 0.1234, 4.567, 12.34, 123.4, 12345, -4.567].map(formatNumber);
  expect(texts).toEqual(["0", "0.123", "4.57", "12.3", "123", "12345", "-4.57"]);
});
