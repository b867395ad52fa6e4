// Protects the arithmetic: the published vectors G1 to G5, and the same numbers through a whole comparison.
import { describe, expect, it } from "vitest";

import {
  addErrors,
  ERROR_STAKES,
  errorLogE,
  startErrors,
} from "../../src/analysis/error-process.ts";
import type { ErrorCounts } from "../../src/analysis/error-process.ts";
import { logMixture } from "../../src/analysis/logs.ts";
import { betOnSlow } from "../../src/analysis/slow-process.ts";
import { judge, observe, startComparison } from "../../src/analysis/comparison.ts";
import type { CountBucket } from "../../src/analysis/counts.ts";
import { DEFAULT_SETTINGS } from "../../src/analysis/settings.ts";
import type { Allowance } from "../../src/analysis/settings.ts";
import {
  addPromotion,
  promotionLogE,
  riskBound,
  startPromotion,
} from "../../src/analysis/promotion.ts";

/** As the vectors are written: canary errors, canary requests, stable errors, stable requests. */
type Row = readonly [number, number, number, number];

const DIGITS = 9;
const STRICT: Allowance = { ratio: 1, rate: 0 };
const TOLERANT: Allowance = { ratio: 1.1, rate: 0.0005 };
const FIRST: readonly Row[] = [
  [1, 10, 0, 90],
  [0, 12, 1, 88],
  [2, 11, 0, 89],
  [3, 9, 1, 91],
];

const VECTORS = [
  {
    name: "G1, nothing tolerated",
    allowed: STRICT,
    rows: FIRST,
    expected: [1.804027014, 0.439166687, 3.615412593, 8.291758133],
  },
  {
    name: "G2, with a tolerance",
    allowed: TOLERANT,
    rows: FIRST,
    expected: [1.712499527, 0.329926352, 3.334923983, 7.732636772],
  },
  {
    name: "G3, with changing shares and absent versions",
    allowed: STRICT,
    rows: [
      [0, 0, 3, 100],
      [5, 50, 0, 50],
      [40, 100, 0, 0],
      [20, 700, 1, 300],
    ] satisfies readonly Row[],
    expected: [0, 3.021902637, 3.021902637, 6.523456863],
  },
];

describe.each(VECTORS)("$name", ({ allowed, rows, expected }) => {
  it("is what the error process gives", () => {
    let state = startErrors();
    const found = rows.map((row) => {
      state = addErrors(state, counts(row), allowed);
      return errorLogE(state);
    });
    expect(found).toEqual(close(expected));
  });

  it("is what a comparison of errors gives", () => {
    const settings = {
      ...DEFAULT_SETTINGS,
      alpha: 1e-9,
      tolerance: allowed,
      latency: false,
      lateOnset: false,
    };
    let state = startComparison(settings);
    const found = rows.map((row, i) => {
      state = observe(state, settings, bucket(row, i), undefined);
      return judge(state, settings).rollback.logE;
    });
    expect(found).toEqual(close(expected));
  });
});

it("G4: the conditional form, on the grid of errors", () => {
  const ratios = [1.5, 2, 3, 5, 10, 30, 100, 10_000];
  const grid = { ratios, logRatios: ratios.map(Math.log) };
  const logs = ratios.map(() => 0);
  const rows: readonly Row[] = [
    [6, 20, 10, 180],
    [9, 20, 12, 180],
  ];
  const found = rows.map(([k1, n1, k0, n0]) => {
    betOnSlow(logs, { trials: n0, slow: [k0] }, { trials: n1, slow: [k1] }, grid, 1);
    return logMixture(logs, ERROR_STAKES, 0);
  });
  expect(found).toEqual(close([3.123275316, 10.381028732]));
});

it("G5: promotion and the risk bound", () => {
  const margin = { ratio: 1.5, rate: 0.005 };
  const rows: readonly Row[] = [
    [0, 200, 1, 200],
    [0, 300, 0, 300],
    [1, 400, 0, 400],
  ];
  let state = startPromotion();
  const found = rows.map((row) => {
    state = addPromotion(state, counts(row), margin);
    return [promotionLogE(state, margin), riskBound(state, 0.05)];
  });
  expect(found.flat()).toEqual(
    close([1.38285889, 0.01732868, 2.583807231, 0.006931472, 1.909677431, 0.007428962]),
  );
});

function counts([k1, n1, k0, n0]: Row): ErrorCounts {
  return { k1, n1, k0, n0 };
}

function bucket([k1, n1, k0, n0]: Row, second: number): CountBucket {
  return {
    fromMs: second * 1000,
    toMs: second * 1000 + 1000,
    stratum: "all",
    stable: { requests: n0, errors: k0 },
    canary: { requests: n1, errors: k1 },
  };
}

function close(values: readonly number[]): unknown[] {
  return values.map((value) => expect.closeTo(value, DIGITS));
}
