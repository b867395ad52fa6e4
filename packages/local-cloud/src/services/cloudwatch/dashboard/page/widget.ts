import type { AlarmStateView, LineView, NumberView, WidgetContent, WidgetView } from "../views.ts";
import { chart } from "./chart.ts";
import { type Html, markup } from "./html.ts";
import { markdown } from "./markdown.ts";
import { lastValue, secondText, shortNumber, valueText } from "./numbers.ts";

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Units of the drawing for a column and a row of the grid: about pixels on a wide screen. */
const COLUMN = 56;
export const ROW = 52;
/** What title, a legend of one row and padding take of a chart's height. */
const CHART_FRAME = 84;
/** What each further row of the legend takes. */
const LEGEND_ROW = 19;
/** About the width of a letter in the legend, and of an item's swatch and gaps. */
const LETTER = 6.4;
const ITEM = 34;

/** One widget in its place on the grid. */
export function widget(view: WidgetView, span: Span): Html {
  const { x, y, width, height } = view.placement;
  const isBare = view.content.kind === "text" && view.title === "";
  const style = `grid-column:${x + 1}/span ${Math.min(width, 24 - x)};grid-row:${y + 1}/span ${height}`;
  const empty = String(isEmpty(view.content));
  return markup`<section class="widget" data-kind="${view.content.kind}" data-empty="${empty}" style="${style}">
${isBare ? undefined : markup`<h2>${view.title}</h2>`}<div class="content">${contentOf(view, span)}</div></section>`;
}

/** Whether a widget that could show data shows none. */
export function isEmpty(content: WidgetContent): boolean {
  switch (content.kind) {
    case "chart":
      return content.lines.every(({ points }) => points.length === 0);
    case "numbers":
      return content.values.every(({ value }) => value === undefined);
    case "alarms":
      return content.alarms.every(({ state }) => state === undefined);
    case "log":
      return content.rows.length === 0;
    case "text":
      return content.markdown === "";
    case "unsupported":
      return true;
    default:
      return content satisfies never;
  }
}

function contentOf({ title, content, placement: { width, height } }: WidgetView, span: Span): Html {
  switch (content.kind) {
    case "chart": {
      if (isEmpty(content) && content.bounds.length === 0) return noData(content.problems);
      const legend = (legendRows(content.lines, width * COLUMN) - 1) * LEGEND_ROW;
      const frame = { ...span, width: width * COLUMN, height: height * ROW - CHART_FRAME - legend };
      const drawing = chart(content, { ...frame, height: Math.max(70, frame.height) }, title);
      return markup`${drawing}<ul class="legend">${content.lines.map(legendItem)}</ul>${notes(content.problems)}`;
    }
    case "numbers":
      if (isEmpty(content)) return noData(content.problems);
      return markup`<div class="numbers">${content.values.map(number)}</div>${notes(content.problems)}`;
    case "alarms":
      return markup`<ul class="alarms">${content.alarms.map(alarm)}</ul>`;
    case "log":
      if (isEmpty(content)) return noData(content.problems);
      return markup`${table(content.columns, content.rows)}${notes(content.problems)}`;
    case "text":
      return markup`<div class="text">${markdown(content.markdown)}</div>`;
    case "unsupported":
      return noData([`The local cloud does not draw widgets of the type "${content.type}".`]);
    default:
      return content satisfies never;
  }
}

function noData(reasons: readonly string[]): Html {
  return markup`<div class="empty"><strong>No data</strong>${reasons.map((reason) => markup`<p>${reason}</p>`)}</div>`;
}

/** Why some of a widget's lines are missing: folded away, it has others to show. */
function notes(problems: readonly string[]): Html | undefined {
  if (problems.length === 0) return undefined;
  const items = problems.map((problem) => markup`<p>${problem}</p>`);
  return markup`<details class="notes"><summary>${problems.length} without data</summary>${items}</details>`;
}

function swatch(color: string): Html {
  return markup`<svg class="swatch" viewBox="0 0 10 10"><rect width="10" height="10" rx="2" fill="${color}" /></svg>`;
}

/** How many rows the legend's items fill: a chart that is too tall for what is left would be drawn smaller. */
function legendRows(lines: readonly LineView[], width: number): number {
  let rows = 1;
  let used = 0;
  for (const line of lines) {
    const item = (line.label.length + lastValue(line).length) * LETTER + ITEM;
    if (used > 0 && used + item > width) {
      rows += 1;
      used = 0;
    }
    used += item;
  }
  return rows;
}

function legendItem(line: LineView): Html {
  const value = lastValue(line);
  const side = line.side === "right" ? markup` <i>right</i>` : undefined;
  return markup`<li>${swatch(line.color)}${line.label}${side} <b>${value}</b></li>`;
}

function number({ label, color, unit, value, points, range }: NumberView): Html {
  const shown = value === undefined ? "no data" : valueText(value, unit);
  const meter =
    range === undefined || value === undefined
      ? spark(points, color)
      : markup`<meter min="${range.min}" max="${range.max}" value="${value}"></meter>
<small>${shortNumber(range.min)} to ${shortNumber(range.max)}</small>`;
  return markup`<div class="number"><b>${shown}</b><span>${swatch(color)}${label}</span>${meter}</div>`;
}

function spark(points: readonly (readonly [number, number])[], color: string): Html | undefined {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const place = points.map(([at, value]) => {
    const x = ((at - first[0]) / (last[0] - first[0])) * 120;
    const y = 22 - ((value - low) / (high - low || 1)) * 20;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return markup`<svg class="spark" viewBox="0 0 120 24"><polyline fill="none" stroke="${color}" points="${place.join(" ")}" /></svg>`;
}

function alarm({ name, state, reason, sinceMs }: AlarmStateView): Html {
  const since = sinceMs === undefined ? "" : ` since ${secondText(sinceMs)} UTC`;
  const shown = state ?? "missing";
  return markup`<li data-state="${shown}"><b>${shown.replaceAll("_", " ").toLowerCase()}</b> <span>${name}</span>
<small>${since}</small><p>${reason}</p></li>`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): Html {
  const head = columns.map((column) => markup`<th>${column}</th>`);
  const body = rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${cell}</td>`)}</tr>`);
  return markup`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
