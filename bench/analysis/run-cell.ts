// One cell: its runs, from a seed of its own, so that the order in which workers take cells changes nothing.
import { seededRandom, simulateRollout } from "../../packages/core/src/index.ts";
import { FEEDS, idOf } from "./cell.ts";
import type { Cell, CellResult, Outcome } from "./cell.ts";
import { runPeer } from "./peer-runs.ts";
import { courseFor, settingsFor, trafficFor } from "./worlds.ts";

const SOON_MS = 600_000;

export function runCell(cell: Cell, seed: number): CellResult {
  const run = runOf(cell, seed);
  const outcomes = Array.from({ length: cell.runs }, run);
  const aborted = outcomes.filter(({ verdict }) => verdict === "abort");
  const promoted = outcomes.filter(({ verdict }) => verdict === "promote");
  const failed = outcomes.map(({ failedByCanary }) => failedByCanary);
  const slow = outcomes.map(({ slowByCanary }) => slowByCanary);
  const seconds = (verdict: Outcome["verdict"]) =>
    outcomes.map((outcome) => (outcome.verdict === verdict ? outcome.atMs / 1000 : Infinity));
  return {
    cell,
    aborted: aborted.length,
    promoted: promoted.length,
    abortedSoon: aborted.filter(({ atMs }) => atMs <= SOON_MS).length,
    medianFailed: quantile(failed, 0.5),
    p95Failed: quantile(failed, 0.95),
    medianSlow: quantile(slow, 0.5),
    p95Slow: quantile(slow, 0.95),
    medianAbortSeconds: quantile(seconds("abort"), 0.5),
    medianPromoteSeconds: quantile(seconds("promote"), 0.5),
  };
}

function runOf(cell: Cell, seed: number): () => Outcome {
  const random = seededRandom(seedOf(seed, idOf(cell)));
  const { rule } = cell;
  if (rule !== "Headgate") return () => runPeer(cell, rule, random);
  const variant = cell.variant ?? "shipped";
  const simulation = {
    course: courseFor(cell),
    traffic: trafficFor(cell),
    feed: FEEDS[cell.feed],
    settings: settingsFor(variant),
    minTimeMs: 60_000,
    random,
    // As the marks' own prototype and the local cloud have it; the variant shows what a second costs.
    propagationMs: variant === "propagation of 1 s" ? 1000 : 0,
  };
  return () => simulateRollout(simulation);
}

/** FNV-1a over the cell's name, begun with the benchmark's seed. */
function seedOf(seed: number, id: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of id) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}

/** The lowest value that at least this part of all does not exceed. */
function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}
