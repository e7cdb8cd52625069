import type { Column } from "./table.ts";

/** Text as HTML and SVG need it, in elements and in attributes. */
export function escapeMarkup(text: string): string {
  const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character);
}

/**
 * Draws a table as HTML.
 *
 * @param classOf the class of a row, by its cells; `undefined` for none.
 */
export function renderHtmlTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  classOf: (cells: readonly string[]) => string | undefined = () => undefined,
): string {
  const drawCells = (element: string, cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const place = align === "right" ? ' class="number"' : "";
        return `<${element}${place}>${escapeMarkup(cells[i] ?? "")}</${element}>`;
      })
      .join("");
  const drawRow = (cells: readonly string[]): string => {
    const name = classOf(cells);
    return `<tr${name === undefined ? "" : ` class="${name}"`}>${drawCells("td", cells)}</tr>`;
  };
  const titles = columns.map(({ title }) => title);
  return [
    "<table>",
    `<thead><tr>${drawCells("th", titles)}</tr></thead>`,
    "<tbody>",
    ...rows.map(drawRow),
    "</tbody>",
    "</table>",
  ].join("\n");
}
