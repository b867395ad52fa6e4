// G9: what the engine costs. A bucket's update with everything compared, the numbers of its state, and the drift of its
// sums after a million buckets.
import { performance } from "node:perf_hooks";
import {
  addErrors,
  DEFAULT_SETTINGS,
  errorLogE,
  judge,
  observe,
  startComparison,
  startErrors,
} from "../../packages/core/src/index.ts";
import type { CountBucket } from "../../packages/core/src/index.ts";

const BUCKETS = 50_000;
const MILLION = 1_000_000;

export function costRows(): string[][] {
  return [
    ["microseconds for a bucket: observe and judge, latency counted", updateUs().toFixed(1)],
    ...Object.entries(sizes()).map(([metric, size]) => [
      `numbers in the state of ${metric}`,
      String(size),
    ]),
    ["relative drift of log E after a million buckets", drift().toExponential(1)],
  ];
}

/** Stable and the canary alike, so that nothing ends the comparison. */
function bucketAt(second: number): CountBucket {
  const slow = (requests: number) =>
    [0.5, 0.25, 0.1, 0.05, 0.01].map((share) => Math.round(requests * share));
  const error = second % 10 === 0 ? 1 : 0;
  return {
    fromMs: second * 1000,
    toMs: (second + 1) * 1000,
    stratum: "all",
    stable: { requests: 900, errors: 9 * error, slow: [...slow(900), 1, 0] },
    canary: { requests: 100, errors: error, slow: [...slow(100), 0, 0] },
  };
}

function stateAfter(buckets: number): ReturnType<typeof startComparison> {
  let state = startComparison(DEFAULT_SETTINGS);
  for (let second = 0; second < buckets; second++) {
    state = observe(state, DEFAULT_SETTINGS, bucketAt(second), 1000);
    if (judge(state, DEFAULT_SETTINGS).verdict === "fail") throw new Error("alike versions failed");
  }
  return state;
}

function updateUs(): number {
  stateAfter(BUCKETS / 10);
  const startMs = performance.now();
  stateAfter(BUCKETS);
  return ((performance.now() - startMs) * 1000) / BUCKETS;
}

function sizes(): Readonly<Record<string, number>> {
  const { errorBets, ruledOut, promotion, latency } = stateAfter(100);
  return { errors: numbersIn([errorBets, ruledOut, promotion]), latency: numbersIn(latency) };
}

function numbersIn(value: unknown): number {
  if (typeof value === "number") return 1;
  if (value === null || typeof value !== "object") return 0;
  return Object.values(value).reduce((sum: number, part: unknown) => sum + numbersIn(part), 0);
}

/** A million equal buckets add up to a million times the first, but for rounding. */
function drift(): number {
  const counts = { k1: 1, n1: 10, k0: 9, n0: 90 };
  const plain = { ratio: 1, rate: 0 };
  const first = addErrors(startErrors(), counts, plain);
  let state = startErrors();
  for (let bucket = 0; bucket < MILLION; bucket++) state = addErrors(state, counts, plain);
  const exact = errorLogE(first.map((log) => log * MILLION));
  return Math.abs(errorLogE(state) - exact) / Math.abs(exact);
}
