import { stripVTControlCharacters } from "node:util";

/** Columns as wide as their widest cell, two spaces apart. Cells may carry colour. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, visibleWidth(cell));
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - visibleWidth(cell)))
      .join("  ")
      .trimEnd(),
  );
}

export function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
