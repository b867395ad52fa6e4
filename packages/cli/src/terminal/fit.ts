const ESCAPE = "\u001B";
/** One colour code, or one character. */
const PIECE = new RegExp(String.raw`${ESCAPE}\[[0-9;]*m|[^]`, "gu");
const RESET = `${ESCAPE}[0m`;

/**
 * The text cut to `columns` visible characters, with an ellipsis where it was cut. A line that wraps takes
 * more rows than a redraw knows of, and the screen fills with what should have been overwritten.
 */
export function fitLine(text: string, columns: number): string {
  const pieces = text.match(PIECE) ?? [];
  const isCode = (piece: string) => piece.startsWith(`${ESCAPE}[`);
  const visible = pieces.filter((piece) => !isCode(piece)).length;
  if (visible <= columns) return text;
  let shown = 0;
  const kept: string[] = [];
  for (const piece of pieces) {
    if (!isCode(piece) && ++shown >= columns) break;
    kept.push(piece);
  }
  const isColoured = kept.some(isCode);
  return `${kept.join("")}…${isColoured ? RESET : ""}`;
}
