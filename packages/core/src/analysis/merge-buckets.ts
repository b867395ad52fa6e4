import type { ArmCounts, CountBucket, CustomCounts } from "./counts.ts";

/** Two stretches of one stratum as one. The second is the later one; a gap between them is nothing. */
export function mergeBuckets(first: CountBucket, second: CountBucket): CountBucket {
  const stable = mergeArms(first.stable, second.stable);
  const canary = mergeArms(first.canary, second.canary);
  return {
    fromMs: first.fromMs,
    toMs: second.toMs,
    stratum: first.stratum,
    ...(stable === undefined ? {} : { stable }),
    ...(canary === undefined ? {} : { canary }),
  };
}

export function requestsOf({ stable, canary }: CountBucket): number {
  return (stable?.requests ?? 0) + (canary?.requests ?? 0);
}

/** Whether every version in it has counts of slow requests. */
export function hasSlow({ stable, canary }: CountBucket): boolean {
  return [stable, canary].every((arm) => arm === undefined || arm.slow !== undefined);
}

/**
 * The bucket with counts of slow requests (of so many thresholds) in every version, or in none: half a comparison would
 * take the other version's requests for fast ones. Where nothing was asked nothing was slow.
 */
export function withWholeSlow(bucket: CountBucket, thresholds: number | null): CountBucket {
  const { stable, canary, ...rest } = bucket;
  const arms = [stable, canary].map((arm) => withQuietSlow(arm, thresholds));
  const isWhole = arms.every((arm) => arm === undefined || arm.slow !== undefined);
  const [left, right] = isWhole ? arms : [stable, canary].map(withoutSlow);
  return {
    ...rest,
    ...(left === undefined ? {} : { stable: left }),
    ...(right === undefined ? {} : { canary: right }),
  };
}

function withQuietSlow(
  arm: ArmCounts | undefined,
  thresholds: number | null,
): ArmCounts | undefined {
  if (arm === undefined || thresholds === null) return withoutSlow(arm);
  if (arm.slow?.length === thresholds) return arm;
  if (arm.requests > 0) return withoutSlow(arm);
  return { ...arm, slow: Array.from({ length: thresholds }, () => 0) };
}

function withoutSlow(arm: ArmCounts | undefined): ArmCounts | undefined {
  if (arm?.slow === undefined) return arm;
  const { requests, errors, custom } = arm;
  return { requests, errors, ...(custom === undefined ? {} : { custom }) };
}

/** Both have counts of slow requests, or neither: the caller sees to it. */
function mergeArms(
  first: ArmCounts | undefined,
  second: ArmCounts | undefined,
): ArmCounts | undefined {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const custom = mergeCustom(first.custom, second.custom);
  return {
    requests: first.requests + second.requests,
    errors: first.errors + second.errors,
    ...(first.slow === undefined || second.slow === undefined
      ? {}
      : { slow: sums(first.slow, second.slow) }),
    ...(custom === undefined ? {} : { custom }),
  };
}

/** A metric that is not in one of them had no trials there. */
function mergeCustom(first: ArmCounts["custom"], second: ArmCounts["custom"]): ArmCounts["custom"] {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const merged: Record<string, CustomCounts> = { ...first };
  for (const [name, counts] of Object.entries(second)) {
    const before = first[name];
    merged[name] =
      before === undefined
        ? counts
        : { trials: before.trials + counts.trials, bad: sums(before.bad, counts.bad) };
  }
  return merged;
}

function sums(left: readonly number[], right: readonly number[]): readonly number[] {
  return left.map((value, i) => value + (right[i] ?? 0));
}
