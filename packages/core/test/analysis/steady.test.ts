// Protects the first bucket after a change of weight: a second in which the change spreads spoils a bucket of one
// second and none of ten, where dropping it would cost the whole ten.
import { describe, expect, it } from "vitest";

import { startFeed, takeBuckets } from "../../src/index.ts";

const arm = { requests: 40, errors: 0 };

function closedOf(resolutionMs: number, propagationMs: number): readonly number[] {
  const bucket = { fromMs: 0, toMs: resolutionMs, stratum: "all", stable: arm, canary: arm };
  const { closed } = takeBuckets(startFeed(0), [bucket], {
    readToMs: resolutionMs,
    nowMs: resolutionMs,
    graceMs: 0,
    spans: [{ fromMs: propagationMs, toMs: resolutionMs, weightBps: 5000 }],
  });
  return closed.map(({ weightBps }) => weightBps);
}

describe("a bucket in which the weight changed", () => {
  it("counts when a tenth of it or less was unsteady", () => {
    expect(closedOf(10_000, 1000)).toEqual([5000]);
    expect(closedOf(60_000, 1000)).toEqual([5000]);
  });

  it("is left out when more of it was", () => {
    expect(closedOf(10_000, 1001)).toEqual([]);
    expect(closedOf(1000, 1000)).toEqual([]);
  });
});
