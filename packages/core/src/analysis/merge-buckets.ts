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
 * The bucket without counts of slow requests unless every version in it has them: half a comparison would count the other
 * version's requests as fast.
 */
export function withWholeSlow(bucket: CountBucket): CountBucket {
  if (hasSlow(bucket)) return bucket;
  const { stable, canary, ...rest } = bucket;
  return {
    ...rest,
    ...(stable === undefined ? {} : { stable: withoutSlow(stable) }),
    ...(canary === undefined ? {} : { canary: withoutSlow(canary) }),
  };
}

function withoutSlow({ requests, errors, custom }: ArmCounts): ArmCounts {
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
