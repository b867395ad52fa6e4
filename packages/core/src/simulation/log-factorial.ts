const EXACT = 256;

const table = (() => {
  const values = new Float64Array(EXACT);
  for (let n = 2; n < EXACT; n++) values[n] = (values[n - 1] ?? 0) + Math.log(n);
  return values;
})();

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** ln(n!) for a whole number of at least 0, to 14 digits: a table, and Stirling's series beyond it. */
export function logFactorial(n: number): number {
  if (n < EXACT) return table[n] ?? 0;
  const inverse = 1 / n;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square / 1260));
  return (n + 0.5) * Math.log(n) - n + HALF_LOG_TWO_PI + series;
}
