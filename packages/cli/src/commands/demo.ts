import { defineCommand } from "../command.ts";
import { type DemoReport, type DemoResult, isAsExpected, runDemo } from "../demo/run-demo.ts";
import { DEMO_TARGETS, TARGETS } from "../demo/demo-target.ts";
import { formatElapsed } from "../elapsed.ts";
import { EXIT } from "../exit-codes.ts";
import { hasTimedOut } from "../session/take-out.ts";
import type { Style } from "../terminal/style.ts";
import { comparisonRows } from "../views/comparison-view.ts";
import { outcomeText } from "../views/outcome-text.ts";
import { alignColumns } from "../terminal/table.ts";

export const demo = defineCommand({
  path: "demo",
  description:
    "Starts a local cloud on a free port, puts a real Python function behind a real API (with --target ecs: a Node.js " +
    "service behind a load balancer), sends it traffic, and releases a good version and a bad one. Needs python3 " +
    "(not for ecs), no account and no container engine, and leaves nothing behind.",
  examples: [
    ["headgate demo", "A good release promoted, a bad one taken out"],
    ["headgate demo --scenario bad --rate 200", "Only the bad one, under more traffic"],
    ["headgate demo --target apigateway", "The same with a stage of API Gateway"],
    ["headgate demo --target ecs", "The same with a service of Amazon ECS"],
    ["headgate demo --json", "The figures as data"],
  ],
  options: {
    target: {
      type: "choice",
      choices: DEMO_TARGETS,
      help: "What shifts the traffic",
      default: "lambda",
    },
    scenario: {
      type: "choice",
      choices: ["both", "good", "bad"],
      help: "Which releases to show",
      default: "both",
    },
    rate: { type: "number", value: "n", help: "Requests a second", default: 50, min: 1, max: 500 },
    seconds: {
      type: "number",
      value: "n",
      help: "How long the steps of one release take",
      default: 12,
      min: 3,
      max: 600,
    },
  },
  run: async ({ target: named, scenario, rate, seconds }, invocation) => {
    const target = DEMO_TARGETS.find((name) => name === named) ?? "lambda";
    const wanted = scenario === "good" || scenario === "bad" ? scenario : "both";
    const report = await runDemo(
      { target, scenario: wanted, ratePerSecond: rate, seconds },
      invocation,
    );
    return { value: report, exitCode: exitCodeOf(report, invocation.signal) };
  },
  render: renderReport,
});

function exitCodeOf(report: DemoReport, signal: AbortSignal): number {
  if (report.interrupted) return hasTimedOut(signal) ? EXIT.timedOut : EXIT.aborted;
  return isAsExpected(report) ? EXIT.ok : EXIT.failed;
}

function renderReport(report: DemoReport, style: Style): string[] {
  const { releases, ratePerSecond, tookMs, interrupted } = report;
  const took = `${formatElapsed(tookMs)} in all, ${ratePerSecond} requests a second`;
  return [
    "",
    ...releases.flatMap((release) => renderRelease(release, style)),
    `${interrupted ? style.warn("interrupted") : took}; nothing was left behind`,
    ...(interrupted ? [] : [nextText(report)]),
  ];
}

function nextText({ target }: DemoReport): string {
  return `Your own ${TARGETS[target].noun} next: \`headgate init\`, then \`headgate plan\`.`;
}

function renderRelease(release: DemoResult, style: Style): string[] {
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

function trafficText({ requestsSent, answersByVersion }: DemoResult): string {
  const answers = Object.entries(answersByVersion).map(([of, count]) => `${count} by ${of}`);
  return `${requestsSent} requests, answered well: ${answers.join(", ")}`;
}

function failuresText(release: DemoResult): string {
  const { failuresUsersSaw: failures, requestsSent, failureRate } = release;
  const seen = `${failures} of ${requestsSent} (${percent(failures, requestsSent)}) seen by users`;
  if (failureRate === 0) return seen;
  const all = Math.round(failureRate * requestsSent);
  return `${seen}; given to everybody at once, about ${all}`;
}

function exposedRow({ outcome, exposedMs }: DemoResult): string[][] {
  if (exposedMs === null || outcome === "promoted") return [];
  return [["exposed", `it had a share of the traffic for ${formatElapsed(exposedMs)}`]];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0%" : `${Number(((100 * part) / whole).toFixed(1))}%`;
}
