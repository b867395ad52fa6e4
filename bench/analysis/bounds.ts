// What no rule can beat: Wald's bound, the feed's own floor; and how sure a share is.
import { ACTUATION_MS } from "../../packages/core/src/index.ts";
import { extraOf, FEEDS } from "./cell.ts";
import type { Cell } from "./cell.ts";

const ALPHA = 0.01;
const BETA = 0.05;
/** Expected evidence of Wald's sequential test under the alternative, in nats. */
const WALD = (1 - BETA) * Math.log((1 - BETA) / ALPHA) + BETA * Math.log(BETA / (1 - ALPHA));

type Rates = Pick<Cell, "p0" | "p1">;

/** Canary requests that a test which knows both rates needs on average. */
function waldRequests({ p0, p1 }: Rates): number {
  const p = Math.min(p1, 1 - 1e-12);
  const divergence = p * Math.log(p / p0) + (1 - p) * Math.log((1 - p) / (1 - p0));
  return Math.max(1 / p1, WALD / divergence);
}

/** Failed requests at Wald's bound: both rates known, no delay of any kind. */
export function waldFailed(rates: Rates): number {
  return extraOf(rates) * waldRequests(rates);
}

/** The same test, when counts come in whole buckets, late, and a rollback takes its time: failed requests. */
export function floorFailed(cell: Cell): number {
  const { resolutionMs, lagMs } = FEEDS[cell.feed];
  const step = 100;
  const horizonMs = 1_500_000;
  // Less a hair, so that sums of tenths reach a whole number.
  const needed = waldRequests(cell) - 1e-9;
  let requests = 0;
  let atMs = 0;
  while (requests < needed && atMs < horizonMs) {
    requests += canaryRate(cell, atMs) * (step / 1000);
    atMs += step;
  }
  const seenMs = Math.ceil(Math.max(atMs, 1) / resolutionMs) * resolutionMs;
  const endMs = Math.min(horizonMs, seenMs + lagMs + ACTUATION_MS);
  for (; atMs < endMs; atMs += step) requests += canaryRate(cell, atMs) * (step / 1000);
  return Number((extraOf(cell) * requests).toFixed(6));
}

/** Canary requests a second. A budget stays at its first weight until something is proved. */
function canaryRate({ schedule, feed, requestsPerSecond }: Cell, atMs: number): number {
  switch (schedule) {
    case "linear":
      return requestsPerSecond * Math.min(1, 0.1 * (Math.floor(atMs / 60_000) + 1));
    case "canary":
      return requestsPerSecond * (atMs < 300_000 ? 0.1 : 1);
    case "bake":
      return requestsPerSecond * 0.1;
    case "budget": {
      const { resolutionMs, lagMs } = FEEDS[feed];
      const reaction = (resolutionMs + lagMs + ACTUATION_MS + Math.max(5000, resolutionMs)) / 1000;
      const share = 5 / (requestsPerSecond * reaction);
      return requestsPerSecond * Math.min(0.1, Math.max(0.001, share));
    }
    default:
      return schedule satisfies never;
  }
}

/** The 95 % quantile of a Poisson count with this mean. */
export function poissonP95(mean: number): number {
  let chance = Math.exp(-mean);
  let sum = chance;
  let count = 0;
  while (sum < 0.95) {
    count += 1;
    chance *= mean / count;
    sum += chance;
  }
  return count;
}

/** Clopper and Pearson's upper bound at 97.5 %: the share at which so few would be this unlikely. */
export function upperShare(hits: number, runs: number): number {
  if (hits >= runs) return 1;
  let low = hits / runs;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(hits, runs, middle) > 0.025) low = middle;
    else high = middle;
  }
  return high;
}

function chanceOfAtMost(hits: number, runs: number, share: number): number {
  let log = runs * Math.log1p(-share);
  let sum = Math.exp(log);
  for (let count = 1; count <= hits; count++) {
    log += Math.log((runs - count + 1) / count) + Math.log(share) - Math.log1p(-share);
    sum += Math.exp(log);
  }
  return sum;
}
