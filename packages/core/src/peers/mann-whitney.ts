/** Lower end of the confidence interval for how much one side lies above the other, and the Hodges-Lehmann estimate. */
export interface ShiftInterval {
  readonly lower: number;
  readonly estimate: number;
}

/**
 * By how much `left` lies above `right`: the shifts that the Mann-Whitney test does not reject, in its normal
 * approximation with the corrections for ties and for continuity. R searches for the ends of the interval as the
 * roots of the standard score in the shift. That score only steps, at the differences of the pairs, so its root is
 * one of them, and here that one is taken. With too few values for the confidence the end is the least difference.
 *
 * Source: R, stats::wilcox.test with conf.int = TRUE, exact = FALSE, correct = TRUE, which Kayenta ported.
 *
 * @param criticalScore two-sided: 2.326 for 98 %.
 * @throws {RangeError} when either side is empty.
 */
export function shiftInterval(
  left: readonly number[],
  right: readonly number[],
  criticalScore: number,
): ShiftInterval {
  const differences = left
    .flatMap((value) => right.map((other) => value - other))
    .toSorted((first, second) => first - second);
  if (differences.length === 0) throw new RangeError("a shift needs a value on either side");
  const limit = criticalScore * rankDeviation(left, right);
  return { lower: lowerEnd(differences, limit), estimate: medianOf(differences) };
}

/** The least difference above which the ranks' excess, less half a rank for continuity, is within `limit`. */
function lowerEnd(differences: readonly number[], limit: number): number {
  for (const [index, value] of differences.entries()) {
    if (differences[index + 1] === value) continue;
    const excess = differences.length - (index + 1) - differences.length / 2;
    if (excess - Math.sign(excess) / 2 <= limit) return value;
  }
  return differences.at(-1) ?? 0;
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/**
 * Standard deviation of the rank sum. Between two differences no value of one side ties with one of the other, so
 * only ties within a side count.
 */
function rankDeviation(left: readonly number[], right: readonly number[]): number {
  const size = left.length + right.length;
  const ties = (tieSum(left) + tieSum(right)) / (size * (size - 1));
  return Math.sqrt(((left.length * right.length) / 12) * (size + 1 - ties));
}

/** Over every group of equal values, its size cubed less its size. */
function tieSum(values: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  let sum = 0;
  for (const size of sizes.values()) sum += size ** 3 - size;
  return sum;
}
