import type { MetricQuery, MetricWindow, Reading } from "../contracts/metric-source.ts";
import { backgroundChecks } from "../plan/plan.ts";
import { formatDuration } from "../duration.ts";
import type { CheckSpec } from "../spec/schema.ts";
import type { Guard } from "./guard.ts";
import type { Json } from "./json.ts";
import { counted, newRun, verdictOf } from "./measurements.ts";
import { isLive } from "./phase.ts";
import type { Blocker, CheckRun, Measurement, Rollout } from "./rollout.ts";
import { change, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** Metric checks as a guard: those in the background, and those of the analysis step that is running. */
export const checkGuard: Guard = {
  failing(rollout) {
    const run = enforced(rollout).find(({ status }) => status === "failed" || status === "error");
    if (run === undefined) return undefined;
    const latest = run.recent.at(-1);
    const what =
      run.status === "failed"
        ? `check ${run.name} failed ${times(run.failed)}: ${latest?.detail ?? ""}`
        : `check ${run.name} could not be measured ${times(run.consecutiveError)} in a row: ${latest?.detail ?? ""}`;
    return {
      cause: { kind: "check", name: run.name },
      detail: what,
      evidence: evidenceOf(rollout, run),
    };
  },

  blockers(rollout, atMs) {
    if (rollout.weight === 0) return [];
    return backgroundChecks(rollout.spec).flatMap((name) => {
      if (checkSpecOf(rollout, name)?.dryRun === true) return [];
      const run = rollout.checks.find((candidate) => candidate.name === name);
      return run === undefined ? [notMeasured(name)] : blockerOf(rollout, run, atMs);
    });
  },

  poll(turn) {
    if (!isLive(turn.rollout.phase)) return turn;
    return turn.rollout.checks.reduce(measureIfDue, startBackground(turn));
  },

  nextPollMs(rollout) {
    if (!isLive(rollout.phase)) return Infinity;
    const waiting = rollout.checks.filter(
      (run) => run.status === "running" && !isMeasuring(rollout, run.name),
    );
    return Math.min(...waiting.map(({ nextAtMs }) => nextAtMs));
  },
};

/** Fresh runs of the named checks, for an analysis step. */
export function startStepChecks(turn: Turn, names: readonly string[]): Turn {
  return startRuns(turn, names, "step");
}

/** Takes the runs of a finished analysis step out: they were its own. */
export function endStepChecks(turn: Turn): Turn {
  const checks = turn.rollout.checks.filter(({ runs }) => runs !== "step");
  return checks.length === turn.rollout.checks.length ? turn : change(turn, { checks });
}

export function checkSpecOf(rollout: Rollout, name: string): CheckSpec | undefined {
  return rollout.spec.checks.find((check) => check.name === name);
}

/** Whether the newest measurement passed, and is not from long ago. */
export function isPassing(rollout: Rollout, run: CheckRun, atMs: number): boolean {
  return run.status === "successful" || blockerOf(rollout, run, atMs).length === 0;
}

export function receiveMeasurement(
  turn: Turn,
  name: string,
  window: MetricWindow,
  reading: Reading,
): Turn {
  const check = checkSpecOf(turn.rollout, name);
  if (check === undefined) return turn;
  const verdict = verdictOf(check, reading.value);
  const detail =
    reading.value === undefined
      ? `no data: ${reading.detail}`
      : `${boundsText(check, reading.value)} (${reading.detail})`;
  const value = reading.value === undefined ? {} : { value: reading.value };
  return record(turn, check, { verdict, atMs: turn.atMs, ...value, detail, window });
}

export function receiveMeasurementError(
  turn: Turn,
  name: string,
  window: MetricWindow,
  why: string,
): Turn {
  const check = checkSpecOf(turn.rollout, name);
  if (check === undefined) return turn;
  return record(turn, check, { verdict: "error", atMs: turn.atMs, detail: why, window });
}

function record(turn: Turn, check: CheckSpec, measurement: Measurement): Turn {
  const run = turn.rollout.checks.find(({ name }) => name === check.name);
  if (run === undefined || run.status !== "running") return turn;
  const next = counted(check, run, measurement);
  const checks = turn.rollout.checks.map((one) => (one === run ? next : one));
  const recorded = change(turn, { checks });
  if (next.status === "running" && !isNews(run.recent.at(-1), measurement)) return recorded;
  const dry = check.dryRun ? " (dry run: no effect)" : "";
  const text = `check ${check.name}: ${measurement.verdict}, ${measurement.detail}${dry}`;
  return note(recorded, "observed", text, evidenceOf(recorded.rollout, next));
}

/** Every failure is news, since each counts; of the rest, what is not as it was the time before. */
function isNews(before: Measurement | undefined, { verdict }: Measurement): boolean {
  return verdict === "fail" || verdict !== (before?.verdict ?? "pass");
}

/** What a check's verdict rests on, for the journal. */
export function evidenceOf(rollout: Rollout, run: CheckRun): { readonly [key: string]: Json } {
  const check = checkSpecOf(rollout, run.name);
  return {
    check: run.name,
    ...(check?.min === undefined ? {} : { min: check.min }),
    ...(check?.max === undefined ? {} : { max: check.max }),
    failureLimit: check?.failureLimit ?? 0,
    inconclusiveLimit: check?.inconclusiveLimit ?? 0,
    consecutiveErrorLimit: check?.consecutiveErrorLimit ?? 0,
    successful: run.successful,
    failed: run.failed,
    inconclusive: run.inconclusive,
    errors: run.error,
    measurements: run.recent.slice(-5).map(({ verdict, atMs, value, detail, window }) => ({
      verdict,
      atMs,
      value: value ?? null,
      detail,
      fromMs: window.fromMs,
      toMs: window.toMs,
    })),
  };
}

function blockerOf(rollout: Rollout, run: CheckRun, atMs: number): Blocker[] {
  if (run.status === "successful") return [];
  const guard = `check ${run.name}`;
  const latest = run.recent.at(-1);
  if (latest === undefined) return [notMeasured(run.name)];
  if (latest.verdict === "fail") return [{ guard, says: "fail", detail: latest.detail }];
  if (latest.verdict !== "pass") return [{ guard, says: "noData", detail: latest.detail }];
  const interval = checkSpecOf(rollout, run.name)?.interval ?? 0;
  if (atMs - latest.atMs <= 2 * interval + 30_000) return [];
  const age = formatDuration(atMs - latest.atMs);
  return [{ guard, says: "noData", detail: `its last measurement is ${age} old` }];
}

function notMeasured(name: string): Blocker {
  return { guard: `check ${name}`, says: "noData", detail: "not measured yet" };
}

/** Checks in dry run are measured and recorded, and decide nothing. */
export function enforced(rollout: Rollout): readonly CheckRun[] {
  return rollout.checks.filter(({ name }) => checkSpecOf(rollout, name)?.dryRun !== true);
}

function startBackground(turn: Turn): Turn {
  const { rollout } = turn;
  if (rollout.trafficSinceMs === undefined) return turn;
  const missing = backgroundChecks(rollout.spec).filter(
    (name) => !rollout.checks.some((run) => run.name === name),
  );
  return missing.length === 0 ? turn : startRuns(turn, missing, "background");
}

function startRuns(turn: Turn, names: readonly string[], runs: CheckRun["runs"]): Turn {
  const { rollout, atMs } = turn;
  const started = names.flatMap((name) => {
    const check = checkSpecOf(rollout, name);
    return check === undefined ? [] : [newRun(check, runs, atMs, firstAtMs(rollout, check, atMs))];
  });
  const others = rollout.checks.filter(({ name }) => !names.includes(name));
  return change(turn, { checks: [...others, ...started] });
}

/** A first window that began before its run did would measure something else. */
function firstAtMs(rollout: Rollout, check: CheckSpec, atMs: number): number {
  const { lagMs, resolutionMs } = rollout.metrics;
  const fromMs = Math.ceil((atMs + check.initialDelay) / resolutionMs) * resolutionMs;
  return fromMs + lengthMs(check, resolutionMs) + lagMs;
}

function measureIfDue(turn: Turn, run: CheckRun): Turn {
  const { rollout, atMs } = turn;
  const check = checkSpecOf(rollout, run.name);
  if (check === undefined || rollout.versions === undefined || run.status !== "running")
    return turn;
  if (run.nextAtMs > atMs || isMeasuring(rollout, run.name)) return turn;
  return issue(turn, {
    kind: "measure",
    check: run.name,
    query: queryOf(check, rollout.versions),
    window: windowOf(rollout, check, atMs),
  });
}

function isMeasuring(rollout: Rollout, name: string): boolean {
  return rollout.outstanding.some(
    ({ command }) => command.kind === "measure" && command.check === name,
  );
}

/** The newest complete window, on the platform's own grid. */
function windowOf(rollout: Rollout, check: CheckSpec, atMs: number): MetricWindow {
  const { lagMs, resolutionMs } = rollout.metrics;
  const toMs = Math.floor((atMs - lagMs) / resolutionMs) * resolutionMs;
  return { fromMs: toMs - lengthMs(check, resolutionMs), toMs };
}

function lengthMs(check: CheckSpec, resolutionMs: number): number {
  return Math.ceil((check.window ?? check.interval) / resolutionMs) * resolutionMs;
}

function queryOf(check: CheckSpec, versions: NonNullable<Rollout["versions"]>): MetricQuery {
  const { metric } = check;
  if (metric.kind === "builtIn") return { ...metric, version: versions.canary };
  const named = Object.entries(metric.dimensions).map(([name, value]) => [
    name,
    value.replaceAll("{stable}", versions.stable).replaceAll("{canary}", versions.canary),
  ]);
  return { ...metric, dimensions: Object.fromEntries(named) };
}

function boundsText(check: CheckSpec, value: number): string {
  const unit = unitOf(check);
  // Four digits are as many as a person compares.
  const shown = `${Number(value.toPrecision(4))}${unit}`;
  const { max, min } = check;
  if (max !== undefined && value > max) return `${shown} is above the max ${max}${unit}`;
  if (min !== undefined && value < min) return `${shown} is below the min ${min}${unit}`;
  return `${shown} is within bounds`;
}

/** As it follows the number; empty for counts and for metrics whose unit only their owner knows. */
function unitOf({ metric }: CheckSpec): string {
  if (metric.kind === "cloudWatch") return "";
  const { metric: name } = metric;
  switch (name) {
    case "errorRate":
      return "%";
    case "latencyP50":
    case "latencyP99":
    case "latencyAverage":
      return " ms";
    case "errors":
    case "requests":
      return "";
    default:
      return name satisfies never;
  }
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
