import { defineCommand } from "../command.ts";
import { type DemoReport, type DemoResult, isAsExpected, runDemo } from "../demo/run-demo.ts";
import { formatDuration } from "../durations.ts";
import { EXIT } from "../exit-codes.ts";
import type { Style } from "../terminal/style.ts";

export const demo = defineCommand({
  path: "demo",
  description:
    "Starts a local cloud on a free port, puts a real Python function behind a real API, sends it traffic, and " +
    "releases a good version and a bad one. Needs python3, no account, and leaves nothing behind.",
  examples: [
    ["headgate demo", "A good release promoted, a bad one taken out"],
    ["headgate demo --scenario bad --rate 200", "Only the bad one, under more traffic"],
    ["headgate demo --json", "The figures as data"],
  ],
  options: {
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
  run: async ({ scenario, rate, seconds }, invocation) => {
    const wanted = scenario === "good" || scenario === "bad" ? scenario : "both";
    const report = await runDemo({ scenario: wanted, ratePerSecond: rate, seconds }, invocation);
    return { value: report, exitCode: isAsExpected(report) ? EXIT.ok : EXIT.failed };
  },
  render: (report, style) => renderReport(report, style),
});

function renderReport({ releases, ratePerSecond, tookMs }: DemoReport, style: Style): string[] {
  return [
    "",
    ...releases.flatMap((release) => renderRelease(release, style)),
    `in all ${formatDuration(tookMs)} at ${ratePerSecond} requests a second; nothing was left behind`,
  ];
}

function renderRelease(release: DemoResult, style: Style): string[] {
  const { name, version, outcome, why, requestsSent, failuresUsersSaw, exposedMs } = release;
  const good = outcome === "promoted";
  const word = good
    ? style.good("promoted")
    : style.bad(outcome === "rolledBack" ? "rolled back" : outcome);
  const answers = Object.entries(release.answersByVersion)
    .map(([of, count]) => `${count} by ${of}`)
    .join(", ");
  return [
    `${style.bold(`${name} release`)}, version ${version}: ${word} after ${formatDuration(release.tookMs)}`,
    `  why       ${why}`,
    `  traffic   ${requestsSent} requests: ${answers}`,
    `  failures  ${failuresUsersSaw} seen by users (${percent(failuresUsersSaw, requestsSent)} of all)`,
    ...(exposedMs === null || good
      ? []
      : [`  exposed   the bad version had traffic for ${formatDuration(exposedMs)}`]),
    "",
  ];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "0%" : `${((100 * part) / whole).toFixed(2)}%`;
}
