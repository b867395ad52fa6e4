// Protects the replay of one run: the golden vectors of the method, the first verdict being final, and that silence says
// nothing.
import { describe, expect, it } from "vitest";
import {
  type BucketLine,
  REPLAY_DEFAULTS,
  replayBucket,
  type ReplaySettings,
  type RunReplay,
} from "../../src/index.ts";
import { type Counts, lineAt } from "./lines.ts";

const STRICT: ReplaySettings = { ...REPLAY_DEFAULTS, tolerance: { ratio: 1, rate: 0 } };

/** What is known after each line. */
function statesOf(lines: readonly BucketLine[], settings = REPLAY_DEFAULTS): readonly RunReplay[] {
  let state: RunReplay | undefined;
  return lines.map((line) => {
    const next = replayBucket(state, line, settings);
    if ("problem" in next) throw new Error(next.problem.message);
    state = next;
    return next;
  });
}

const bySecond = (buckets: readonly Counts[]) =>
  buckets.map((counts, index) => lineAt(1000 * (index + 1), counts));

function lastOf(states: readonly RunReplay[]): RunReplay {
  const last = states.at(-1);
  if (last === undefined) throw new Error("the run is empty");
  return last;
}

describe("golden vectors", () => {
  const plain: Counts[] = [
    [1, 10, 0, 90],
    [0, 12, 1, 88],
    [2, 11, 0, 89],
    [3, 9, 1, 91],
  ];
  it.each([
    {
      name: "G1, strict",
      buckets: plain,
      settings: STRICT,
      logE: [1.804027014, 0.439166687, 3.615412593, 8.291758133],
    },
    {
      name: "G2, by default",
      buckets: plain,
      settings: REPLAY_DEFAULTS,
      logE: [1.712499527, 0.329926352, 3.334923983, 7.732636772],
    },
    {
      name: "G3, weights that change and a silent version",
      buckets: [
        [0, 0, 3, 100],
        [5, 50, 0, 50],
        [40, 100, 0, 0],
        [20, 700, 1, 300],
      ] as Counts[],
      settings: STRICT,
      logE: [0, 3.021902637, 3.021902637, 6.523456863],
    },
  ])("$name", ({ buckets, settings, logE }) => {
    const states = statesOf(bySecond(buckets), settings);
    for (const [index, expected] of logE.entries()) {
      expect(states[index]?.latest.rollbackLogE).toBeCloseTo(expected, 8);
    }
  });

  it("G5, promotion and its risk bound", () => {
    const states = statesOf(
      bySecond([
        [0, 200, 1, 200],
        [0, 300, 0, 300],
        [1, 400, 0, 400],
      ]),
    );
    const expected = [
      [1.38285889, 0.01732868],
      [2.583807231, 0.006931472],
      [1.909677431, 0.007428962],
    ];
    for (const [index, [logE = 0, bound = 0]] of expected.entries()) {
      expect(states[index]?.latest.promoteLogE).toBeCloseTo(logE, 8);
      expect(states[index]?.latest.riskBound).toBeCloseTo(bound, 8);
    }
  });
});

it("turns back at the bucket that proves it, and stays with that whatever comes", () => {
  const bad: Counts = [5, 10, 0, 90];
  const good: Counts = [0, 1000, 20, 1000];
  const states = statesOf(bySecond([bad, bad, good, good]));
  const decided = states.findIndex((state) => state.decided !== null);
  const last = lastOf(states);
  expect(last.decided).toMatchObject({ verdict: "abort", atMs: 1000 * (decided + 1) });
  expect(last.decided?.buckets).toBe(decided + 1);
  expect(last.latest.rollbackLogE).toBeLessThan(4.6);
});

it("promotes on proof, but not before a minute has passed since the first bucket", () => {
  const clean: Counts = [0, 1000, 0, 1000];
  const lines = [0, 30, 59.999, 60].map((second) => lineAt(5000 + 1000 * second, clean));
  const states = statesOf(lines);
  expect(states.map(({ decided }) => decided?.verdict ?? null)).toEqual([
    null,
    null,
    null,
    "promote",
  ]);
  expect(lastOf(states).decided?.atMs).toBe(65_000);
});

it("turns back when one bucket proves both", () => {
  // With a margin of ten times, 4 % against 1 % is worse than tolerated and proved within the margin at once.
  const settings = { ...REPLAY_DEFAULTS, margin: { ratio: 10, rate: 0.05 }, minTimeMs: 0 };
  const { latest } = lastOf(statesOf([lineAt(1000, [400, 10_000, 100, 10_000])], settings));
  expect(latest.promoteLogE).toBeGreaterThan(Math.log(20));
  expect(latest).toMatchObject({ verdict: "abort" });
});

it("says nothing when one version is silent, over gaps, and at a weight of 0 or 100 %", () => {
  const silent = statesOf([
    lineAt(1000, [0, 0, 50, 100]),
    lineAt(3_600_000, [100, 100, 0, 0]),
    lineAt(7_200_000, [0, 0, 0, 0]),
  ]);
  expect(lastOf(silent).latest).toMatchObject({
    verdict: "inconclusive",
    compared: 0,
    buckets: 3,
    rollbackLogE: 0,
    promoteLogE: 0,
    riskBound: 1,
    stable: { requests: 100, errors: 50 },
    canary: { requests: 100, errors: 100 },
  });
});

it("finds a late fault sooner with late onset, which costs at most the stake held back", () => {
  const clean = Array.from({ length: 60 }, (_, minute) =>
    lineAt(60_000 * (minute + 1), [0, 1000, 9, 9000]),
  );
  const bad = Array.from({ length: 4 }, (_, minute) =>
    lineAt(60_000 * (minute + 61), [6, 1000, 9, 9000]),
  );
  const long = { ...REPLAY_DEFAULTS, beta: 1e-9 };
  const lasts = [false, true].map((lateOnset) =>
    lastOf(statesOf([...clean, ...bad], { ...long, lateOnset })),
  );
  const [plain, late] = lasts.map(({ latest }) => latest.rollbackLogE);
  expect(late).toBeGreaterThan((plain ?? 0) + 1);
  const early = [false, true].map((lateOnset) =>
    lastOf(statesOf(bad.slice(0, 1), { ...long, lateOnset })),
  );
  const [plainAtOnce = 0, lateAtOnce = 0] = early.map(({ latest }) => latest.rollbackLogE);
  expect(plainAtOnce - lateAtOnce).toBeLessThanOrEqual(Math.log(2) + 1e-12);
});

describe("a line that does not fit", () => {
  it.each([1000, 999])("refuses atMs %i after 1000", (atMs) => {
    const [first] = statesOf([lineAt(1000, [0, 1, 0, 1])]);
    expect(replayBucket(first, lineAt(atMs, [0, 1, 0, 1]), REPLAY_DEFAULTS)).toMatchObject({
      problem: {
        field: "atMs",
        message: `atMs is ${atMs}; it must be above 1000, that of the bucket before it in run "r1"`,
      },
    });
  });

  it("refuses other bounds than before, even if the versions agree", () => {
    const withBounds = (atMs: number, boundsMs: readonly number[]): BucketLine => {
      const line = lineAt(atMs, [0, 1, 0, 1]);
      const latency = { boundsMs, counts: [0, 1, 0] };
      return { ...line, stable: { ...line.stable, latency }, canary: { ...line.canary, latency } };
    };
    const [first] = statesOf([withBounds(1000, [1, 2])]);
    expect(replayBucket(first, withBounds(2000, [1, 3]), REPLAY_DEFAULTS)).toMatchObject({
      problem: {
        field: "stable.latency.boundsMs",
        message: expect.stringContaining("must stay the same"),
      },
    });
  });
});

describe("latency", () => {
  const boundsMs = Array.from({ length: 81 }, (_, index) => 2 ** (index / 8));
  /** All of `requests` around `ms`, and `slow` of them eight times as long. */
  const around = (ms: number, requests: number, slow: number) => {
    const counts = Array.from({ length: boundsMs.length + 1 }, () => 0);
    const placeOf = (value: number) => boundsMs.findIndex((bound) => bound >= value);
    counts[placeOf(ms)] = requests - slow;
    counts[placeOf(8 * ms)] = slow;
    return { boundsMs, counts };
  };
  const lines = (canarySlow: number) =>
    Array.from({ length: 20 }, (_, index) => {
      const line = lineAt(1000 * (index + 1), [0, 20, 0, 180]);
      return {
        ...line,
        stable: { ...line.stable, latency: around(50, 180, 2) },
        canary: { ...line.canary, latency: around(50, 20, canarySlow) },
      };
    });

  it("learns its thresholds from stable first, then tells the slower canary, and decides nothing", () => {
    const states = statesOf(lines(10));
    // 180 requests a second: the first 1080 are for learning.
    const known = states.findIndex(({ latest }) => latest.latencyLogE !== null);
    expect(known).toBe(5);
    expect(states[known]?.latest.latencyLogE).toBe(0);
    const last = lastOf(states);
    expect(last.latest.latencyLogE).toBeGreaterThan(20);
    expect(last).toMatchObject({ decided: null, latest: { verdict: "inconclusive" } });
  });

  it("has nothing against a canary that is as slow as stable", () => {
    expect(lastOf(statesOf(lines(0))).latest.latencyLogE).toBeLessThan(0.1);
  });
});
