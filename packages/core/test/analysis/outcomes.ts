import type { ErrorCounts } from "../../src/analysis/error-process.ts";

export interface Outcome {
  readonly counts: ErrorCounts;
  readonly chance: number;
}

/** What each version is asked, and how likely each request of it is to fail. */
export interface Chances {
  readonly n1: number;
  readonly p1: number;
  readonly n0: number;
  readonly p0: number;
}

/** Every number of errors that both versions can have, with its probability. */
export function outcomesOf({ n1, p1, n0, p0 }: Chances): readonly Outcome[] {
  const stable = binomial(n0, p0);
  return binomial(n1, p1).flatMap((canaryChance, k1) =>
    stable.map((stableChance, k0) => ({
      counts: { k1, n1, k0, n0 },
      chance: canaryChance * stableChance,
    })),
  );
}

/** The probability of each number of successes. */
export function binomial(trials: number, chance: number): readonly number[] {
  let row = [1];
  for (let i = 0; i < trials; i += 1) {
    row = Array.from(
      { length: row.length + 1 },
      (_, k) => (row[k] ?? 0) * (1 - chance) + (row[k - 1] ?? 0) * chance,
    );
  }
  return row;
}

export function mean(outcomes: readonly Outcome[], value: (counts: ErrorCounts) => number): number {
  return outcomes.reduce((sum, { counts, chance }) => sum + chance * value(counts), 0);
}
