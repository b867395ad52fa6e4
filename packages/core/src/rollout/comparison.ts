import type { CountBucket } from "../analysis/counts.ts";
import { LATENCY_TOLERANCE } from "../analysis/counts.ts";
import { judge, observe, startComparison } from "../analysis/comparison.ts";
import type { ComparisonState } from "../analysis/comparison.ts";
import type { ComparisonEvidence } from "../analysis/evidence.ts";
import { startFeed, takeBuckets } from "../analysis/feed.ts";
import type { FeedState, SteadySpan } from "../analysis/feed.ts";
import type { ComparisonSettings } from "../analysis/settings.ts";
import { graceMs, PROPAGATION_MS, SUSPICIOUS } from "../analysis/timing.ts";
import type { Baseline, VersionBucket } from "../contracts/metric-source.ts";
import { comparisonOf } from "../plan/plan.ts";
import type { CompareSpec } from "../spec/schema.ts";
import type { RolloutEvent } from "./event.ts";
import { isBaselineWanted, pollBaseline } from "./comparison-baseline.ts";
import { comparisonEvidence, comparisonNews } from "./comparison-notes.ts";
import type { Guard } from "./guard.ts";
import { isLive } from "./phase.ts";
import type { Blocker, Rollout } from "./rollout.ts";
import { change, isOutstanding, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** The comparison of both versions as a rollout carries it. Plain data. */
export interface ComparisonWatch {
  /** Whether the way stable was before has been asked for: found or not, the first weight waits no longer. */
  readonly isBaselineRead: boolean;
  readonly baselineAtMs: number;
  /** Stable before this rollout: frozen once it has enough requests. */
  readonly baseline?: Baseline;
  /** Absent until the canary has traffic. */
  readonly feed?: FeedState;
  readonly countAtMs: number;
  /** Stretches in which the weight was steady, oldest first; what was counted already is left out. */
  readonly spans: readonly SteadySpan[];
  /** The stretch that goes on. */
  readonly steady?: { readonly fromMs: number; readonly weightBps: number };
  readonly state: ComparisonState;
  readonly evidence: ComparisonEvidence;
  /** The least bound on the canary's excess risk so far: it is a confidence sequence, so the least one holds. */
  readonly riskBound: number;
  /** Requests of both versions and the seconds they came in, older ones counting less. */
  readonly recent: { readonly requests: number; readonly seconds: number };
  /** The source has been read up to here, whatever it had. */
  readonly readToMs?: number;
  /** When the newest bucket with any requests ended. */
  readonly heardAtMs?: number;
  /** Set while the counts cannot be read; says why. */
  readonly unreadable?: string;
  /** When the canary was proved no worse and the rollout went on because of it. */
  readonly provedAtMs?: number;
  /** Proof is no longer waited for: a person or the policy said so. */
  readonly waivedBy?: string;
}

/** What was counted a minute ago weighs a third of what was counted now. */
const RECENT_SECONDS = 60;
/** A read after a long gap asks for no more buckets than this. */
const MOST_BUCKETS = 1000;

/** What the versions' own counts say. One that fails turns the rollout back; silence holds the weight. */
export const comparisonGuard: Guard = {
  failing(rollout) {
    const { comparison } = rollout;
    if (comparison === undefined || rollout.weight === 0) return undefined;
    const { evidence } = comparison;
    if (evidence.verdict === "fail") {
      return {
        cause: { kind: "comparison", name: leadingPart(evidence) },
        detail: evidence.sentence,
        evidence: comparisonEvidence(evidence),
      };
    }
    if (!evidence.requestCount.isMissing || missingPolicy(rollout) !== "abort") return undefined;
    return {
      cause: { kind: "comparison", name: "requests" },
      detail: MISSING,
      evidence: comparisonEvidence(evidence),
    };
  },

  blockers(rollout, atMs) {
    const { comparison } = rollout;
    if (comparison === undefined || comparison.waivedBy !== undefined) return [];
    // With all traffic on the canary there is nothing left to compare with.
    if (rollout.weight === 10_000) return [];
    if (rollout.weight === 0) {
      return comparison.isBaselineRead
        ? []
        : [silent("stable's traffic has not been looked at yet")];
    }
    const { evidence, unreadable, heardAtMs } = comparison;
    if (unreadable !== undefined) return [silent(`the counts cannot be read: ${unreadable}`)];
    if (evidence.requests.canary === 0) return [silent("no request of the canary was counted yet")];
    const silentMs = atMs - (heardAtMs ?? 0);
    if (silentMs > silenceMs(rollout)) {
      return [silent(`nothing was counted in the last ${Math.round(silentMs / 1000)} s`)];
    }
    if (isHeldByMissing(rollout)) return [silent(MISSING)];
    // A ramp rises by its own bound on the risk, and a verdict comes sooner with more traffic.
    if (rollout.plan[rollout.step.index]?.kind === "ramp") return [];
    if (!isSuspicious(evidence)) return [];
    const { logE, threshold } = evidence.rollback;
    const far = `log E ${logE.toFixed(1)} of ${threshold.toFixed(1)}`;
    return [
      silent(`the evidence against the canary is more than half of what turns it back: ${far}`),
    ];
  },

  poll(turn) {
    return pollCounts(pollBaseline(turn));
  },

  nextPollMs(rollout) {
    const { comparison } = rollout;
    if (comparison === undefined || !isLive(rollout.phase)) return Infinity;
    const baselineMs = isBaselineWanted(rollout) ? comparison.baselineAtMs : Infinity;
    const countMs = isCounting(rollout) ? comparison.countAtMs : Infinity;
    return Math.min(baselineMs, countMs);
  },
};

/** What is said when the canary's requests are missing. */
export const MISSING = "the canary answers fewer requests than its weight sends it";

/** @param known stable's traffic as an earlier rollout measured it. */
export function startWatch(
  compare: CompareSpec,
  atMs: number,
  known: Baseline | undefined,
): ComparisonWatch {
  const settings = settingsOf(compare);
  const state = startComparison(settings);
  return {
    isBaselineRead: false,
    ...(known === undefined ? {} : { baseline: known }),
    baselineAtMs: atMs,
    countAtMs: atMs,
    spans: [],
    state,
    evidence: judge(state, settings),
    riskBound: 1,
    recent: { requests: 0, seconds: 0 },
  };
}

export function settingsOf(compare: CompareSpec): ComparisonSettings {
  const { alpha, beta, tolerance, margin, retries, metrics } = compare;
  return {
    alpha,
    beta,
    tolerance: { ratio: tolerance.ratio, rate: tolerance.rate },
    margin,
    retries,
    latency: compare.latency === "compare",
    lateOnset: true,
    custom: metrics.map((metric) => ({
      name: metric.name,
      kind: metric.kind,
      thresholds: metric.kind === "values" ? metric.thresholds.length : 1,
    })),
  };
}

/** Requests a second of both versions; of stable's before the rollout, until this one has counted some. */
export function requestsPerSecond({ comparison }: Rollout): number | undefined {
  if (comparison === undefined) return undefined;
  const { recent, baseline, feed } = comparison;
  const now = recent.seconds > 0 ? recent.requests / recent.seconds : undefined;
  if (feed !== undefined || baseline === undefined) return now;
  const { fromMs, toMs } = baseline.window;
  const before = (baseline.requests / (toMs - fromMs)) * 1000;
  // The more traffic there may be, the smaller the first weight: of two answers the greater is the careful one.
  return Math.max(before, now ?? 0);
}

/** New counts: each bucket is counted once, and what it says is judged at once. */
export function receiveCounts(turn: Turn, event: RolloutEvent & { kind: "counted" }): Turn {
  const { rollout, atMs } = turn;
  const { comparison, versions, metrics } = rollout;
  const compare = comparisonOf(rollout.spec);
  if (comparison?.feed === undefined || versions === undefined || compare === undefined)
    return turn;
  const raw = pairUp(event.buckets, versions);
  const { feed: taken, closed } = takeBuckets(comparison.feed, raw, {
    readToMs: event.window.toMs,
    nowMs: atMs,
    graceMs: graceMs(metrics),
    spans: allSpans(comparison, event.window.toMs),
  });
  // Nothing can come for it any more: silence is not read again and again from where it began.
  const doneMs = floorTo(
    Math.min(event.window.toMs, atMs - graceMs(metrics)),
    metrics.resolutionMs,
  );
  const feed = { ...taken, countedToMs: Math.max(taken.countedToMs, doneMs) };
  const settings = settingsOf(compare);
  const state = closed.reduce(
    (observed, { bucket, weightBps }) => observe(observed, settings, bucket, weightBps),
    comparison.state,
  );
  const evidence = closed.length === 0 ? comparison.evidence : judge(state, settings);
  const heardAtMs = raw.reduce(
    (latest, { toMs }) => Math.max(latest, toMs),
    comparison.heardAtMs ?? 0,
  );
  const { unreadable: _, ...rest } = comparison;
  const counted = change(turn, {
    comparison: {
      ...rest,
      feed,
      state,
      evidence,
      riskBound: Math.min(comparison.riskBound, evidence.riskBound),
      recent: closed.reduce(addRecent, comparison.recent),
      readToMs: event.window.toMs,
      ...(heardAtMs === 0 ? {} : { heardAtMs }),
      countAtMs: nextCountMs(rollout, feed, atMs),
      spans: comparison.spans.filter(({ toMs }) => toMs > feed.countedToMs),
    },
  });
  const news = comparisonNews(comparison.evidence, evidence);
  if (news === undefined) return counted;
  return note(counted, "observed", news, comparisonEvidence(evidence));
}

export function receiveCountsUnreadable(turn: Turn, why: string): Turn {
  const { comparison, metrics } = turn.rollout;
  if (comparison === undefined) return turn;
  const countAtMs = turn.atMs + Math.min(5000, metrics.resolutionMs);
  const failed = change(turn, { comparison: { ...comparison, unreadable: why, countAtMs } });
  // Said when it begins: the texts of services often differ by nothing but a request's id.
  if (comparison.unreadable !== undefined) return failed;
  return note(failed, "trouble", `the counts cannot be read: ${why}`);
}

/**
 * Keeps the list of stretches with a steady weight. A stretch ends when a change of the route is sent, and the
 * next begins when the change was read back and has spread. Called once in every turn.
 */
export function keepSpans(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  const { comparison, target } = rollout;
  if (comparison === undefined) return turn;
  const { steady } = comparison;
  const isMoving = isOutstanding(rollout, "setWeight", "promote", "restore");
  const isSteady = isLive(rollout.phase) && !isMoving && rollout.weight > 0;
  if (steady !== undefined && (!isSteady || steady.weightBps !== rollout.weight)) {
    // Changed elsewhere: since when is not known, so what has not been counted yet is left out.
    const toMs = isSteady ? Math.min(atMs, comparison.feed?.countedToMs ?? atMs) : atMs;
    const { steady: _, ...rest } = comparison;
    const spans =
      toMs > steady.fromMs ? [...comparison.spans, { ...steady, toMs }] : comparison.spans;
    return keepSpans(change(turn, { comparison: { ...rest, spans } }));
  }
  if (steady !== undefined || !isSteady) return turn;
  const fromMs = atMs + (target.propagationMs ?? PROPAGATION_MS);
  return change(turn, {
    comparison: { ...comparison, steady: { fromMs, weightBps: rollout.weight } },
  });
}

function allSpans({ spans, steady }: ComparisonWatch, toMs: number): readonly SteadySpan[] {
  return steady === undefined || steady.fromMs >= toMs ? spans : [...spans, { ...steady, toMs }];
}

function pollCounts(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  const { comparison, versions, metrics, trafficSinceMs } = rollout;
  const compare = comparisonOf(rollout.spec);
  if (comparison === undefined || compare === undefined || versions === undefined) return turn;
  if (!isCounting(rollout) || atMs < comparison.countAtMs || trafficSinceMs === undefined)
    return turn;
  const { lagMs, resolutionMs } = metrics;
  const feed = comparison.feed ?? startFeed(floorTo(trafficSinceMs, resolutionMs));
  const fromMs = feed.countedToMs;
  const toMs = Math.min(floorTo(atMs - lagMs, resolutionMs), fromMs + MOST_BUCKETS * resolutionMs);
  const started = change(turn, {
    comparison: { ...comparison, feed, countAtMs: nextCountMs(rollout, feed, atMs) },
  });
  if (toMs <= fromMs) return started;
  const thresholds = compare.latency === "compare" ? (comparison.baseline?.latencyMs ?? []) : [];
  const slower = (ms: number) => Math.max(ms * LATENCY_TOLERANCE, ms + compare.tolerance.latency);
  return issue(started, {
    kind: "count",
    query: {
      versions: [
        { version: versions.stable, slowerThanMs: thresholds },
        { version: versions.canary, slowerThanMs: thresholds.map(slower) },
      ],
      window: { fromMs, toMs },
      custom: compare.metrics,
    },
  });
}

/** The last point of the source's grid. */
function floorTo(atMs: number, resolutionMs: number): number {
  return Math.floor(atMs / resolutionMs) * resolutionMs;
}

/** While both versions serve: with all traffic on one there is nothing to compare. */
function isCounting(rollout: Rollout): boolean {
  const { phase, weight, trafficSinceMs } = rollout;
  if (!isLive(phase) || phase === "preparing" || phase === "baking") return false;
  if (trafficSinceMs === undefined || weight === 0 || weight === 10_000) return false;
  return !isOutstanding(rollout, "count");
}

/** When the next bucket is complete; soon, when what should be there is not. */
function nextCountMs(rollout: Rollout, feed: FeedState, atMs: number): number {
  const { lagMs, resolutionMs } = rollout.metrics;
  const completeMs = feed.countedToMs + resolutionMs + lagMs;
  return Math.max(completeMs, atMs + Math.min(1000, resolutionMs));
}

/** The raw buckets of both versions, side by side by time and stratum. */
function pairUp(
  buckets: readonly VersionBucket[],
  versions: { readonly stable: string; readonly canary: string },
): readonly CountBucket[] {
  const paired = new Map<string, CountBucket>();
  for (const { version, fromMs, toMs, stratum, counts } of buckets) {
    const arm = version === versions.stable ? "stable" : "canary";
    if (arm === "canary" && version !== versions.canary) continue;
    const key = `${fromMs} ${toMs} ${stratum}`;
    paired.set(key, { ...(paired.get(key) ?? { fromMs, toMs, stratum }), [arm]: counts });
  }
  return [...paired.values()].toSorted((left, right) => left.fromMs - right.fromMs);
}

function addRecent(
  { requests, seconds }: ComparisonWatch["recent"],
  { bucket }: { readonly bucket: CountBucket },
): ComparisonWatch["recent"] {
  const length = (bucket.toMs - bucket.fromMs) / 1000;
  const kept = Math.exp(-length / RECENT_SECONDS);
  const counted = (bucket.stable?.requests ?? 0) + (bucket.canary?.requests ?? 0);
  return { requests: requests * kept + counted, seconds: seconds * kept + length };
}

/** The part that argues most against the canary. */
function leadingPart({ parts }: ComparisonEvidence): string {
  return parts.reduce((most, part) => (part.logE > most.logE ? part : most)).name;
}

function missingPolicy(rollout: Rollout): "hold" | "abort" | "ignore" {
  const given = comparisonOf(rollout.spec)?.requestCount;
  return given ?? (rollout.metrics.countedBy === "version" ? "abort" : "hold");
}

/** Whether the canary's requests are missing and the spec wants nobody promoted on that. */
export function isHeldByMissing(rollout: Rollout): boolean {
  const isMissing = rollout.comparison?.evidence.requestCount.isMissing === true;
  return isMissing && missingPolicy(rollout) === "hold";
}

/** Whether so much speaks against the canary that it gets no more traffic until less does. */
export function isSuspicious({ rollback }: ComparisonEvidence): boolean {
  return !(rollback.logE < rollback.threshold * SUSPICIOUS);
}

/** Whether counts of the last while have still to be read, as after a time in which no controller ran. */
export function isCatchingUp(rollout: Rollout, atMs: number): boolean {
  const { comparison, weight } = rollout;
  if (comparison?.readToMs === undefined || comparison.unreadable !== undefined) return false;
  if (weight === 0 || weight === 10_000) return false;
  return comparison.readToMs < atMs - silenceMs(rollout);
}

/** So many times the usual wait for a request may pass without one. */
const USUAL_WAITS = 10;

/** Past this without a single request, the feed counts as silent. */
function silenceMs({ metrics, comparison, trafficSinceMs }: Rollout): number {
  const leastMs = Math.max(30_000, 3 * (metrics.resolutionMs + metrics.lagMs));
  const { stable, canary } = comparison?.evidence.requests ?? { stable: 0, canary: 0 };
  const heardAtMs = comparison?.heardAtMs;
  if (heardAtMs === undefined || trafficSinceMs === undefined || stable + canary === 0) {
    return leastMs;
  }
  // Where requests are rare, a long wait for the next is nothing strange.
  return Math.max(leastMs, (USUAL_WAITS * (heardAtMs - trafficSinceMs)) / (stable + canary));
}

function silent(detail: string): Blocker {
  return { guard: "comparison", says: "noData", detail };
}
