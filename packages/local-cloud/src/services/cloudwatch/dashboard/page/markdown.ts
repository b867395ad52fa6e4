import { Html, markup } from "./html.ts";

/**
 * The Markdown that text widgets are written in: headings, lists, quotes, code, tables, rules, emphasis and links. HTML inside
 * it is shown, not obeyed; images are left out, because a page of the cloud loads nothing from elsewhere.
 */
export function markdown(source: string): Html {
  const lines = source.split(/\r?\n/);
  const blocks: Html[] = [];
  for (let at = 0; at < lines.length;) {
    const block = blockAt(lines, at);
    if (block.html !== undefined) blocks.push(block.html);
    at = block.next;
  }
  return markup`${blocks}`;
}

interface Block {
  readonly html: Html | undefined;
  readonly next: number;
}

function blockAt(lines: readonly string[], at: number): Block {
  const line = lines[at] ?? "";
  if (line.trim() === "") return { html: undefined, next: at + 1 };
  if (/^\s*```/.test(line)) return codeAt(lines, at);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading !== null)
    return { html: headingOf(heading[1] ?? "", heading[2] ?? ""), next: at + 1 };
  if (/^\s*([-*_])(?:\s*\1){2,}\s*$/.test(line)) return { html: markup`<hr />`, next: at + 1 };
  if (isTableAt(lines, at)) return tableAt(lines, at);
  const item = /^\s*(?:([-*+])|\d+[.)])\s+/.exec(line);
  if (item !== null) return listAt(lines, at, item[1] !== undefined);
  if (/^\s*>/.test(line)) return quoteAt(lines, at);
  return paragraphAt(lines, at);
}

function headingOf(marks: string, text: string): Html {
  const content = inline(text);
  // The page's own headings come first.
  return marks.length < 3 ? markup`<h3>${content}</h3>` : markup`<h4>${content}</h4>`;
}

/** From `at` on, the lines that satisfy `belongs`. */
function linesFrom(
  lines: readonly string[],
  at: number,
  belongs: (line: string) => boolean,
): readonly string[] {
  const end = lines.findIndex((line, index) => index >= at && !belongs(line));
  return lines.slice(at, end < 0 ? lines.length : end);
}

function codeAt(lines: readonly string[], at: number): Block {
  const inside = linesFrom(lines, at + 1, (line) => !/^\s*```/.test(line));
  return {
    html: markup`<pre><code>${inside.join("\n")}</code></pre>`,
    next: at + inside.length + 2,
  };
}

const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;

function listAt(lines: readonly string[], at: number, isBullet: boolean): Block {
  const items = linesFrom(lines, at, (line) => ITEM.test(line));
  const parts = items.map((line) => markup`<li>${inline(line.replace(ITEM, ""))}</li>`);
  const list = isBullet ? markup`<ul>${parts}</ul>` : markup`<ol>${parts}</ol>`;
  return { html: list, next: at + items.length };
}

function quoteAt(lines: readonly string[], at: number): Block {
  const quoted = linesFrom(lines, at, (line) => /^\s*>/.test(line));
  const text = quoted.map((line) => line.replace(/^\s*>\s?/, "")).join(" ");
  return { html: markup`<blockquote>${inline(text)}</blockquote>`, next: at + quoted.length };
}

function isTableAt(lines: readonly string[], at: number): boolean {
  return (lines[at] ?? "").includes("|") && /^[\s|:-]*-[\s|:-]*$/.test(lines[at + 1] ?? "");
}

function tableAt(lines: readonly string[], at: number): Block {
  const rows = linesFrom(lines, at + 2, (line) => line.includes("|"));
  const head = cellsOf(lines[at] ?? "").map((cell) => markup`<th>${inline(cell)}</th>`);
  const body = rows.map((row) => {
    const cells = cellsOf(row).map((cell) => markup`<td>${inline(cell)}</td>`);
    return markup`<tr>${cells}</tr>`;
  });
  const table = markup`<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return { html: table, next: at + 2 + rows.length };
}

function cellsOf(row: string): string[] {
  return row
    .trim()
    .replaceAll(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}

function paragraphAt(lines: readonly string[], at: number): Block {
  const inside = linesFrom(
    lines,
    at,
    (line) => line.trim() !== "" && !/^(?:#{1,6}\s|\s*```|\s*>)/.test(line) && !ITEM.test(line),
  );
  const count = Math.max(1, inside.length);
  const text = lines.slice(at, at + count).join(" ");
  return { html: markup`<p>${inline(text)}</p>`, next: at + count };
}

const INLINE =
  /`([^`]+)`|!?\[([^\]]*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*)\*/;

function inline(text: string): Html {
  const found = INLINE.exec(text);
  if (found === null) return markup`${text}`;
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return markup`${before}${spanOf(found)}${inline(after)}`;
}

function spanOf([whole, code, label, target, ...emphasis]: RegExpExecArray): Html {
  if (code !== undefined) return markup`<code>${code}</code>`;
  if (label !== undefined) {
    const isLink = !(whole ?? "").startsWith("!") && isSafeTarget(target ?? "");
    return isLink
      ? markup`<a href="${target}" rel="noopener noreferrer" target="_blank">${label}</a>`
      : markup`${label}`;
  }
  const [starred, underlined, slanted] = emphasis;
  const strong = starred ?? underlined;
  return strong === undefined
    ? markup`<em>${inline(slanted ?? "")}</em>`
    : markup`<strong>${inline(strong)}</strong>`;
}

/** No "javascript:" and the like. */
function isSafeTarget(target: string): boolean {
  return /^(?:https?:\/\/|\/(?!\/)|#)/i.test(target);
}
