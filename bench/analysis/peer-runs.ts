// The other tools' rules on generated traffic, with their own schedules. Flagger holds its weight while checks fail, so
// its traffic is generated as it goes.
import {
  ACTUATION_MS,
  argo,
  binomial,
  CODEDEPLOY_CANARY_ALARM,
  codeDeployAlarm,
  drawSlice,
  flagger,
  FLAGGER_DEFAULTS,
  kayenta,
} from "../../packages/core/src/index.ts";
import type { PeerBucket, PeerVerdict, Random } from "../../packages/core/src/index.ts";
import { HORIZON_MS } from "./cell.ts";
import type { Cell, Outcome, Peer } from "./cell.ts";
import { trafficFor } from "./worlds.ts";

const BUCKET_MS = 30_000;
const MINUTE_MS = 60_000;
/** CloudWatch's delivery, optimistic, and CodeDeploy's poll of the alarm. */
const CODEDEPLOY_DELAY_MS = 40_000;
const KAYENTA_DELAY_MS = 30_000;
const HISTORY_BUCKETS = 20;

type FixedPeer = Exclude<Peer, `Flagger${string}`>;

interface Traffic {
  readonly buckets: PeerBucket[];
  /** Failed requests by bucket, because of the canary. */
  readonly failed: number[];
}

export function runPeer(cell: Cell, rule: Peer, random: Random): Outcome {
  if (rule === "Flagger, threshold 1") return runFlagger(cell, 1, random);
  if (rule === "Flagger, threshold 5") return runFlagger(cell, 5, random);
  const traffic = history(cell, random);
  for (let atMs = 0; atMs < HORIZON_MS; atMs += BUCKET_MS) {
    draw(cell, traffic, { atMs, weightBps: weightAt(rule, atMs) }, random);
  }
  return outcomeOf(verdictOf(rule, traffic.buckets), traffic, random);
}

function verdictOf(rule: FixedPeer, buckets: readonly PeerBucket[]): PeerVerdict {
  switch (rule) {
    case "CodeDeploy 5XX>10 x3":
      return codeDeployAlarm(buckets, { delayMs: CODEDEPLOY_DELAY_MS });
    case "CodeDeploy canary>0 x2":
      return codeDeployAlarm(buckets, { ...CODEDEPLOY_CANARY_ALARM, delayMs: CODEDEPLOY_DELAY_MS });
    case "Argo 5m":
      return argo(buckets, { rolloutMs: HORIZON_MS });
    case "Argo 1m":
      return argo(buckets, { intervalMs: MINUTE_MS, windowMs: MINUTE_MS, rolloutMs: HORIZON_MS });
    case "Kayenta":
      return kayenta(buckets, { delayMs: KAYENTA_DELAY_MS });
    default:
      return rule satisfies never;
  }
}

/** CodeDeploy's linear preference, also for Kayenta, which has no schedule of its own; Argo's documented steps. */
function weightAt(rule: FixedPeer, atMs: number): number {
  if (rule === "Argo 1m" || rule === "Argo 5m")
    return atMs < 600_000 ? 2000 : atMs < 1_200_000 ? 4000 : 6000;
  return Math.min(10_000, 1000 * (Math.floor(atMs / MINUTE_MS) + 1));
}

function runFlagger(cell: Cell, threshold: number, random: Random): Outcome {
  const traffic = history(cell, random);
  let weightBps = 1000;
  for (let atMs = 0; atMs < HORIZON_MS; atMs += MINUTE_MS) {
    draw(cell, traffic, { atMs, weightBps }, random);
    draw(cell, traffic, { atMs: atMs + BUCKET_MS, weightBps }, random);
    const verdict = flagger(traffic.buckets, { threshold });
    if (verdict.verdict === "abort") {
      // Until the rollback has taken effect, at the weight that was held.
      draw(cell, traffic, { atMs: atMs + MINUTE_MS, weightBps }, random);
      return outcomeOf(verdict, traffic, random);
    }
    if (verdict.verdict === "promote") weightBps = 10_000;
    else if (isGood(traffic.buckets.slice(-2))) weightBps = Math.min(5000, weightBps + 1000);
  }
  return outcomeOf(flagger(traffic.buckets, { threshold }), traffic, random);
}

function isGood(minute: readonly PeerBucket[]): boolean {
  const requests = minute.reduce((sum, { canary }) => sum + canary.requests, 0);
  const errors = minute.reduce((sum, { canary }) => sum + canary.errors, 0);
  return requests > 0 && (requests - errors) / requests >= FLAGGER_DEFAULTS.minSuccessRate;
}

/** Ten minutes before the canary, which an alarm has seen. */
function history(cell: Cell, random: Random): Traffic {
  const traffic: Traffic = { buckets: [], failed: [] };
  for (let bucket = HISTORY_BUCKETS; bucket > 0; bucket--) {
    draw(cell, traffic, { atMs: -bucket * BUCKET_MS, weightBps: 0 }, random);
  }
  return traffic;
}

function draw(
  cell: Cell,
  { buckets, failed }: Traffic,
  { atMs, weightBps }: { readonly atMs: number; readonly weightBps: number },
  random: Random,
): void {
  const toMs = atMs + BUCKET_MS;
  const slice = drawSlice(random, trafficFor(cell), { fromMs: atMs, toMs, weightBps });
  const { stable, canary, failedByCanary } = slice;
  buckets.push({ atMs: toMs, weightBps, stable, canary });
  failed.push(failedByCanary);
}

function outcomeOf({ verdict, atMs }: PeerVerdict, traffic: Traffic, random: Random): Outcome {
  const untilMs = verdict === "abort" ? Math.min(atMs + ACTUATION_MS, HORIZON_MS) : HORIZON_MS;
  let failedByCanary = 0;
  for (const [index, failed] of traffic.failed.entries()) {
    const fromMs = (traffic.buckets[index]?.atMs ?? 0) - BUCKET_MS;
    const part = Math.min(1, Math.max(0, (untilMs - fromMs) / BUCKET_MS));
    failedByCanary += binomial(random, failed, part);
  }
  return { verdict, atMs, failedByCanary, slowByCanary: 0 };
}
