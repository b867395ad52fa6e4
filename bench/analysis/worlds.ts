// The worlds that cells run in: error rates over time, and latency as the share above each threshold.
import {
  DEFAULT_SETTINGS,
  LATENCY_QUANTILES,
  LATENCY_TOLERANCE,
  linearCourse,
} from "../../packages/core/src/index.ts";
import type {
  ComparisonSettings,
  LatencyShares,
  Stage,
  TrafficModel,
} from "../../packages/core/src/index.ts";
import { extraOf, HORIZON_MS, isSame } from "./cell.ts";
import type { Cell, Latency, Variant, World } from "./cell.ts";

/** A bad canary that the steps did not find goes on with all of the traffic until the horizon. */
export function courseFor(cell: Cell): readonly Stage[] {
  const { schedule } = cell;
  const rest = (fromMs: number): readonly Stage[] =>
    isSame(cell) ? [] : [{ kind: "hold", weightBps: 10_000, forMs: HORIZON_MS - fromMs }];
  switch (schedule) {
    case "linear":
      return [...linearCourse(1000, 60_000), ...rest(540_000)];
    case "canary":
      return [{ kind: "hold", weightBps: 1000, forMs: 300_000 }, ...rest(300_000)];
    case "bake":
      return [{ kind: "hold", weightBps: 1000, forMs: 6 * 3_600_000 }];
    case "budget":
      return [
        {
          kind: "ramp",
          failures: cell.variant === "budget of 4" ? 4 : 5,
          minWeightBps: 10,
          maxWeightBps: 5000,
          maxTimeMs: HORIZON_MS,
        },
      ];
    default:
      return schedule satisfies never;
  }
}

export function settingsFor(variant: Variant): ComparisonSettings {
  const noTolerance = { tolerance: { ratio: 1, rate: 0 } };
  switch (variant) {
    case "shipped":
    case "propagation of 1 s":
    case "budget of 4":
      return DEFAULT_SETTINGS;
    case "no late onset":
      return { ...DEFAULT_SETTINGS, lateOnset: false };
    case "errors only":
      return { ...DEFAULT_SETTINGS, latency: false };
    case "no tolerance":
      return { ...DEFAULT_SETTINGS, ...noTolerance };
    case "all of these":
      return { ...DEFAULT_SETTINGS, ...noTolerance, lateOnset: false, latency: false };
    case "retries 2":
      return { ...DEFAULT_SETTINGS, retries: 2 };
    case "retries 4":
      return { ...DEFAULT_SETTINGS, retries: 4 };
    default:
      return variant satisfies never;
  }
}

export function trafficFor(cell: Cell): TrafficModel {
  const { requestsPerSecond, world, latency, onsetMs, attempts } = cell;
  return {
    requestsPerSecond,
    errorRate: errorRateFor(cell),
    extraErrorRate: extraOf(cell),
    ...(onsetMs === undefined ? {} : { onsetMs }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(latency === undefined ? {} : { latency: latencyFor(latency, world) }),
  };
}

/** The four outages of both versions. Times from the canary's first traffic. */
export function errorRateFor({ p0, world }: Cell): TrafficModel["errorRate"] {
  const between = (fromMs: number, toMs: number, rate: number) => (atMs: number) =>
    atMs >= fromMs && atMs < toMs ? rate : p0;
  switch (world) {
    case undefined:
    case "slow":
      return p0;
    case "O1":
      return between(120_000, 180_000, 0.3);
    case "O2":
      return between(240_000, Infinity, 0.05);
    case "O3":
      return (atMs) => 0.0105 + 0.0095 * Math.sin((2 * Math.PI * atMs) / 240_000);
    case "O4":
      return between(420_000, 480_000, 0.5);
    default:
      return world satisfies never;
  }
}

/** Log-normal: the median is 100 ms, p99 about 320 ms. */
const MEDIAN_MS = 100;
const SPREAD = 0.5;
/** Standard normal scores of LATENCY_QUANTILES. */
const SCORES = [0, 0.67448975, 1.281551566, 1.644853627, 2.326347874, 3.090232306, 3.719016485];

function latencyFor(kind: Latency, world: World | undefined): (atMs: number) => LatencyShares {
  const thresholds = LATENCY_QUANTILES.map(
    (_, i) => MEDIAN_MS * Math.exp(SPREAD * (SCORES[i] ?? 0)),
  );
  const shares = (times: number): LatencyShares => ({
    stable: thresholds.map((ms) => slowerThan(ms, MEDIAN_MS * times, SPREAD)),
    canary: thresholds.map((ms) => canarySlowerThan(kind, ms * LATENCY_TOLERANCE, times)),
    degraded: kind === "same" ? 0 : kind === "tail" ? 0.02 : 1,
  });
  const usual = shares(1);
  const slow = shares(3);
  return (atMs) => (world === "slow" && atMs >= 300_000 && atMs < 360_000 ? slow : usual);
}

function canarySlowerThan(kind: Latency, ms: number, times: number): number {
  const usual = slowerThan(ms, MEDIAN_MS * times, SPREAD);
  if (kind === "same") return usual;
  if (kind === "x1.5") return slowerThan(ms, 1.5 * MEDIAN_MS * times, SPREAD);
  if (kind === "x3") return slowerThan(ms, 3 * MEDIAN_MS * times, SPREAD);
  // Two percent of the requests take about five times as long as stable's p99.
  const p99Ms = MEDIAN_MS * Math.exp(SPREAD * (SCORES[4] ?? 0));
  return 0.98 * usual + 0.02 * slowerThan(ms, 5 * p99Ms, 0.2);
}

function slowerThan(ms: number, medianMs: number, spread: number): number {
  return normalTail((Math.log(ms) - Math.log(medianMs)) / spread);
}

/** Chance above a score, to 1.2e-7 of itself. Source: Press et al., Numerical Recipes, erfc by a Chebyshev fit. */
function normalTail(score: number): number {
  const z = Math.abs(score) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ];
  const sum = terms.reduceRight((value, term) => term + t * value, 0);
  const tail = 0.5 * t * Math.exp(-z * z + sum);
  return score >= 0 ? tail : 1 - tail;
}
