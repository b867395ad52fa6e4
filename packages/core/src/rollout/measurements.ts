import type { CheckSpec } from "../spec/schema.ts";
import type { Verdict } from "../analysis/evidence.ts";
import type { CheckRun, Measurement } from "./rollout.ts";

/** An errored measurement is tried again after this, whatever the interval. Source: Argo Rollouts. */
const ERROR_RETRY_MS = 10_000;
const RECENT = 10;

/** No data is inconclusive: never a pass, never a failure. */
export function verdictOf(check: CheckSpec, value: number | undefined): Verdict {
  if (value === undefined || !Number.isFinite(value)) return "inconclusive";
  if (check.max !== undefined && value > check.max) return "fail";
  if (check.min !== undefined && value < check.min) return "fail";
  return "pass";
}

export function newRun(
  check: CheckSpec,
  runs: CheckRun["runs"],
  atMs: number,
  firstAtMs: number,
): CheckRun {
  return {
    name: check.name,
    runs,
    status: "running",
    count: 0,
    successful: 0,
    failed: 0,
    inconclusive: 0,
    error: 0,
    consecutiveError: 0,
    startedAtMs: atMs,
    nextAtMs: firstAtMs,
    recent: [],
  };
}

/**
 * Counts one measurement as Argo Rollouts does: failures, inconclusives and errors are cumulative, only
 * errors in a row are counted apart, and an error is no measurement of `count`. A limit is passed when it
 * is exceeded; -1 switches it off.
 */
export function counted(check: CheckSpec, run: CheckRun, measurement: Measurement): CheckRun {
  const { verdict, atMs } = measurement;
  const isError = verdict === "error";
  const next: CheckRun = {
    ...run,
    count: run.count + (isError ? 0 : 1),
    successful: run.successful + (verdict === "pass" ? 1 : 0),
    failed: run.failed + (verdict === "fail" ? 1 : 0),
    inconclusive: run.inconclusive + (verdict === "inconclusive" ? 1 : 0),
    error: run.error + (isError ? 1 : 0),
    consecutiveError: isError ? run.consecutiveError + 1 : 0,
    nextAtMs: atMs + (isError ? ERROR_RETRY_MS : check.interval),
    recent: [...run.recent, measurement].slice(-RECENT),
  };
  return { ...next, status: statusOf(check, next) };
}

function statusOf(check: CheckSpec, run: CheckRun): CheckRun["status"] {
  if (exceeds(run.failed, check.failureLimit)) return "failed";
  if (exceeds(run.inconclusive, check.inconclusiveLimit)) return "inconclusive";
  if (exceeds(run.consecutiveError, check.consecutiveErrorLimit)) return "error";
  if (check.count === undefined || run.count < check.count) return "running";
  // Argo would call a run of nothing but tolerated inconclusives successful. No data never passes here.
  return run.successful > 0 ? "successful" : "inconclusive";
}

function exceeds(counter: number, limit: number): boolean {
  return limit >= 0 && counter > limit;
}

/** A person said to go on: the silence so far is forgiven, the failures are not. */
export function forgiven(run: CheckRun, atMs: number): CheckRun {
  if (run.status !== "inconclusive") return run;
  return { ...run, status: "running", inconclusive: 0, count: 0, nextAtMs: atMs };
}
