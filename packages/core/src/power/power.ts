import type { ComparisonSettings } from "../analysis/settings.ts";
import type { FeedTiming } from "../analysis/timing.ts";
import type { Step } from "../plan/plan.ts";
import type { Random } from "../simulation/random.ts";
import { simulateRollout } from "../simulation/rollout.ts";
import type { SimulatedRollout } from "../simulation/rollout.ts";
import { courseOf } from "./course.ts";
import { helpFor } from "./help.ts";
import type { Help } from "./help.ts";
import { canaryTraffic, requestsToProve } from "./proof.ts";

export interface PowerQuestion {
  readonly steps: readonly Step[];
  readonly settings: ComparisonSettings;
  readonly feed: FeedTiming;
  /** Of both versions together, and the share of them that fails today. */
  readonly traffic: { readonly requestsPerSecond: number; readonly errorRate: number };
  /** The canary serves at least this long before it is promoted. */
  readonly minTimeMs: number;
  /** Whether proof ends the steps before their time. */
  readonly promotesEarly?: boolean;
  readonly random: Random;
  /** Rollouts for each kind of canary, at most. Default 400. */
  readonly runs?: number;
}

/** What a plan would do with canaries that fail more than stable. Shares and rates are fractions. */
export interface Detection {
  /** On top of stable's, absolute. */
  readonly extraErrorRate: number;
  /** Taken out before promotion. */
  readonly detectedShare: number;
  readonly promotedShare: number;
  /** From the canary's first traffic to the verdict, of those detected; absent when none was. */
  readonly medianMs?: number;
  /** Requests that failed because of the canary, detected or not. */
  readonly medianFailed: number;
  readonly p95Failed: number;
  readonly runs: number;
}

export interface PowerReport {
  readonly detections: readonly Detection[];
  /** Of canaries as good as stable: what was simulated, and what is guaranteed. */
  readonly falseRollback: { readonly share: number; readonly bound: number };
  readonly good: {
    /** Promoted in the plan's time, its waits included. The others are held, or what the spec says. */
    readonly promotedShare: number;
    /** Of those promoted; absent when none was. */
    readonly medianMs?: number;
    readonly runs: number;
  };
  /** The plan cannot be relied on to find a bad canary, or to prove a good one. */
  readonly underpowered: boolean;
  /** Why, as a sentence; absent when it is not underpowered. */
  readonly reason?: string;
  /** Empty when it is not underpowered. */
  readonly help: readonly Help[];
}

const EXTRA_ERROR_RATES = [0.005, 0.01, 0.05, 0.3] as const;
/** A plan should find a canary that fails this much more. */
const REFERENCE = 0.05;
/** With at least this chance; and prove a good one with at least this chance. */
const RELIABLE = 0.8;

const RUNS = 400;
/** Looks at the evidence for each kind of canary, after which no more runs begin: a fifth of a second, about. */
const LOOKS = 20_000;
const LEAST_RUNS = 40;
/**
 * A look comes at most this part later than the feed would allow, of the time since the weight changed: a day at one
 * weight is then 100 looks and not 86,400. Evidence is no less for it, only later.
 */
const COARSENESS = 0.1;

/**
 * Simulates the plan with the code that decides real rollouts, and says what it can find. Deterministic for a given
 * `random`. The figures carry the chance of as many runs as each of them names: with 400, a share is right to 5 points.
 */
export function detectionPower(question: PowerQuestion): PowerReport {
  const { traffic, settings } = question;
  const course = courseOf(question.steps);
  const detections = EXTRA_ERROR_RATES.map((extra) =>
    detectionOf(extra, simulate(question, extra)),
  );
  const runs = simulate(question, 0);
  const promoted = runs.filter(({ verdict }) => verdict === "promote");
  const medianMs = quantile(times(promoted), 0.5);
  const good = {
    promotedShare: promoted.length / runs.length,
    ...(medianMs === undefined ? {} : { medianMs }),
    runs: runs.length,
  };
  const falseRollback = { share: shareOf(runs, "abort"), bound: settings.alpha };
  const canary = canaryTraffic(course, traffic.requestsPerSecond);
  const reason = reasonFor(detections, good.promotedShare, {
    got: canary.requests,
    needed: requestsToProve(traffic.errorRate, Math.min(0.5, canary.share), settings),
  });
  const known = { detections, falseRollback, good };
  if (reason === undefined) return { ...known, underpowered: false, help: [] };
  const help = helpFor(course, traffic, canary, settings);
  return { ...known, underpowered: true, reason, help };
}

function simulate(question: PowerQuestion, extra: number): readonly SimulatedRollout[] {
  const { traffic, feed, settings, minTimeMs, random } = question;
  const { errorRate } = traffic;
  const course = courseOf(question.steps);
  const extraErrorRate = Math.min(1, extra / (1 - errorRate));
  const runs: SimulatedRollout[] = [];
  const most = question.runs ?? RUNS;
  let looks = 0;
  while (runs.length < most && (looks < LOOKS || runs.length < LEAST_RUNS)) {
    const run = simulateRollout({
      course,
      traffic: { ...traffic, extraErrorRate },
      feed,
      settings,
      minTimeMs,
      promotesEarly: question.promotesEarly ?? false,
      random,
      coarseness: COARSENESS,
    });
    looks += run.looks;
    runs.push(run);
  }
  return runs;
}

function detectionOf(extraErrorRate: number, runs: readonly SimulatedRollout[]): Detection {
  const failed = runs.map(({ failedByCanary }) => failedByCanary);
  const medianMs = quantile(times(runs.filter(({ verdict }) => verdict === "abort")), 0.5);
  return {
    extraErrorRate,
    detectedShare: shareOf(runs, "abort"),
    promotedShare: shareOf(runs, "promote"),
    ...(medianMs === undefined ? {} : { medianMs }),
    medianFailed: quantile(failed, 0.5) ?? 0,
    p95Failed: quantile(failed, 0.95) ?? 0,
    runs: runs.length,
  };
}

function reasonFor(
  detections: readonly Detection[],
  promotedShare: number,
  proof: { readonly got: number; readonly needed: number },
): string | undefined {
  const reference = detections.find(({ extraErrorRate }) => extraErrorRate === REFERENCE);
  const detected = reference?.detectedShare ?? 0;
  const got = `the canary gets about ${Math.round(proof.got)} requests in all of the plan's time`;
  if (detected < RELIABLE) {
    return `a canary that fails ${100 * REFERENCE}% more is found with a chance of ${percent(detected)} only: ${got}`;
  }
  if (promotedShare >= RELIABLE) return undefined;
  const needed = Number.isFinite(proof.needed)
    ? `a proof takes about ${Number(proof.needed.toPrecision(2))}`
    : "no number of them proves it with this margin";
  return `a good canary is proved no worse with a chance of ${percent(promotedShare)} only: ${got}, and ${needed}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function shareOf(runs: readonly SimulatedRollout[], verdict: SimulatedRollout["verdict"]): number {
  return runs.filter((run) => run.verdict === verdict).length / runs.length;
}

function times(runs: readonly SimulatedRollout[]): readonly number[] {
  return runs.map(({ atMs }) => atMs);
}

function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
