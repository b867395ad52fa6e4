/** log(e^left + e^right) without leaving logarithms. */
export function logAddExp(left: number, right: number): number {
  const high = Math.max(left, right);
  if (high === -Infinity) return high;
  return high + Math.log1p(Math.exp(-Math.abs(left - right)));
}

/**
 * Logarithm of the mean over rows of (sum of weight * e^log, plus `rest`). The logs are rows of `weights.length`,
 * one after the other; `rest` is a stake that is not bet yet, 0 to 1. Without any logs nothing is known: 0.
 */
export function logMixture(
  logs: readonly number[],
  weights: readonly number[],
  rest: number,
  from = 0,
  to = logs.length,
): number {
  if (to === from) return 0;
  let high = rest > 0 ? 0 : -Infinity;
  for (let i = from; i < to; i += 1) high = Math.max(high, logs[i] ?? 0);
  let sum = 0;
  for (let i = from, column = 0; i < to; i += 1) {
    sum += (weights[column] ?? 0) * Math.exp((logs[i] ?? 0) - high);
    column = column + 1 === weights.length ? 0 : column + 1;
  }
  const rows = (to - from) / weights.length;
  // A far negative `high` without a rest must not become 0 * Infinity.
  return high + Math.log(sum / rows + (rest > 0 ? rest * Math.exp(-high) : 0));
}
