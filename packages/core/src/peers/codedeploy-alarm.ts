import { endedFirst, neverStarted, runTotals } from "./run-totals.ts";
import type { PeerBucket, PeerVerdict, RunTotals } from "./run-totals.ts";

export interface CodeDeployAlarmOptions {
  /** The alarm breaches when a period has more errors than this. */
  readonly threshold: number;
  readonly periodMs: number;
  /** How many periods in a row must breach: the alarm's evaluation periods and datapoints to alarm. */
  readonly periods: number;
  /** What the alarm's dimensions select: the alias (both versions) or the version that was executed. */
  readonly counts: "both" | "canary";
  /** From the first shift until the deployment is over. The alarm is not looked at any longer. */
  readonly deploymentMs: number;
  /** From the end of the last period until traffic is back: delivery, evaluation, CodeDeploy's own poll. */
  readonly delayMs: number;
}

/**
 * An alarm on the alias as AWS's guides set it up, and the deployment preference Linear10PercentEvery1Minute: ten
 * shifts a minute apart. `delayMs` is 0, which favours the rule: AWS publishes neither how late a metric may be
 * nor how often CodeDeploy looks at the alarm.
 */
export const CODEDEPLOY_ALARM_DEFAULTS: CodeDeployAlarmOptions = {
  threshold: 10,
  periodMs: 60_000,
  periods: 3,
  counts: "both",
  deploymentMs: 600_000,
  delayMs: 0,
};

/**
 * The stricter alarm: any error of the executed version in two minutes running.
 * Source: aws-samples/aws-serverless-cicd-workshop, canaries/monitor; the same figures in the sample of
 * aws/serverless-application-model docs/safe_lambda_deployments.rst.
 */
export const CODEDEPLOY_CANARY_ALARM: CodeDeployAlarmOptions = {
  ...CODEDEPLOY_ALARM_DEFAULTS,
  threshold: 0,
  periods: 2,
  counts: "canary",
};

/**
 * AWS CodeDeploy with a CloudWatch alarm. The alarm counts and compares with nothing. It is looked at when the
 * deployment begins, and one that fires already ends it there; afterwards once a period, over the last whole
 * periods, each of which must breach. No data is as good as OK.
 *
 * Source: AWS docs, alarm-evaluation-window (the window slides with each evaluation); AWS CodeDeploy user guide (a
 * deployment stops when an alarm of its group fires); aws/serverless-application-model,
 * docs/safe_lambda_deployments.rst (an alarm that fires already).
 */
export function codeDeployAlarm(
  buckets: readonly PeerBucket[],
  options: Partial<CodeDeployAlarmOptions> = {},
): PeerVerdict {
  const rule = { ...CODEDEPLOY_ALARM_DEFAULTS, ...options };
  const run = runTotals(buckets);
  if (run.startMs === undefined) return neverStarted(run);
  const overMs = run.startMs + rule.deploymentMs;
  for (let atMs = run.startMs; atMs <= Math.min(overMs, run.endMs); atMs += rule.periodMs) {
    const errors = breaches(run, atMs, rule);
    if (errors === undefined) continue;
    const when = atMs === run.startMs ? "already fires at the start" : "fires";
    const why = `the alarm ${when}: ${errors.join(", ")} errors ${eachText(rule)}, each above ${rule.threshold}`;
    return { verdict: "abort", atMs: atMs + rule.delayMs, why };
  }
  if (overMs > run.endMs) return endedFirst(run, "the alarm has not fired so far");
  return { verdict: "promote", atMs: overMs, why: "the alarm never fired" };
}

/** The errors of the last periods, the oldest first, when all of them breach. */
function breaches(
  run: RunTotals,
  atMs: number,
  { threshold, periodMs, periods, counts }: CodeDeployAlarmOptions,
): number[] | undefined {
  const found: number[] = [];
  for (let period = 0; period < periods; period++) {
    const toMs = atMs - period * periodMs;
    const { stable, canary } = run.between(toMs - periodMs, toMs);
    const errors = canary.errors + (counts === "both" ? stable.errors : 0);
    if (errors <= threshold) return undefined;
    found.unshift(errors);
  }
  return found;
}

function eachText({ periodMs, periods, counts }: CodeDeployAlarmOptions): string {
  const whose = counts === "both" ? "of both versions" : "of the canary";
  return `${whose} in the last ${periods} periods of ${periodMs / 1000} s`;
}
