import type { ArmCounts, CountBucket } from "./counts.ts";

/** How many thresholds the counts of a source have, fixed by the first that has any. */
export interface BucketShape {
  /** Null until counts of slow requests came. */
  readonly slow: number | null;
  readonly custom: readonly { readonly name: string; readonly bad: number }[];
}

export const EMPTY_SHAPE: BucketShape = { slow: null, custom: [] };

/** Whether the times are a stretch: without one, nothing else about the bucket can be placed. */
export function isStretch({ fromMs, toMs }: CountBucket): boolean {
  return Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs < toMs;
}

/**
 * The shape with what this bucket adds to it; undefined when the bucket cannot be true: counts that are negative,
 * broken or beyond what is exact, more errors than requests, a longer latency more often exceeded than a shorter
 * one, or other thresholds than before.
 */
export function shapeWith(shape: BucketShape, bucket: CountBucket): BucketShape | undefined {
  let known: BucketShape | undefined = shape;
  for (const arm of [bucket.stable, bucket.canary]) {
    if (arm !== undefined && known !== undefined) known = shapeWithArm(known, arm);
  }
  return known;
}

function shapeWithArm(shape: BucketShape, arm: ArmCounts): BucketShape | undefined {
  if (!isCount(arm.requests) || !isCountUpTo(arm.errors, arm.requests)) return undefined;
  let known = shape;
  if (arm.slow !== undefined) {
    let least = arm.requests;
    for (const slow of arm.slow) {
      if (!isCountUpTo(slow, least)) return undefined;
      least = slow;
    }
    // No thresholds is how a source says that it has none yet.
    const { length } = arm.slow;
    if (length > 0 && known.slow !== null && known.slow !== length) return undefined;
    if (length > 0 && known.slow === null) known = { ...known, slow: length };
  }
  for (const [name, { trials, bad }] of Object.entries(arm.custom ?? {})) {
    if (!isCount(trials) || !bad.every((count) => isCountUpTo(count, trials))) return undefined;
    const before = known.custom.find((custom) => custom.name === name);
    if (before !== undefined && before.bad !== bad.length) return undefined;
    if (before === undefined) {
      known = { ...known, custom: [...known.custom, { name, bad: bad.length }] };
    }
  }
  return known;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isCountUpTo(value: number, most: number): boolean {
  return isCount(value) && value <= most;
}
