// What one cell of the benchmark is, and what comes out of it. Plain data: both cross to a worker and back.

export const FEEDS = {
  "1 s": { resolutionMs: 1000, lagMs: 2000 },
  "10 s": { resolutionMs: 10_000, lagMs: 5000 },
  "60 s": { resolutionMs: 60_000, lagMs: 30_000 },
} as const;

export type FeedName = keyof typeof FEEDS;

/** linear: ten percent more each minute. canary: ten percent for five minutes. bake: ten percent for six hours. */
export type Schedule = "linear" | "canary" | "budget" | "bake";

/** Shared by both versions: O1 to O4 are outages of errors, slow is a minute in which everything takes three times as long. */
export type World = "O1" | "O2" | "O3" | "O4" | "slow";

export type Latency = "same" | "x1.5" | "x3" | "tail";

/** What the comparison is run with. All but "shipped" are ablations. */
export type Variant =
  | "shipped"
  | "propagation of 1 s"
  | "no late onset"
  | "errors only"
  | "no tolerance"
  | "all of these"
  | "budget of 4"
  | "retries 2"
  | "retries 4";

export type Peer =
  | "CodeDeploy 5XX>10 x3"
  | "CodeDeploy canary>0 x2"
  | "Flagger, threshold 1"
  | "Flagger, threshold 5"
  | "Argo 5m"
  | "Argo 1m"
  | "Kayenta";

export interface Cell {
  readonly rule: "Headgate" | Peer;
  readonly schedule: Schedule;
  readonly feed: FeedName;
  readonly requestsPerSecond: number;
  /** How often stable fails. */
  readonly p0: number;
  /** How often the canary fails; the same in A/A cells. */
  readonly p1: number;
  readonly world?: World;
  readonly latency?: Latency;
  readonly onsetMs?: number;
  /** Attempts of a failed request on the version that failed it. */
  readonly attempts?: number;
  readonly variant?: Variant;
  readonly runs: number;
}

export interface CellResult {
  readonly cell: Cell;
  readonly aborted: number;
  readonly promoted: number;
  /** Aborted within ten minutes. */
  readonly abortedSoon: number;
  readonly medianFailed: number;
  readonly p95Failed: number;
  readonly medianSlow: number;
  readonly p95Slow: number;
  /** Of all runs, in seconds: Infinity when fewer than half were aborted. */
  readonly medianAbortSeconds: number;
  /** Likewise for promotion. */
  readonly medianPromoteSeconds: number;
}

/** One run as either side of the benchmark reports it. */
export interface Outcome {
  readonly verdict: "abort" | "promote" | "inconclusive";
  readonly atMs: number;
  readonly failedByCanary: number;
  readonly slowByCanary: number;
}

/** Until when failures are counted of a canary that nothing took out. */
export const HORIZON_MS = 1_500_000;

export function idOf(cell: Cell): string {
  const { rule, schedule, feed, requestsPerSecond, p0, p1, world, latency } = cell;
  const rest = [world, latency, cell.onsetMs, cell.attempts, cell.variant];
  const named = rest.filter((part) => part !== undefined && part !== "shipped");
  return [rule, schedule, feed, `${requestsPerSecond}/s`, p0, p1, ...named].join(" ");
}

export function isSame(cell: Cell): boolean {
  return cell.p1 === cell.p0;
}

/** Chance that the canary fails a request which stable would have served. */
export function extraOf({ p0, p1 }: Pick<Cell, "p0" | "p1">): number {
  return Math.max(0, (p1 - p0) / (1 - p0));
}
