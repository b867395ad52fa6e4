import type { PlanPower } from "@headgate/controller";
import { formatDuration } from "@headgate/core/duration";
import { formatElapsed } from "../elapsed.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";

/** What the comparison can find with this plan and this traffic. */
export function renderPower(power: PlanPower, style: Style): string[] {
  if (power.kind === "unknown") {
    const hint = `${style.dim("do:")} give a rate, such as \`headgate plan --rate 20\``;
    return [`detection power unknown: ${power.why}`, `  ${hint}`];
  }
  const { traffic, feed, report } = power;
  const of =
    traffic.from === "given"
      ? "as given"
      : `as in this hour of the last ${traffic.days === 1 ? "day" : `${traffic.days} days`}`;
  const counts = `counts every ${formatDuration(feed.resolutionMs)}, ${formatDuration(feed.lagMs)} late`;
  const rate = `${shortNumber(traffic.requestsPerSecond)} requests/s, ${percent(traffic.errorRate)} failing, ${of}; ${counts}`;
  const rows = report.detections.map((found) => [
    `  +${percent(found.extraErrorRate)} errors`,
    `${percent(found.detectedShare)} found`,
    found.medianMs === undefined ? "" : `in ${formatElapsed(found.medianMs)}`,
    `${shortNumber(found.medianFailed)} failed requests (p95 ${shortNumber(found.p95Failed)})`,
  ]);
  const { good, falseRollback } = report;
  const goodText =
    good.medianMs === undefined
      ? "never proved in the plan's time"
      : `proved and promoted after ${formatElapsed(good.medianMs)} in ${percent(good.promotedShare)} of cases`;
  return [
    `${style.bold("detection power")}  ${rate}`,
    ...alignColumns(rows),
    `  a good version is ${goodText}; rolled back by mistake in ${percent(falseRollback.share)} (at most ${percent(falseRollback.bound)})`,
    `  ${style.dim(`simulated with the code that decides, ${good.runs} rollouts of each kind`)}`,
    ...(report.underpowered
      ? [
          style.bad(`UNDERPOWERED: ${report.reason ?? ""}`),
          ...report.help.map(({ sentence }) => `  ${style.dim("do:")} ${sentence}`),
        ]
      : []),
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))}%`;
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}
