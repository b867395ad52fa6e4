import { TARGETS } from "../demo/demo-target.ts";
import type { DemoReport, DemoResult } from "../demo/run-demo.ts";
import type { ReleaseDemoReport, ReleaseDemoResult } from "../demo/run-release-demo.ts";
import { formatElapsed } from "../elapsed.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { comparisonRows } from "./comparison-view.ts";
import { outcomeText } from "./outcome-text.ts";

/** What the demo of one target ends with. */
export function renderReport(report: DemoReport, style: Style): string[] {
  const { releases, ratePerSecond, tookMs, interrupted } = report;
  const took = `${formatElapsed(tookMs)} in all, ${ratePerSecond} requests a second`;
  return [
    "",
    ...releases.flatMap((release) => renderOne(release, style)),
    `${interrupted ? style.warn("interrupted") : took}; nothing was left behind`,
    ...(interrupted ? [] : [nextText(report)]),
  ];
}

/** What the demo of a release of several targets ends with. */
export function renderReleaseDemo(report: ReleaseDemoReport, style: Style): string[] {
  const { releases, ratePerSecond, tookMs, interrupted } = report;
  const took = `${formatElapsed(tookMs)} in all, ${ratePerSecond} requests a second at each door`;
  return [
    "",
    ...releases.flatMap((release) => renderAll(release, style)),
    `${interrupted ? style.warn("interrupted") : took}; nothing was left behind`,
    ...(interrupted
      ? []
      : ["Your own release next: examples/shop, and `release` in docs/headgate-yaml.md."]),
  ];
}

function renderAll(release: ReleaseDemoResult, style: Style): string[] {
  const { name, version, outcome, failed, why, takenBack, tookMs, targets } = release;
  const rows = [
    ["why", failed === null ? why : `${failed}: ${why}`],
    ...(takenBack.length === 0 ? [] : [["back", `in this order: ${takenBack.join(", ")}`]]),
  ];
  return [
    `${style.bold(`${name} release`)}, version ${version}: ${outcomeText(outcome, "paused", style)} after ${formatElapsed(tookMs)}`,
    ...alignColumns(rows.map(([head = "", text = ""]) => [`  ${style.dim(head)}`, text])),
    ...alignColumns(
      targets.map((door) => [
        `  ${style.dim(door.target)}`,
        outcomeText(door.outcome, door.phase, style),
        failuresText(door),
        trafficText(door),
        exposedRow(door)[0]?.[1] ?? "",
      ]),
    ),
    "",
  ];
}

function nextText({ target }: DemoReport): string {
  return `Your own ${TARGETS[target].noun} next: \`headgate init\`, then \`headgate plan\`.`;
}

function renderOne(release: DemoResult, style: Style): string[] {
  const { name, version, outcome, phase, why, tookMs } = release;
  const rows = [
    ["why", why],
    ...comparisonRows(release.comparison, style),
    ["traffic", trafficText(release)],
    ["failures", failuresText(release)],
    ...exposedRow(release),
  ];
  return [
    `${style.bold(`${name} release`)}, version ${version}: ${outcomeText(outcome, phase, style)} after ${formatElapsed(tookMs)}`,
    ...alignColumns(rows.map(([head = "", text = ""]) => [`  ${style.dim(head)}`, text])),
    "",
  ];
}

type Seen = Pick<
  DemoResult,
  "requestsSent" | "answersByVersion" | "failuresUsersSaw" | "failureRate"
>;

function trafficText({ requestsSent, answersByVersion }: Seen): string {
  const answers = Object.entries(answersByVersion).map(([of, count]) => `${count} by ${of}`);
  return `${requestsSent} requests, answered well: ${answers.join(", ")}`;
}

function failuresText(release: Seen): string {
  const { failuresUsersSaw: failures, requestsSent, failureRate } = release;
  const seen = `${failures} of ${requestsSent} (${percent(failures, requestsSent)}) seen by users`;
  if (failureRate === 0) return seen;
  const all = Math.round(failureRate * requestsSent);
  return `${seen}; given to everybody at once, about ${all}`;
}

function exposedRow({ outcome, exposedMs }: Pick<DemoResult, "outcome" | "exposedMs">): string[][] {
  if (exposedMs === null || outcome === "promoted") return [];
  return [["exposed", `it had a share of the traffic for ${formatElapsed(exposedMs)}`]];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0%" : `${Number(((100 * part) / whole).toFixed(1))}%`;
}
