/** A column of a table; numbers read best to the right. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Draws a table as Markdown with aligned columns, one line of text per row. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) =>
    Math.max(3, column.title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const drawRow = (cells: readonly string[]): string => {
    const padded = columns.map(({ align }, i) => {
      const cell = cells[i] ?? "";
      const width = widths[i] ?? 0;
      return align === "left" ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = columns.map(({ align }, i) => {
    const dashes = "-".repeat((widths[i] ?? 3) - 1);
    return align === "left" ? `${dashes}-` : `${dashes}:`;
  });
  return [drawRow(columns.map(({ title }) => title)), drawRow(rule), ...rows.map(drawRow)].join("\n");
}

/** Three digits that count, never an exponent: `0.123`, `4.57`, `12.3`, `1234`. */
export function formatNumber(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100 || magnitude === 0) return value.toFixed(0);
  if (magnitude >= 10) return value.toFixed(1);
  return value.toFixed(magnitude >= 1 ? 2 : 3);
}
