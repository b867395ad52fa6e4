// Protects how a comparison behaves as a whole: silence decides nothing, worse counts never look better, a bucket may be
// cut anywhere, what was reached stays reached, and all of it survives a journal.
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rollbackLogE } from "../../src/analysis/combination.ts";
import { judge, observe, startComparison } from "../../src/analysis/comparison.ts";
import type { ComparisonState } from "../../src/analysis/comparison.ts";
import type { ArmCounts, CountBucket } from "../../src/analysis/counts.ts";
import { DEFAULT_SETTINGS } from "../../src/analysis/settings.ts";
import type { ComparisonSettings } from "../../src/analysis/settings.ts";

const SEED = Number(process.env["ANALYSIS_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["ANALYSIS_RUNS"] ?? 200);
const WEIGHT_BPS = 1000;

/** Ends only when told to. */
const OPEN: ComparisonSettings = { ...DEFAULT_SETTINGS, alpha: 1e-300 };
const ERRORS_ONLY: ComparisonSettings = { ...DEFAULT_SETTINGS, latency: false };

const ORDERS = { name: "orders", kind: "outcomes", thresholds: 1 } as const;
const BASKET = { name: "basket", kind: "values", thresholds: 1 } as const;

const GOOD = bucket({ requests: 900, errors: 1 }, { requests: 100, errors: 0 });
const BAD = bucket({ requests: 90, errors: 0 }, { requests: 10, errors: 4 });

describe("without counts", () => {
  it("knows nothing", () => {
    const known = judge(startComparison(DEFAULT_SETTINGS), DEFAULT_SETTINGS);
    expect(known).toMatchObject({
      verdict: "inconclusive",
      buckets: 0,
      rollback: { logE: expect.closeTo(0, 12) },
      promotion: { logE: 0 },
      riskBound: 1,
      rateRatioAtLeast: 0,
      requestCount: { logE: expect.closeTo(0, 12), isMissing: false },
      sentence: "Nothing known: no request has been counted.",
    });
  });

  it.each([
    ["of one version only", bucket({ requests: 5000, errors: 5000 }, undefined)],
    ["of the canary only", bucket(undefined, { requests: 5000, errors: 5000 })],
    ["of no request", bucket({ requests: 0, errors: 0 }, { requests: 0, errors: 0 })],
    ["of nothing", bucket(undefined, undefined)],
  ])("decides nothing, however long it hears %s", (_, silent) => {
    const settings = { ...DEFAULT_SETTINGS, custom: [ORDERS] };
    const known = judge(after(Array(200).fill(silent), settings, "not known"), settings);
    expect(known.verdict).toBe("inconclusive");
    expect(known.buckets).toBe(0);
    expect(known.rollback.logE).toBeCloseTo(0, 12);
    expect(known.promotion.logE).toBe(0);
    expect(known.riskBound).toBe(1);
  });
});

describe("with counts", () => {
  it("turns back a bad canary, and says why", () => {
    const known = judge(after([GOOD, BAD, BAD, BAD], ERRORS_ONLY), ERRORS_ONLY);
    expect(known.verdict).toBe("fail");
    expect(known.rollback.logE).toBeGreaterThanOrEqual(known.rollback.threshold);
    expect(known.sentence).toMatchInlineSnapshot(
      `"The canary fails about 36 times as often as stable: 4 errors in 110 requests, against 1 in 990 on stable; log E 4.9 of 4.6."`,
    );
  });

  it("says how much worse it is at least, which is not more than what is true", () => {
    const surely = [4, 30, 300].map((errors) => {
      const bad = bucket({ requests: 9000, errors: 9 }, { requests: 1000, errors });
      return judge(after([bad], ERRORS_ONLY), ERRORS_ONLY).rateRatioAtLeast;
    });
    expect(surely).toEqual([0, 7, 100]);
    const worst = bucket({ requests: 9000, errors: 9 }, { requests: 1000, errors: 300 });
    expect(judge(after([worst], ERRORS_ONLY), ERRORS_ONLY).sentence).toMatchInlineSnapshot(
      `"The canary fails about 300 times as often as stable (100 times or more, at 99 % confidence): 300 errors in 1,000 requests, against 9 in 9,000 on stable; log E 613 of 4.6."`,
    );
  });

  it("passes a good canary, and says why", () => {
    const known = judge(after(Array(12).fill(GOOD), ERRORS_ONLY), ERRORS_ONLY);
    expect(known.verdict).toBe("pass");
    expect(known.riskBound).toBeLessThan(0.005);
    expect(known.sentence).toMatchInlineSnapshot(
      `"The canary is not worse than the margin allows: 0 errors in 1,200 requests, against 12 in 10,800 on stable; log E 6.6 of 3.0."`,
    );
  });

  it("divides what it knows by the attempts of a request", () => {
    const once = judge(after(Array(9).fill(GOOD), OPEN), OPEN);
    const thrice = judge(after(Array(9).fill(GOOD), { ...OPEN, retries: 3 }), OPEN);
    expect(thrice.promotion.logE).toBeLessThan(once.promotion.logE / 2);
    expect(thrice.riskBound).toBeGreaterThan(once.riskBound * 2);
    const bad = judge(after([BAD, BAD], OPEN), OPEN);
    const retried = judge(after([BAD, BAD], { ...OPEN, retries: 3 }), OPEN);
    expect(retried.rollback.logE).toBeLessThan(bad.rollback.logE / 2);
  });

  it("says how far it is when nothing is decided", () => {
    const known = judge(after([GOOD, GOOD], ERRORS_ONLY), ERRORS_ONLY);
    expect(known.verdict).toBe("inconclusive");
    expect(known.sentence).toMatchInlineSnapshot(
      `"Not decided: 0 errors in 200 requests, against 2 in 1,800 on stable; log E against the canary -0.9 of 4.6, for it 0.9 of 3.0 (errors)."`,
    );
  });

  it("keeps what was known when the evidence was reached, whatever comes later", () => {
    const failed = after([GOOD, BAD, BAD, BAD], ERRORS_ONLY);
    const known = judge(failed, ERRORS_ONLY);
    const later = after(Array(1000).fill(GOOD), ERRORS_ONLY, WEIGHT_BPS, failed);
    expect(later).toBe(failed);
    expect(judge(later, ERRORS_ONLY)).toEqual(known);
  });

  it("never passes a canary that failed, however good it was before", () => {
    const proved = after(Array(50).fill(GOOD), ERRORS_ONLY);
    expect(judge(proved, ERRORS_ONLY).verdict).toBe("pass");
    const failed = after(Array(20).fill(BAD), ERRORS_ONLY, WEIGHT_BPS, proved);
    expect(judge(failed, ERRORS_ONLY).verdict).toBe("fail");
  });

  it("says nothing against a canary in an outage that both versions share", () => {
    const outage = bucket({ requests: 900, errors: 855 }, { requests: 100, errors: 95 });
    const known = judge(after(Array(300).fill(outage), ERRORS_ONLY), ERRORS_ONLY);
    expect(known.verdict).not.toBe("fail");
    expect(known.rollback.logE).toBeLessThan(0);
  });
});

describe("the order of evidence", () => {
  it(`never falls with one more error of the canary, nor rises with one of stable (ANALYSIS_SEED=${SEED})`, () => {
    const rows = fc.array(
      fc.record({
        n1: fc.integer({ min: 1, max: 300 }),
        n0: fc.integer({ min: 1, max: 300 }),
        share1: fc.double({ min: 0, max: 1, noNaN: true }),
        share0: fc.double({ min: 0, max: 1, noNaN: true }),
        gapMs: fc.integer({ min: 0, max: 200_000 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    const place = fc.nat({ max: 11 });
    check(fc.tuple(rows, place, fc.boolean()), ([list, index, ofCanary]) => {
      const at = index % list.length;
      const build = (more: number) => {
        let fromMs = 0;
        return list.map(({ n1, n0, share1, share0, gapMs }, i) => {
          fromMs += gapMs;
          const extra = i === at ? more : 0;
          const k1 = Math.min(n1, Math.floor(n1 * share1) + (ofCanary ? extra : 0));
          const k0 = Math.min(n0, Math.floor(n0 * share0) + (ofCanary ? 0 : extra));
          const arm = (requests: number, errors: number) => ({ requests, errors, slow: [errors] });
          return { ...bucket(arm(n0, k0), arm(n1, k1)), fromMs, toMs: fromMs + 1000 };
        });
      };
      const [less, more] = [build(0), build(1)].map((list) => judge(after(list, OPEN), OPEN));
      if (less === undefined || more === undefined) return;
      // Large numbers are rounded in their last digit.
      const slack = 1e-12 * (1 + Math.abs(less.rollback.logE) + Math.abs(less.promotion.logE));
      const side = ofCanary ? 1 : -1;
      expect(side * (more.rollback.logE - less.rollback.logE)).toBeGreaterThanOrEqual(-slack);
      expect(side * (more.promotion.logE - less.promotion.logE)).toBeLessThanOrEqual(slack);
      expect(side * (more.riskBound - less.riskBound)).toBeGreaterThanOrEqual(-slack);
    });
  });

  it(`does not change when a bucket is cut into pieces of equal share (ANALYSIS_SEED=${SEED})`, () => {
    const settings = { ...OPEN, latency: false };
    const pieces = fc.array(
      fc.record({
        times: fc.integer({ min: 1, max: 9 }),
        k1: fc.nat({ max: 3 }),
        k0: fc.nat({ max: 9 }),
        atMs: fc.integer({ min: 0, max: 59_999 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    check(pieces, (list) => {
      const cut = list.map(({ times, k1, k0, atMs }) => ({
        ...bucket({ requests: 9 * times, errors: k0 }, { requests: 3 * times, errors: k1 }),
        fromMs: atMs,
      }));
      const sum = (pick: (one: (typeof list)[number]) => number) =>
        list.reduce((total, one) => total + pick(one), 0);
      const whole = bucket(
        { requests: 9 * sum(({ times }) => times), errors: sum(({ k0 }) => k0) },
        { requests: 3 * sum(({ times }) => times), errors: sum(({ k1 }) => k1) },
      );
      // Minutes are counted from the first bucket, and all of these are in its minute.
      const first = cut.toSorted((left, right) => left.fromMs - right.fromMs);
      const inPieces = judge(after(first, settings), settings);
      const atOnce = judge(after([whole], settings), settings);
      expect(inPieces.rollback.logE).toBeCloseTo(atOnce.rollback.logE, 9);
      expect(inPieces.promotion.logE).toBeCloseTo(atOnce.promotion.logE, 9);
      expect(inPieces.riskBound).toBeCloseTo(atOnce.riskBound, 9);
      expect(inPieces.requestCount.logE).toBeCloseTo(atOnce.requestCount.logE, 9);
    });
  });
});

describe("a fault that begins late", () => {
  const healthy = bucket({ requests: 900, errors: 9 }, { requests: 100, errors: 1 });
  const failing = bucket({ requests: 900, errors: 9 }, { requests: 100, errors: 4 });
  const HOUR = Array.from({ length: 360 }, (_, i) => at(healthy, i * 10_000));
  const FAULT = Array.from({ length: 600 }, (_, i) => at(failing, 3_600_000 + i * 10_000));

  it("is found in fewer buckets when evidence may begin at any minute", () => {
    const needed = (lateOnset: boolean) => {
      const settings = { ...ERRORS_ONLY, lateOnset };
      let state = after(HOUR, settings);
      return FAULT.findIndex((one) => {
        state = observe(state, settings, one, WEIGHT_BPS);
        return state.failed !== null;
      });
    };
    expect(needed(true)).toBeGreaterThanOrEqual(0);
    expect(needed(true)).toBeLessThan(needed(false));
  });

  it("costs no more than a fifth of the evidence when it begins at once", () => {
    const logE = (lateOnset: boolean) => {
      const settings = { ...OPEN, latency: false, lateOnset };
      return rollbackLogE(after(FAULT.slice(0, 3), settings), settings);
    };
    expect(logE(false) - logE(true)).toBeLessThanOrEqual(-Math.log(4 / 5) + 1e-12);
  });

  it("bets every minute's stake once, in whatever order strata come", () => {
    const settings = { ...OPEN, latency: false };
    const quiet = bucket({ requests: 9, errors: 0 }, { requests: 1, errors: 0 });
    const strict = { ...settings, tolerance: { ratio: 1, rate: 0 } };
    const times = [0, 600_000, 60_000, 600_000, 0, 7_200_000, 61_000];
    const state = after(
      times.map((fromMs, i) => at({ ...quiet, stratum: `s${i % 3}` }, fromMs)),
      strict,
    );
    // Without any error every bet is still worth its stake: together exactly the 1 they began with.
    expect(rollbackLogE(state, strict)).toBeCloseTo(0, 12);
  });
});

describe("latency", () => {
  const slower = bucket(
    { requests: 900, errors: 0, slow: [450, 225, 90, 45, 9, 1, 0] },
    { requests: 100, errors: 0, slow: [90, 80, 60, 40, 20, 10, 2] },
  );
  const same = bucket(
    { requests: 900, errors: 0, slow: [450, 225, 90, 45, 9, 1, 0] },
    { requests: 100, errors: 0, slow: [44, 21, 8, 4, 1, 0, 0] },
  );

  it("turns back a slower canary, and names the threshold", () => {
    const known = judge(after([slower, slower], DEFAULT_SETTINGS), DEFAULT_SETTINGS);
    expect(known.verdict).toBe("fail");
    expect(known.sentence).toMatchInlineSnapshot(
      `"The canary is slower than stable's p90 too often: 60 of 100 requests, against 90 of 900 on stable; log E 48.5 of 4.6."`,
    );
  });

  it("is left alone when the settings say so", () => {
    const state = after([slower, slower], ERRORS_ONLY);
    expect(state.latency).toBeNull();
    expect(judge(state, ERRORS_ONLY).parts.map(({ name }) => name)).toEqual(["errors"]);
  });

  it("has its share as soon as there are thresholds, and the other parts have it until then", () => {
    const without = judge(after([GOOD, GOOD], DEFAULT_SETTINGS), DEFAULT_SETTINGS);
    expect(without.parts.map(({ name, weight }) => [name, weight])).toEqual([["errors", 1]]);
    const quiet = bucket(
      { requests: 9, errors: 0, slow: [0] },
      { requests: 1, errors: 0, slow: [0] },
    );
    const known = judge(after([GOOD, GOOD, quiet], OPEN), OPEN);
    expect(known.parts.map(({ name, weight }) => [name, weight])).toEqual([
      ["errors", 0.5],
      ["latency", expect.closeTo(0.5, 12)],
    ]);
    // It begins with what the others have made of its share, so beginning changes nothing.
    expect(known.parts[1]?.logE).toBeCloseTo(without.rollback.logE, 12);
  });

  it("has to be proved for promotion once it has begun, at every threshold", () => {
    const early = judge(after(Array(6).fill(same), DEFAULT_SETTINGS), DEFAULT_SETTINGS);
    expect(early.promotion.name).toMatch(/^latency p/);
    const proved = judge(after(Array(60).fill(same), DEFAULT_SETTINGS), DEFAULT_SETTINGS);
    expect(proved.verdict).toBe("pass");
    const mixed = judge(after([...Array(60).fill(same), slower], OPEN), OPEN);
    expect(mixed.promotion.logE).toBeLessThan(proved.promotion.logE);
  });

  it("is not counted in buckets that only one version has it in, or with other thresholds", () => {
    const half = bucket(
      { requests: 900, errors: 0, slow: [450, 225, 90, 45, 9, 1, 0] },
      GOOD.canary,
    );
    const other = bucket(
      { requests: 9, errors: 0, slow: [1] },
      { requests: 9, errors: 0, slow: [9] },
    );
    const before = after([slower], OPEN);
    for (const ignored of [half, other]) {
      expect(observe(before, OPEN, ignored, undefined).latency).toEqual(before.latency);
    }
  });
});

describe("the user's own metrics", () => {
  const settings = { ...DEFAULT_SETTINGS, latency: false, custom: [ORDERS, BASKET] };
  const bad = withCustom({ orders: [30, 12], basket: [30, 2] });
  const good = withCustom({ orders: [30, 0], basket: [30, 1] });

  it("share a fifth of the weight among them", () => {
    const { parts } = judge(after([good], settings), settings);
    expect(parts.map(({ name, weight }) => [name, weight])).toEqual([
      ["errors", expect.closeTo(5 / 7, 12)],
      ["orders", expect.closeTo(1 / 7, 12)],
      ["basket", expect.closeTo(1 / 7, 12)],
    ]);
  });

  it("turn back a canary that is worse only there", () => {
    const known = judge(after(Array(5).fill(bad), settings), settings);
    expect(known.verdict).toBe("fail");
    expect(known.sentence).toMatchInlineSnapshot(
      `"The canary is worse in orders: 12 of 30 bad, against 10 of 300 on stable; log E 10.0 of 4.6."`,
    );
  });

  it("are named with the threshold that is passed too often", () => {
    const far = withCustom({ orders: [30, 1], basket: [30, 25] });
    const slow = withSlow(far);
    const all = { ...settings, latency: true };
    for (const [one, given] of [
      [far, settings],
      [slow, all],
    ] as const) {
      expect(judge(after([one, one], given), given).sentence).toContain(
        "worse in basket: 25 of 30 beyond threshold 1, against 10 of 300 on stable",
      );
    }
  });

  it("hold a promotion until they are proved, too", () => {
    const errorsProved = judge(after(Array(20).fill(GOOD), settings), settings);
    expect(errorsProved.verdict).toBe("inconclusive");
    expect(errorsProved.promotion).toMatchObject({ name: "orders", logE: 0 });
    const allProved = judge(after(Array(60).fill(good), settings), settings);
    expect(allProved.verdict).toBe("pass");
  });
});

describe("the request count", () => {
  const quiet = bucket({ requests: 100, errors: 0 }, undefined);

  it("finds a canary that counts nothing, and says so from then on", () => {
    const state = after(Array(2).fill(quiet), ERRORS_ONLY);
    const known = judge(state, ERRORS_ONLY);
    expect(known.requestCount.isMissing).toBe(true);
    expect(known.verdict).toBe("inconclusive");
    expect(known.sentence).toMatchInlineSnapshot(
      `"Not decided: 0 errors in 0 requests, against 0 in 200 on stable; log E against the canary 0.0 of 4.6, for it 0.0 of 3.0 (errors). The canary's requests are missing: only 0 of 200 are its own, against its weight."`,
    );
    const later = judge(after(Array(500).fill(GOOD), ERRORS_ONLY, WEIGHT_BPS, state), ERRORS_ONLY);
    expect(later.requestCount.isMissing).toBe(true);
  });

  it("divides its evidence by the attempts of a request", () => {
    const settings = { ...ERRORS_ONLY, lateOnset: false };
    const logE = (retries: number) =>
      judge(after([quiet, quiet, quiet], { ...settings, retries }), settings).requestCount.logE;
    // The mixture costs each of them the same.
    expect(logE(3)).toBeGreaterThan(logE(1) / 4);
    expect(logE(3)).toBeLessThan(logE(1) / 2);
  });

  it("is content with a share that is up to a twentieth below the weight", () => {
    const fewer = bucket({ requests: 9050, errors: 0 }, { requests: 950, errors: 0 });
    const known = judge(after(Array(500).fill(fewer), ERRORS_ONLY), ERRORS_ONLY);
    expect(known.requestCount.isMissing).toBe(false);
  });

  it("is not made while the weight is not known, or 0", () => {
    for (const weightBps of ["not known", 0] as const) {
      const mixed = [...Array(500).fill(quiet), GOOD];
      const known = judge(after(mixed, ERRORS_ONLY, weightBps), ERRORS_ONLY);
      expect(known.requestCount).toMatchObject({ logE: expect.closeTo(0, 12), isMissing: false });
    }
  });
});

describe("the state", () => {
  const settings = { ...OPEN, custom: [ORDERS, BASKET] };
  const full = withSlow(withCustom({ orders: [30, 3], basket: [30, 2] }));
  const state = after(Array(20).fill(full), settings);

  it("goes on from a journal as if it had never been written there", () => {
    const read: ComparisonState = JSON.parse(JSON.stringify(state));
    expect(read).toEqual(state);
    expect(judge(read, settings)).toEqual(judge(state, settings));
    const [left, right] = [read, state].map((from) =>
      after([full, BAD], settings, WEIGHT_BPS, from),
    );
    expect(left).toEqual(right);
    const failed = after(Array(4).fill(BAD), ERRORS_ONLY);
    expect(JSON.parse(JSON.stringify(failed))).toEqual(failed);
  });

  it("has at most 150 numbers for each metric", () => {
    const { latency, custom, ...errors } = state;
    expect(latency).not.toBeNull();
    for (const part of [errors, latency, ...custom]) {
      if (part === null) continue;
      const numbers = JSON.stringify(part).match(/-?\d+(\.\d+)?(e[-+]?\d+)?/g) ?? [];
      expect(numbers.length).toBeGreaterThan(8);
      expect(numbers.length).toBeLessThanOrEqual(150);
    }
  });

  it("is not changed in place", () => {
    const before = JSON.stringify(state);
    observe(state, settings, at(BAD, 600_000), WEIGHT_BPS);
    expect(JSON.stringify(state)).toBe(before);
  });
});

function bucket(stable: ArmCounts | undefined, canary: ArmCounts | undefined): CountBucket {
  return {
    fromMs: 0,
    toMs: 10_000,
    stratum: "all",
    ...(stable === undefined ? {} : { stable }),
    ...(canary === undefined ? {} : { canary }),
  };
}

/** Trials of the canary and how many of them were bad; stable has ten times as many, and a thirtieth of them bad. */
function withCustom(metrics: Record<string, readonly [number, number]>): CountBucket {
  const entries = Object.entries(metrics);
  const canary = entries.map(([name, [trials, bad]]) => [name, { trials, bad: [bad] }]);
  const stable = entries.map(([name, [trials]]) => [
    name,
    { trials: trials * 10, bad: [Math.ceil(trials / 3)] },
  ]);
  return bucket(
    { requests: 900, errors: 0, custom: Object.fromEntries(stable) },
    { requests: 100, errors: 0, custom: Object.fromEntries(canary) },
  );
}

function withSlow(one: CountBucket): CountBucket {
  const slow = [50, 25, 10, 5, 1, 0, 0];
  const stable = { requests: 900, errors: 0, ...one.stable, slow: slow.map((few) => few * 9) };
  return { ...one, stable, canary: { requests: 100, errors: 0, ...one.canary, slow } };
}

function at(one: CountBucket, fromMs: number): CountBucket {
  return { ...one, fromMs, toMs: fromMs + 10_000 };
}

function after(
  buckets: readonly CountBucket[],
  settings: ComparisonSettings,
  weightBps: number | "not known" = WEIGHT_BPS,
  from = startComparison(settings),
): ComparisonState {
  const known = weightBps === "not known" ? undefined : weightBps;
  return buckets.reduce((state, one) => observe(state, settings, one, known), from);
}

function check<T>(values: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(fc.property(values, property), { seed: SEED, numRuns: RUNS });
}
