import { defineCommand, type Invocation, type Outcome } from "../command.ts";
import { type DemoReport, isAsExpected, runDemo } from "../demo/run-demo.ts";
import { DEMO_TARGETS } from "../demo/demo-target.ts";
import { areAsExpected, type ReleaseDemoReport, runReleaseDemo } from "../demo/run-release-demo.ts";
import { EXIT } from "../exit-codes.ts";
import { hasTimedOut } from "../session/take-out.ts";
import { renderReleaseDemo, renderReport } from "../views/demo-view.ts";

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
    [
      "headgate demo --target release",
      "A service, a function and a stage released as one: all or none",
    ],
    ["headgate demo --json", "The figures as data"],
  ],
  options: {
    target: {
      type: "choice",
      choices: [...DEMO_TARGETS, "release"],
      help: "What shifts the traffic",
      default: "lambda",
    },
    scenario: {
      type: "choice",
      choices: ["both", "good", "bad"],
      help: "Which releases to show",
      default: "both",
    },
    rate: {
      type: "number",
      value: "n",
      help: "Requests a second, at each door (default: 50; for release 20)",
      min: 1,
      max: 500,
    },
    seconds: {
      type: "number",
      value: "n",
      help: "How long the steps of one target take (default: 12; for release 6)",
      min: 3,
      max: 600,
    },
  },
  run: async (
    {
      target: named,
      scenario,
      rate = named === "release" ? 20 : 50,
      seconds = named === "release" ? 6 : 12,
    },
    invocation,
  ): Promise<Outcome<DemoReport | ReleaseDemoReport>> => {
    const wanted = scenario === "good" || scenario === "bad" ? scenario : "both";
    const options = { scenario: wanted, ratePerSecond: rate, seconds } as const;
    if (named === "release") {
      const report = await runReleaseDemo(options, invocation);
      return { value: report, exitCode: exitCodeOf(report, areAsExpected(report), invocation) };
    }
    const target = DEMO_TARGETS.find((name) => name === named) ?? "lambda";
    const report = await runDemo({ target, ...options }, invocation);
    return { value: report, exitCode: exitCodeOf(report, isAsExpected(report), invocation) };
  },
  render: (report, style) =>
    report.target === "release" ? renderReleaseDemo(report, style) : renderReport(report, style),
});

function exitCodeOf(
  { interrupted }: { readonly interrupted: boolean },
  isRight: boolean,
  { signal }: Invocation,
): number {
  if (interrupted) return hasTimedOut(signal) ? EXIT.timedOut : EXIT.aborted;
  return isRight ? EXIT.ok : EXIT.failed;
}
