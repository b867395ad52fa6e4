/** CloudWatch takes at most ten digits after the point. Source: AWS docs, CloudWatch statistics definitions. */
const DIGITS = 10;

/**
 * How many values lie above `threshold`: the trimmed count, whose lower bound is exclusive. Source: AWS
 * docs, CloudWatch statistics definitions. Unverified: that every metric of AWS's own services gives it
 * (it needs single values, as percentiles do).
 */
export function countAbove(threshold: number): string {
  return `TC(${decimal(threshold)}:)`;
}

/** How many values are `threshold` or below: the upper bound is inclusive. */
export function countUpTo(threshold: number): string {
  return `TC(:${decimal(threshold)})`;
}

export function percentile(quantile: number): string {
  return `p${decimal(quantile * 100)}`;
}

function decimal(value: number): string {
  return value.toFixed(DIGITS).replace(/\.?0+$/, "");
}
