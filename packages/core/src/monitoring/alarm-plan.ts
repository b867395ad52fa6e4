import type { NamedMetric } from "../contracts/metric-source.ts";
import { type ErrorBound, errorBound, FALSE_ALARM_MONTHS } from "./error-bound.ts";
import { type LatencyBound, LEAST_PERIODS } from "./latency-bound.ts";
import { countedArm, type MathRow } from "./metric-math.ts";
import type { LeftOut, MonitoredArm, MonitoredTarget } from "./monitored.ts";
import { NO_HISTORY, type UsualLevel } from "./usual-level.ts";

/** An alarm as it should be; that it is above the threshold is bad. */
export interface AlarmDefinition {
  readonly name: string;
  readonly description: string;
  /** The part of the description that says when it fires. */
  readonly meaning: string;
  readonly measure:
    /** The last row is what is compared. */
    | { readonly kind: "math"; readonly rows: readonly MathRow[] }
    | {
        readonly kind: "percentile";
        readonly metric: NamedMetric;
        readonly statistic: string;
      };
  readonly threshold: number;
  readonly periodSeconds: number;
  readonly periods: number;
  readonly datapoints: number;
  /** ARNs of SNS topics; none: those that the alarm has stay. */
  readonly actions: readonly string[];
  /** For people: how the threshold came about. */
  readonly sizedBy: string;
}

export interface AlarmPlan {
  readonly alarms: readonly AlarmDefinition[];
  readonly leftOut: readonly LeftOut[];
}

/** What the alarms of one target are sized by. */
export interface Sizing {
  /** Undefined: there was no traffic. */
  readonly usual: UsualLevel | undefined;
  /** By an arm's key; a sentence where there is none. */
  readonly latency: ReadonlyMap<string, LatencyBound | string>;
  readonly topics: readonly string[];
}

/** Begins every description: what has it may be overwritten. */
export const ALARM_MARK = "Put by `headgate alarms put`";

/** A canary has less than all traffic: its alarm is sized for a tenth. */
const CANARY_SHARE = 0.1;

function nameOf(
  { name }: MonitoredTarget,
  { key }: MonitoredArm,
  what: "errors" | "latency",
): string {
  return `${name}-${key === "all" ? "" : `${key}-`}${what}`;
}

/** What the alarms of a target are called, of which it need not have all. */
export function alarmNames(target: MonitoredTarget): readonly string[] {
  return target.arms
    .filter(({ isAlarmed }) => isAlarmed)
    .flatMap((arm) => [nameOf(target, arm, "errors"), nameOf(target, arm, "latency")]);
}

/**
 * Alarms on errors and on slowness for all traffic and for each version that the platform tells apart. Silence is
 * taken for good (notBreaching): a group without traffic is idle in every second release, and an alarm without data
 * would hold a rollout that it has nothing to say about.
 */
export function alarmPlan(target: MonitoredTarget, sizing: Sizing): AlarmPlan {
  const alarms: AlarmDefinition[] = [];
  const leftOut: LeftOut[] = [...target.leftOut];
  for (const arm of target.arms.filter(({ isAlarmed }) => isAlarmed)) {
    const errors = errorAlarm(nameOf(target, arm, "errors"), target, arm, sizing);
    if (errors === undefined) {
      leftOut.push({ what: `alarm ${nameOf(target, arm, "errors")}`, why: MOSTLY_FAILING });
    } else alarms.push(errors);
    const name = nameOf(target, arm, "latency");
    const bound = sizing.latency.get(arm.key);
    if (arm.latency === undefined) {
      leftOut.push({ what: `alarm ${name}`, why: NO_LATENCY });
    } else if (typeof bound === "object") {
      alarms.push(latencyAlarm(name, arm, arm.latency, { bound, topics: sizing.topics }));
    } else leftOut.push({ what: `alarm ${name}`, why: bound ?? TOO_FEW_PERIODS });
  }
  return { alarms, leftOut };
}

const MOSTLY_FAILING = "more than a quarter of the requests fail usually: nothing could stand out";
const NO_LATENCY =
  "percentiles of a version of its own are not published here, and cannot be subtracted";
export const TOO_FEW_PERIODS = `fewer than ${LEAST_PERIODS} periods of the last two weeks had enough requests to know the usual level: put the alarms again later`;

function errorAlarm(
  name: string,
  target: MonitoredTarget,
  arm: MonitoredArm,
  { usual, topics }: Sizing,
): AlarmDefinition | undefined {
  const level = usual ?? NO_HISTORY;
  const bound = errorBound(level, arm.key === "all" ? 1 : CANARY_SHARE);
  if (bound === undefined) return undefined;
  const { requestRows, errorRows, requests, errors } = countedArm(arm, "a");
  const expression = `${errors} - ${decimal(bound.allowance)} * (${requests})`;
  const meaning = `${arm.label} had more than ${decimal(bound.threshold)} errors in ${periodText(bound.periodSeconds)} beyond ${percent(bound.allowance)} of the requests (twice the usual).`;
  return {
    name,
    description: `${ALARM_MARK} for ${target.label}: ${meaning}`,
    meaning,
    measure: {
      kind: "math",
      rows: [
        ...requestRows,
        ...errorRows,
        { kind: "expression", id: "beyond", expression, label: "errors beyond twice the usual" },
      ],
    },
    threshold: bound.threshold,
    periodSeconds: bound.periodSeconds,
    periods: bound.periods,
    datapoints: bound.datapoints,
    actions: topics,
    sizedBy: sizedBy(usual, bound, arm),
  };
}

function sizedBy(usual: UsualLevel | undefined, bound: ErrorBound, arm: MonitoredArm): string {
  const chance = `by chance less than once in ${FALSE_ALARM_MONTHS} months`;
  if (usual === undefined) {
    return `no traffic is known yet: reckoned with 1 % of errors; ${chance}; put it again when there was some`;
  }
  const part = arm.key === "all" ? "the usual traffic" : "a tenth of the usual traffic";
  const finds =
    bound.findsRate > 1
      ? `too little traffic to find anything in ${periodText(bound.periodSeconds)} of ${part}`
      : `finds ${percent(bound.findsRate)} of errors in ${part}`;
  return `usually ${percent(usual.errorRate)} of ${decimal(usual.requestsPerSecond)} requests a second fail (${usual.hours} h); ${finds}; ${chance}`;
}

function latencyAlarm(
  name: string,
  arm: MonitoredArm,
  { metric, unitMs }: NonNullable<MonitoredArm["latency"]>,
  { bound, topics }: { readonly bound: LatencyBound; readonly topics: readonly string[] },
): AlarmDefinition {
  const { statistic, thresholdMs, usualMs, periodSeconds, periods, datapoints } = bound;
  const meaning = `${statistic} of ${arm.label} above ${decimal(thresholdMs)} ms; usually it is ${decimal(usualMs)} ms.`;
  return {
    name,
    description: `${ALARM_MARK}: ${meaning}`,
    meaning,
    measure: { kind: "percentile", metric, statistic },
    threshold: Number((thresholdMs / unitMs).toPrecision(4)),
    periodSeconds,
    periods,
    datapoints,
    actions: topics,
    sizedBy: `usually ${decimal(usualMs)} ms; above what 99 of 100 periods of two weeks had, and three deviations above their middle; not judged below ${bound.leastRequests} requests in ${periodText(periodSeconds)}`,
  };
}

function periodText(seconds: number): string {
  if (seconds === 60) return "a minute";
  return `${seconds / 60} minutes`;
}

function percent(fraction: number): string {
  return `${decimal(100 * fraction)} %`;
}

/** Four digits at most, and never in the form 1e-7, which metric math does not read. */
function decimal(value: number): string {
  const digits = Number(value.toPrecision(4));
  return Math.abs(digits) < 1e-6 ? digits.toFixed(10).replace(/\.?0+$/, "") : String(digits);
}
