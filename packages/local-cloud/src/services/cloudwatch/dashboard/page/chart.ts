import type { BoundView, ChartView, LineView, Side } from "../views.ts";
import { type Html, markup } from "./html.ts";
import { lastValue, shortNumber, timeText, unitText, valueText } from "./numbers.ts";
import { type Scale, scaleOf, stacked, timeTicks, valuesOn } from "./scale.ts";

export interface ChartFrame {
  /** Of the drawing, in its own units. */
  readonly width: number;
  readonly height: number;
  readonly startMs: number;
  readonly endMs: number;
}

interface Drawing extends ChartFrame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly scales: Readonly<Record<Side, Scale>>;
}

/** Periods in which a line may miss points without being broken. */
const GAP_FACTOR = 1.5;
/** Lines of few points show each of them. */
const DOTS_MAX = 40;

/** A chart as SVG, with what the page's script needs to show values under the pointer. */
export function chart(view: ChartView, frame: ChartFrame, title: string): Html {
  const lines = view.isStacked ? stacked(view.lines) : view.lines;
  const drawing = drawingOf(view, lines, frame);
  const drawn = lines.map((line, index) =>
    lineOf(line, drawing, view.isStacked ? lines[index - 1] : undefined, view.isStacked),
  );
  // What is stacked is drawn from the top down: lower areas stay on top.
  const inOrder = view.isStacked ? drawn.toReversed() : drawn;
  const { top, bottom, width, height } = drawing;
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" tabindex="0" class="chart"
 aria-label="${nameOf(view, title)}" data-hover="${hoverOf(view, drawing)}">
${axisOf("left", drawing, view)}${hasRight(view) ? axisOf("right", drawing, view) : undefined}
${timeAxis(drawing)}${view.bounds.map((bound) => boundOf(bound, drawing))}${inOrder}
<line class="pointer" y1="${top}" y2="${bottom}" x1="0" x2="0"/></svg>`;
}

/** For who does not see the drawing: what it is of, and its newest values. The arrow keys say the others. */
function nameOf({ lines }: ChartView, title: string): string {
  return [title, ...lines.map((line) => `${line.label} ${lastValue(line)}`)].join("; ");
}

function hasRight(view: ChartView): boolean {
  return [...view.lines, ...view.bounds].some(({ side }) => side === "right");
}

function drawingOf(view: ChartView, lines: readonly LineView[], frame: ChartFrame): Drawing {
  const ticks = Math.max(2, Math.floor(frame.height / 46));
  const scales = {
    left: scaleOf(valuesOn("left", lines, view.bounds), view.left, ticks),
    right: scaleOf(valuesOn("right", lines, view.bounds), view.right, ticks),
  };
  return {
    ...frame,
    scales,
    left: 52,
    right: frame.width - (hasRight(view) ? 52 : 14),
    top: 18,
    bottom: frame.height - 24,
  };
}

function xOf({ left, right, startMs, endMs }: Drawing, atMs: number): number {
  // The first period may begin before the range does.
  return rounded(Math.max(left, left + ((atMs - startMs) / (endMs - startMs)) * (right - left)));
}

function yOf({ top, bottom, scales }: Drawing, side: Side, value: number): number {
  const { min, max } = scales[side];
  const share = Math.min(1.02, Math.max(-0.02, (value - min) / (max - min || 1)));
  return rounded(bottom - share * (bottom - top));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function axisOf(side: Side, drawing: Drawing, view: ChartView): Html {
  const isLeft = side === "left";
  const at = isLeft ? drawing.left - 7 : drawing.right + 7;
  const anchor = isLeft ? "end" : "start";
  const ticks = drawing.scales[side].ticks.map((value) => {
    const y = yOf(drawing, side, value);
    const grid = isLeft
      ? markup`<line class="grid" x1="${drawing.left}" x2="${drawing.right}" y1="${y}" y2="${y}" />`
      : undefined;
    return markup`${grid}<text x="${at}" y="${y + 3.5}" text-anchor="${anchor}">${shortNumber(value)}</text>`;
  });
  const units = new Set(
    view.lines.filter((line) => line.side === side).map(({ unit }) => unitText(unit)),
  );
  const name = view[side].label ?? [...units].filter((unit) => unit !== "").join(", ");
  const x = isLeft ? 4 : drawing.width - 4;
  return markup`${ticks}<text class="axis" x="${x}" y="10" text-anchor="${isLeft ? "start" : "end"}">${name}</text>`;
}

function timeAxis(drawing: Drawing): Html {
  const { left, right, bottom, startMs, endMs } = drawing;
  const spanMs = endMs - startMs;
  const ticks = timeTicks(startMs, endMs, Math.floor((right - left) / 76)).map((at) => {
    const x = xOf(drawing, at);
    return markup`<line class="tick" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}"/>
<text x="${x}" y="${bottom + 16}" text-anchor="middle">${timeText(at, spanMs)}</text>`;
  });
  return markup`<line class="base" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" />${ticks}`;
}

function lineOf(
  line: LineView,
  drawing: Drawing,
  below: LineView | undefined,
  isStacked: boolean,
): Html {
  const at = ([atMs, value]: readonly [number, number]) =>
    `${xOf(drawing, atMs)},${yOf(drawing, line.side, value)}`;
  const parts = isStacked ? [line.points] : unbroken(line.points);
  const paths = parts.map(
    (points) =>
      markup`<polyline fill="none" stroke="${line.color}" points="${points.map(at).join(" ")}" />`,
  );
  const dots =
    line.points.length > DOTS_MAX
      ? []
      : line.points.map((point) => {
          const [cx, cy] = at(point).split(",");
          return markup`<circle cx="${cx}" cy="${cy}" r="2.4" fill="${line.color}" />`;
        });
  const floor = below?.points ?? line.points.map(([atMs]) => [atMs, 0] as const);
  const area = isStacked
    ? markup`<polygon fill="${line.color}" points="${[...line.points, ...floor.toReversed()].map(at).join(" ")}" />`
    : undefined;
  return markup`<g class="line">${area}${paths}${dots}</g>`;
}

type Points = LineView["points"];

/** The line's parts between gaps: points that lie further apart than the usual distance. */
function unbroken(points: Points): Points[] {
  const distances = points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? at));
  const usual = Math.min(...distances);
  const parts: (readonly [number, number])[][] = [];
  for (const [index, point] of points.entries()) {
    const distance = index === 0 ? Infinity : (distances[index - 1] ?? 0);
    if (distance > usual * GAP_FACTOR) parts.push([point]);
    else parts.at(-1)?.push(point);
  }
  return parts;
}

function boundOf({ value, side, color, label, fill }: BoundView, drawing: Drawing): Html {
  const y = yOf(drawing, side, value);
  const { left, right, top, bottom } = drawing;
  const [from, to] = fill === "above" ? [top, y] : [y, bottom];
  const area =
    fill === undefined
      ? undefined
      : markup`<rect class="fill" fill="${color}" x="${left}" y="${from}"
 width="${right - left}" height="${Math.max(0, to - from)}"/>`;
  return markup`${area}<line class="bound" stroke="${color}" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>
<text class="bound" style="fill:${color}" x="${right - 4}" y="${y - 4}" text-anchor="end">${label}</text>`;
}

/** For the script: columns of the drawing, and the values at each. */
function hoverOf(view: ChartView, drawing: Drawing): string {
  const spanMs = drawing.endMs - drawing.startMs;
  const lines = view.lines.map((line) => ({ ...line, values: new Map(line.points) }));
  const times = new Set(view.lines.flatMap(({ points }) => points.map(([at]) => at)));
  const columns = [...times]
    .toSorted((a, b) => a - b)
    .map((at) => ({
      x: xOf(drawing, at),
      time: `${timeText(at, spanMs)} UTC`,
      values: lines.flatMap(({ label, color, unit, values }) => {
        const value = values.get(at);
        return value === undefined ? [] : [{ label, color, value: valueText(value, unit) }];
      }),
    }));
  return JSON.stringify(columns);
}
