// Protects the counts on their way in: each stretch of time is counted exactly once, whole, under one weight, whatever a
// source repeats, delays, leaves out or gets wrong.
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { ArmCounts, CountBucket } from "../../src/analysis/counts.ts";
import { startFeed, takeBuckets } from "../../src/analysis/feed.ts";
import type { FeedOptions, FeedState, SteadySpan } from "../../src/analysis/feed.ts";

const SEED = Number(process.env["ANALYSIS_SEED"] ?? 20_261_121);
const START = 1_700_000_000_000;
const GRACE_MS = 5000;

const STEADY: SteadySpan = { fromMs: START, toMs: Infinity, weightBps: 1000 };
/** Long enough ago that nothing is late any more. */
const SETTLED: FeedOptions = {
  readToMs: START + 3_600_000,
  nowMs: START + 3_600_000,
  graceMs: GRACE_MS,
  spans: [STEADY],
};

describe("closing", () => {
  it("waits for 30 requests", () => {
    const { feed, closed } = take([second(0), second(1)], readTo(2));
    expect(closed).toEqual([]);
    const next = take([second(2), second(3)], readTo(4), feed);
    expect(next.closed).toEqual([
      {
        bucket: {
          fromMs: START,
          toMs: START + 3000,
          stratum: "all",
          stable: { requests: 27, errors: 3 },
          canary: { requests: 3, errors: 0 },
        },
        weightBps: 1000,
      },
    ]);
    expect(next.feed.pending.map(({ bucket }) => bucket)).toEqual([second(3)]);
  });

  it("waits no longer than 10 seconds", () => {
    const few = { requests: 1, errors: 0 };
    const raw = Array.from({ length: 12 }, (_, i) => second(i, { stable: few, canary: few }));
    const { closed, feed } = take(raw, readTo(12));
    expect(closed.map(({ bucket }) => bucket.toMs - bucket.fromMs)).toEqual([10_000]);
    expect(feed.pending).toHaveLength(1);
    expect(take([], readTo(19), feed).closed).toEqual([]);
    expect(take([], readTo(20), feed).closed).toHaveLength(1);
  });

  it("does not join what lies more than 10 seconds apart", () => {
    const { closed } = take([second(0), second(11), second(30)], SETTLED);
    expect(closed.map(({ bucket }) => bucket.fromMs - START)).toEqual([0, 11_000, 30_000]);
  });

  it("takes a gap for nothing", () => {
    const { closed } = take([second(0), second(7), second(9)], SETTLED);
    expect(closed.map(({ bucket }) => bucket)).toEqual([
      {
        ...second(0),
        toMs: START + 10_000,
        stable: { requests: 27, errors: 3 },
        canary: { requests: 3, errors: 0 },
      },
    ]);
  });

  it("counts a long silence to its end, once nothing of it can come late any more", () => {
    const before = take([second(0)], readTo(1)).feed;
    const young = take([], { ...readTo(60), nowMs: START + 60_000 + GRACE_MS - 1 }, before);
    expect(young.feed.countedToMs).toBe(START + 1000);
    const old = take([], { ...readTo(60), nowMs: START + 60_000 + GRACE_MS }, before);
    expect(old.feed.countedToMs).toBe(START + 60_000);
    expect(take([second(60)], readTo(61), old.feed).dropped.repeated).toBe(0);
  });

  it("leaves buckets of 10 seconds and more as they are", () => {
    const minute = (i: number) => ({ ...second(60 * i), toMs: START + 60_000 * (i + 1) });
    const long = [minute(0), minute(1), minute(2)];
    const { closed } = take(
      [second(-1), ...long],
      { ...SETTLED, spans: [{ ...STEADY, fromMs: 0 }] },
      startFeed(0),
    );
    expect(closed.map(({ bucket }) => bucket)).toEqual([second(-1), ...long]);
  });

  it("keeps strata apart", () => {
    const big = { stable: { requests: 45, errors: 0 }, canary: { requests: 5, errors: 0 } };
    const raw = [second(0, big, "warm"), second(0, big, "cold"), second(1, big, "warm")];
    const { closed } = take(raw, readTo(2));
    expect(closed.map(({ bucket }) => [bucket.stratum, bucket.fromMs - START])).toEqual([
      ["cold", 0],
      ["warm", 0],
      ["warm", 1000],
    ]);
  });

  it("adds up slow counts and the user's metrics, and a metric that is in one part only", () => {
    const arm = (slow: readonly number[], orders?: number): ArmCounts => ({
      requests: 24,
      errors: 1,
      slow,
      ...(orders === undefined ? {} : { custom: { orders: { trials: orders, bad: [1] } } }),
    });
    const raw = [
      second(0, { stable: arm([9, 3]), canary: arm([5, 0], 4) }),
      second(1, { stable: arm([7, 1], 6), canary: arm([2, 2], 3) }),
    ];
    const { closed } = take(
      [raw[0], raw[1]].filter((one) => one !== undefined),
      SETTLED,
    );
    // 48 requests close a bucket, so each second is its own; with half as many they are joined.
    expect(closed).toHaveLength(2);
    const halves = raw.map((one) => second((one.fromMs - START) / 1000, halved(one)));
    const joined = take(halves, SETTLED).closed.map(({ bucket }) => bucket);
    expect(joined).toHaveLength(1);
    expect(joined[0]).toMatchObject({
      stable: {
        requests: 24,
        errors: 2,
        slow: [16, 4],
        custom: { orders: { trials: 6, bad: [1] } },
      },
      canary: {
        requests: 24,
        errors: 2,
        slow: [7, 2],
        custom: { orders: { trials: 7, bad: [2] } },
      },
    });
  });
});

describe("the weight", () => {
  const change: readonly SteadySpan[] = [
    { fromMs: START, toMs: START + 2000, weightBps: 1000 },
    { fromMs: START + 3000, toMs: START + 60_000, weightBps: 2000 },
  ];

  it("closes a bucket when it changes, and drops what was counted meanwhile", () => {
    const raw = [0, 1, 2, 3, 4].map((i) => second(i));
    const { closed, dropped, feed } = take(raw, { ...readTo(60), spans: change });
    expect(
      closed.map(({ bucket, weightBps }) => [
        bucket.fromMs - START,
        bucket.toMs - START,
        weightBps,
      ]),
    ).toEqual([
      [0, 2000, 1000],
      [3000, 5000, 2000],
    ]);
    expect(dropped).toEqual({ repeated: 0, unsteady: 1, invalid: 0 });
    expect(feed.dropped).toEqual(dropped);
  });

  it("closes a bucket even when it changes to what it was", () => {
    const same = change.map((span) => ({ ...span, weightBps: 1000 }));
    const { closed } = take([second(1), second(3)], { ...SETTLED, spans: same });
    expect(closed).toHaveLength(2);
  });

  it("closes what is pending once another span has begun, without waiting for its counts", () => {
    const { feed, closed } = take([second(1)], { ...readTo(2), spans: change.slice(0, 1) });
    expect(closed).toEqual([]);
    expect(take([], { ...readTo(4), spans: change }, feed).closed).toHaveLength(1);
  });

  it("of a bucket in no span is not known: nothing of it counts", () => {
    const { closed, dropped } = take([second(0), second(1)], { ...SETTLED, spans: [] });
    expect(closed).toEqual([]);
    expect(dropped.unsteady).toBe(2);
  });
});

describe("late counts", () => {
  const stableOnly = (i: number) => second(i, { stable: BUSY });
  const both = (i: number) => second(i, { stable: BUSY, canary: BUSY });
  const froms = (closed: readonly { bucket: CountBucket }[]) =>
    closed.map(({ bucket }) => (bucket.fromMs - START) / 1000);

  it("hold back everything from the moment on in which a version is missing", () => {
    const { feed, closed } = take([both(0), stableOnly(1), stableOnly(2)], readTo(3));
    expect(froms(closed)).toEqual([0]);
    expect(feed.countedToMs).toBe(START + 1000);
    const complete = take([both(1), both(2)], readTo(3), feed);
    expect(froms(complete.closed)).toEqual([1, 2]);
    expect(complete.dropped.repeated).toBe(0);
  });

  it("are waited for when they are stable's, too", () => {
    const raw = [both(0), second(1, { canary: BUSY })];
    expect(take(raw, readTo(2)).feed.countedToMs).toBe(START + 1000);
  });

  it("hold back the other strata of that moment, too: there is one mark for all", () => {
    const raw = [
      second(1, { stable: BUSY }, "cold"),
      both(0),
      both(1),
      second(0, { stable: BUSY, canary: BUSY }, "cold"),
    ];
    expect(take(raw, readTo(2)).feed.countedToMs).toBe(START + 1000);
  });

  it("are waited for no longer than the grace", () => {
    const waiting = take([stableOnly(0)], { ...readTo(1), nowMs: START + 1000 + GRACE_MS - 1 });
    expect(waiting.feed.countedToMs).toBe(START);
    const over = take(
      [stableOnly(0)],
      { ...readTo(1), nowMs: START + 1000 + GRACE_MS },
      waiting.feed,
    );
    expect(froms(over.closed)).toEqual([0]);
    expect(over.closed[0]?.bucket.canary).toBeUndefined();
  });

  it("are not expected where the version was counted later", () => {
    expect(froms(take([both(0), stableOnly(1), both(2)], readTo(3)).closed)).toEqual([0, 1, 2]);
  });

  it("are counted nowhere when they come after all", () => {
    const { feed } = take([both(0), stableOnly(1), both(2)], readTo(3));
    const again = take([both(1)], readTo(4), feed);
    expect(again.closed).toEqual([]);
    expect(again.dropped.repeated).toBe(1);
    expect(again.feed.countedToMs).toBe(feed.countedToMs);
  });

  it("may be of both versions, and a bucket of nobody that is old is a gap", () => {
    const nobody = second(1, {});
    expect(take([both(0), nobody], readTo(2)).feed.countedToMs).toBe(START + 1000);
    const old = take([both(0), nobody], SETTLED);
    expect(old.feed.countedToMs).toBe(START + 2000);
    expect(froms(old.closed)).toEqual([0]);
  });

  it("do not pass for counts: a version that counted 0 requests is not missing", () => {
    const quiet = second(1, { stable: BUSY, canary: { requests: 0, errors: 0 } });
    expect(froms(take([both(0), quiet], readTo(2)).closed)).toEqual([0, 1]);
  });

  it("leave a bucket that has not ended for the next time", () => {
    const { feed, dropped } = take([both(0), both(1)], { ...readTo(2), readToMs: START + 1999 });
    expect(feed.countedToMs).toBe(START + 1000);
    expect(dropped).toEqual({ repeated: 0, unsteady: 0, invalid: 0 });
  });
});

describe("counts of slow requests", () => {
  const fast = { requests: 8, errors: 0 };
  const slow = { requests: 8, errors: 0, slow: [5, 1] };

  it("begin with a bucket of their own: what is pending has none", () => {
    const { closed } = take(
      [second(0, { stable: fast, canary: fast }), second(1, { stable: slow, canary: slow })],
      SETTLED,
    );
    expect(closed.map(({ bucket }) => bucket.stable?.slow)).toEqual([undefined, [5, 1]]);
  });

  it("are left out where one version has none, and the requests still count", () => {
    const { closed } = take([second(0, { stable: slow, canary: fast })], SETTLED);
    expect(closed[0]?.bucket.stable).toEqual(fast);
    expect(closed[0]?.bucket.canary).toEqual(fast);
  });

  it("are none for a version that had no request, which does not disturb the others", () => {
    const raw = [
      second(0, { stable: slow, canary: slow }),
      second(1, { stable: slow, canary: { requests: 0, errors: 0 } }),
      second(2, { stable: slow, canary: { requests: 0, errors: 0, slow: [] } }),
    ];
    const { closed, dropped } = take(raw, SETTLED);
    expect(dropped.invalid).toBe(0);
    expect(closed.map(({ bucket }) => bucket.stable?.slow)).toEqual([[15, 3]]);
    expect(closed.map(({ bucket }) => bucket.canary?.slow)).toEqual([[5, 1]]);
  });

  it("without any threshold say that there are none yet", () => {
    const none = { ...fast, slow: [] };
    const raw = [
      second(0, { stable: none, canary: none }),
      second(1, { stable: slow, canary: slow }),
    ];
    const { closed, dropped } = take(raw, SETTLED);
    expect(dropped.invalid).toBe(0);
    expect(closed.map(({ bucket }) => bucket.stable?.slow)).toEqual([undefined, [5, 1]]);
  });
});

describe("counts that cannot be true", () => {
  const good = {
    requests: 60,
    errors: 1,
    slow: [5, 1],
    custom: { orders: { trials: 9, bad: [1] } },
  };
  const before = take([second(0, { stable: good, canary: good })], SETTLED).feed;

  it.each<[string, Partial<ArmCounts>]>([
    ["a negative number of requests", { requests: -1 }],
    ["half a request", { requests: 10.5 }],
    ["no number of requests", { requests: NaN }],
    ["more requests than can be counted", { requests: 2 ** 60 }],
    ["endless errors", { errors: Infinity }],
    ["half an error", { errors: 0.5 }],
    ["a negative number of errors", { errors: -1 }],
    ["more errors than requests", { errors: 61 }],
    ["more slow requests than requests", { slow: [61, 1] }],
    ["more requests above a higher threshold", { slow: [4, 5] }],
    ["half a slow request", { slow: [4.5, 1] }],
    ["more thresholds than before", { slow: [5, 1, 0] }],
    ["fewer thresholds than before", { slow: [5] }],
    ["half a trial", { custom: { orders: { trials: 0.5, bad: [0] } } }],
    ["more bad trials than trials", { custom: { orders: { trials: 9, bad: [10] } } }],
    ["a negative number of bad trials", { custom: { orders: { trials: 9, bad: [-1] } } }],
    ["more thresholds of a metric than before", { custom: { orders: { trials: 9, bad: [1, 1] } } }],
  ])("are refused whole: %s", (_, wrong) => {
    for (const version of ["stable", "canary"]) {
      const arms = { stable: good, canary: good, [version]: { ...good, ...wrong } };
      const { closed, dropped, feed } = take(
        [second(1, arms), second(2, { stable: good, canary: good })],
        SETTLED,
        before,
      );
      expect(dropped).toEqual({ repeated: 0, unsteady: 0, invalid: 1 });
      expect(closed.map(({ bucket }) => bucket.fromMs - START)).toEqual([2000]);
      expect(feed.shape).toEqual(before.shape);
    }
  });

  it.each([
    ["that end before they begin", { fromMs: START + 2000, toMs: START + 1000 }],
    ["that take no time", { fromMs: START + 1000, toMs: START + 1000 }],
    ["that begin nowhere", { fromMs: NaN }],
    ["that never began", { fromMs: -Infinity }],
    ["that never end", { toMs: Infinity }],
  ])("are refused when they are of times %s", (_, times) => {
    const { closed, dropped, feed } = take(
      [{ ...second(1, { stable: good, canary: good }), ...times }],
      SETTLED,
      before,
    );
    expect(closed).toEqual([]);
    expect(dropped.invalid).toBe(1);
    expect(feed.countedToMs).toBe(before.countedToMs);
  });

  it.each([
    ["thresholds of latency", { ...good, slow: [5, 1, 0] }],
    ["thresholds of a metric", { ...good, custom: { orders: { trials: 9, bad: [1, 0] } } }],
  ])("are refused when both versions have other %s than in an earlier read", (_, other) => {
    const { closed, dropped } = take(
      [second(1, { stable: other, canary: other })],
      SETTLED,
      before,
    );
    expect(closed).toEqual([]);
    expect(dropped.invalid).toBe(1);
  });

  it("do not come back to be refused again", () => {
    const wrong = second(1, { stable: { ...good, errors: 61 }, canary: good });
    const { feed } = take([wrong], SETTLED, before);
    expect(feed.countedToMs).toBe(START + 2000);
  });
});

it("says in sum over all calls what it dropped", () => {
  const first = take([second(0), second(0), second(-5)], readTo(1));
  expect(first.dropped).toEqual({ repeated: 2, unsteady: 0, invalid: 0 });
  const next = take([second(0), { ...second(1), toMs: NaN }], readTo(2), first.feed);
  expect(next.dropped).toEqual({ repeated: 1, unsteady: 0, invalid: 1 });
  expect(next.feed.dropped).toEqual({ repeated: 3, unsteady: 0, invalid: 1 });
});

it(`counts every request once, however a source hands its buckets out (ANALYSIS_SEED=${SEED})`, () => {
  const poll = fc.record({
    // How far the source has got since, how much it hands out again, and in which order.
    seconds: fc.integer({ min: 0, max: 15 }),
    again: fc.integer({ min: 0, max: 8 }),
    reversed: fc.boolean(),
    lateSeconds: fc.integer({ min: 0, max: 3 }),
  });
  const counted = fc.array(fc.record({ n1: fc.nat({ max: 9 }), n0: fc.nat({ max: 40 }) }), {
    minLength: 60,
    maxLength: 60,
  });
  const spans = [
    { fromMs: START, toMs: START + 20_000, weightBps: 1000 },
    { fromMs: START + 20_000, toMs: START + 60_000, weightBps: 2000 },
  ];
  const property = fc.property(counted, fc.array(poll, { maxLength: 20 }), (seconds, polls) => {
    const whole = seconds.flatMap(({ n1, n0 }, i) => [
      second(
        i,
        { stable: { requests: n0, errors: n0 >> 1 }, canary: { requests: n1, errors: n1 >> 1 } },
        "warm",
      ),
      second(
        i,
        { stable: { requests: n0, errors: 0 }, canary: { requests: n1, errors: 0 } },
        "cold",
      ),
    ]);
    let feed = startFeed(START);
    let upTo = 0;
    const found: CountBucket[] = [];
    let dropped = 0;
    for (const { seconds, again, reversed, lateSeconds } of [...polls, FLUSH]) {
      upTo = Math.min(60, upTo + seconds);
      const readToMs = START + upTo * 1000;
      const raw = whole
        .filter(({ fromMs, toMs }) => fromMs >= feed.countedToMs - again * 1000 && toMs <= readToMs)
        .map((one) => (one.toMs > readToMs - lateSeconds * 1000 ? withoutCanary(one) : one));
      const nowMs = seconds === FLUSH.seconds ? readToMs + 60_000 : readToMs;
      const countedToMs = feed.countedToMs;
      const taken = takeBuckets(
        JSON.parse(JSON.stringify(feed)),
        reversed ? raw.toReversed() : raw,
        {
          readToMs: readToMs + (seconds === FLUSH.seconds ? 60_000 : 0),
          nowMs,
          graceMs: GRACE_MS,
          spans,
        },
      );
      expect(taken.feed.countedToMs).toBeGreaterThanOrEqual(countedToMs);
      feed = taken.feed;
      found.push(...taken.closed.map(({ bucket }) => bucket));
      dropped += taken.dropped.unsteady + taken.dropped.invalid;
    }
    expect(feed.pending).toEqual([]);
    expect(dropped).toBe(0);
    expect(sums(found)).toEqual(sums(whole));
    // No stretch twice, and none across the change of weight.
    for (const stratum of ["warm", "cold"]) {
      const mine = found.filter((one) => one.stratum === stratum);
      for (const [i, { fromMs, toMs }] of mine.entries()) {
        expect(fromMs).toBeGreaterThanOrEqual(mine[i - 1]?.toMs ?? START);
        expect(fromMs >= START + 20_000 || toMs <= START + 20_000).toBe(true);
      }
    }
  });
  fc.assert(property, { seed: SEED, numRuns: 150 });
});

const BUSY: ArmCounts = { requests: 60, errors: 0 };
/** The last poll: everything is there, and has been for a while. */
const FLUSH = { seconds: 60, again: 0, reversed: false, lateSeconds: 0 };

type Arms = { stable?: ArmCounts; canary?: ArmCounts };

const FEW: Arms = { stable: { requests: 9, errors: 1 }, canary: { requests: 1, errors: 0 } };

function second(i: number, arms: Arms = FEW, stratum = "all"): CountBucket {
  const fromMs = START + i * 1000;
  return { fromMs, toMs: fromMs + 1000, stratum, ...arms };
}

function readTo(seconds: number): FeedOptions {
  const readToMs = START + seconds * 1000;
  return { ...SETTLED, readToMs, nowMs: readToMs };
}

function take(
  raw: readonly CountBucket[],
  options: FeedOptions,
  feed: FeedState = startFeed(START),
) {
  return takeBuckets(feed, raw, options);
}

function withoutCanary({ fromMs, toMs, stratum, stable }: CountBucket): CountBucket {
  return { fromMs, toMs, stratum, ...(stable === undefined ? {} : { stable }) };
}

/** Half the requests, and all that was bad in them. */
function halved({ stable, canary }: CountBucket): Arms {
  const half = (arm: ArmCounts | undefined) =>
    arm === undefined ? { requests: 0, errors: 0 } : { ...arm, requests: arm.requests / 2 };
  return { stable: half(stable), canary: half(canary) };
}

function sums(buckets: readonly CountBucket[]): readonly number[] {
  const sum = (pick: (one: CountBucket) => number | undefined) =>
    buckets.reduce((total, one) => total + (pick(one) ?? 0), 0);
  return [
    sum(({ canary }) => canary?.requests),
    sum(({ canary }) => canary?.errors),
    sum(({ stable }) => stable?.requests),
    sum(({ stable }) => stable?.errors),
  ];
}
