// Protects rollouts on feeds that are coarse, late and revised, on metrics that are not always there, and against
// settings that change in mid-rollout: what was counted is used once, in time, at the weight it was counted at.
import { describe, expect, it } from "vitest";

import type { Command, RolloutEvent, VersionBucket } from "../../src/index.ts";
import { BAD, BUDGET, CANARY, GOOD, LINEAR, Play } from "../support/play.ts";
import type { PlayOptions } from "../support/play.ts";
import { START_MS } from "../support/specs.ts";

type Answer = NonNullable<PlayOptions["answer"]>;

/** Answers a count with what `change` makes of each version's bucket. */
function counting(
  change: (bucket: VersionBucket, play: Play) => VersionBucket | undefined,
): Answer {
  return (command, play) => {
    if (command.kind !== "count") return undefined;
    const { window } = command.query;
    const buckets = play.counted(window).flatMap((bucket) => change(bucket, play) ?? []);
    return { kind: "counted", commandId: command.id, atMs: play.atMs, window, buckets };
  };
}

function withCounts(bucket: VersionBucket, counts: VersionBucket["counts"]): VersionBucket {
  return { ...bucket, counts };
}

const MINUTES = { resolutionMs: 60_000, lagMs: 120_000 };

describe("a feed by the minute that is two minutes late, as AWS has it", () => {
  it.each([LINEAR, CANARY, BUDGET])("takes a bad release out within a few minutes: %s", (spec) => {
    const { rollout } = new Play(spec, BAD, MINUTES).run();
    expect(rollout.finished?.outcome).toBe("rolledBack");
    // A part of a minute that is spoilt, a whole one, the delay, and the answer.
    expect((rollout.finished?.atMs ?? Infinity) - START_MS).toBeLessThanOrEqual(5 * 60_000);
  });

  it.each([LINEAR, CANARY, BUDGET])("promotes a good one, and uses whole minutes: %s", (spec) => {
    const play = new Play(spec, GOOD, MINUTES).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    for (const { atMs } of play.weights.slice(1, -1)) expect((START_MS + atMs) % 60_000).toBe(0);
    const { feed, evidence } = play.rollout.comparison ?? {};
    // Only the minutes in which a weight changed are lost: one for the first, a second of the others.
    expect(feed?.dropped).toMatchObject({ repeated: 0, invalid: 0 });
    expect(feed?.dropped.unsteady).toBeLessThanOrEqual(1);
    expect(evidence?.buckets).toBeGreaterThan(1);
  });

  it("takes each minute once, however the source revises it later", () => {
    const seen = new Map<string, number>();
    const revising = counting((bucket) => {
      const key = `${bucket.version} ${bucket.fromMs}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return bucket;
    });
    // Every answer holds three minutes that were answered before, with more requests in them.
    const again: Answer = (command, play) => {
      const event = revising(command, play);
      if (event?.kind !== "counted") return event;
      const { fromMs } = event.window;
      const old = play
        .counted({ fromMs: fromMs - 180_000, toMs: fromMs })
        .map((bucket) => withCounts(bucket, { requests: 50, errors: 50 }));
      return { ...event, buckets: [...old, ...event.buckets] };
    };
    const plain = new Play(LINEAR, GOOD, MINUTES).run();
    const play = new Play(LINEAR, GOOD, { ...MINUTES, answer: again }).run();
    expect(play.rollout.finished?.outcome).toBe("promoted");
    expect(play.rollout.comparison?.state).toEqual(plain.rollout.comparison?.state);
    expect(Math.max(...seen.values())).toBe(1);
  });

  it("waits for the version whose counts come later than the other's", () => {
    const lateCanary = counting((bucket, { atMs }) =>
      bucket.version === "2" && atMs - bucket.toMs < 170_000 ? undefined : bucket,
    );
    const play = new Play(LINEAR, GOOD, { ...MINUTES, countedBy: "version", answer: lateCanary });
    expect(play.run().rollout.finished?.outcome).toBe("promoted");
    expect(play.rollout.comparison?.evidence.requestCount.isMissing).toBe(false);
  });
});

it("counts by ten seconds find a bad release within half a minute", () => {
  const { rollout } = new Play(LINEAR, BAD, { resolutionMs: 10_000, lagMs: 2000 }).run();
  expect(rollout.finished?.outcome).toBe("rolledBack");
  expect((rollout.finished?.atMs ?? Infinity) - START_MS).toBeLessThanOrEqual(30_000);
});

describe("a metric of one's own", () => {
  const ORDERS = LINEAR.replace(
    "analysis: {}",
    `analysis:
  metrics:
    - name: orders
      outcomes:
        successes: { namespace: Shop, metricName: Orders }
        failures: { namespace: Shop, metricName: Refusals }
`,
  );
  const orders = (badOnCanary: number, from: "both" | "stable" | "none") =>
    counting((bucket) => {
      const isCanary = bucket.version === "2";
      if (from === "none" || (from === "stable" && isCanary)) return bucket;
      const trials = bucket.counts.requests;
      const bad = isCanary ? Math.floor(trials * badOnCanary) : 0;
      const custom = { orders: { trials, bad: [bad] } };
      return { ...bucket, counts: { ...bucket.counts, custom } };
    });

  it("takes out a release that fails in it alone", () => {
    const { rollout } = new Play(ORDERS, GOOD, { answer: orders(0.5, "both") }).run();
    expect(rollout.abort?.cause).toEqual({ kind: "comparison", name: "orders" });
  });

  it("promotes one that is as good in it", () => {
    const { rollout } = new Play(ORDERS, GOOD, { answer: orders(0, "both") }).run();
    expect(rollout.finished?.outcome).toBe("promoted");
  });

  it.each(["none", "stable"] as const)(
    "that is counted on %s proves nothing, and asks a person",
    (from) => {
      const play = new Play(ORDERS, GOOD, { answer: orders(0, from) }).run();
      expect(play.rollout).toMatchObject({ phase: "paused", pause: { check: "comparison" } });
      expect(play.rollout.pause?.detail).toContain("orders");
      expect(play.rollout.weight).toBeLessThan(10_000);
    },
  );
});

it("goes on with other thresholds when stable becomes better known in mid-rollout", () => {
  let reads = 0;
  const slowCounts: Answer = (command, play): RolloutEvent | undefined => {
    const at = { commandId: command.id, atMs: play.atMs };
    if (command.kind === "readBaseline") {
      reads += 1;
      const { version, window } = command;
      const few = { version, window, requests: 100 * reads, errors: 0 };
      const latencyMs = [10, 20, 30, 40, 50, 60, 70].map((ms) => ms * reads);
      return { kind: "baselineRead", ...at, baseline: reads === 1 ? few : { ...few, latencyMs } };
    }
    if (command.kind !== "count") return undefined;
    return counted(command, play);
  };
  const counted = (command: Command & { readonly kind: "count" }, play: Play): RolloutEvent => {
    const { window, versions } = command.query;
    const thresholds = versions[0]?.slowerThanMs.length ?? 0;
    const slow = Array.from({ length: thresholds }, () => 0);
    const buckets = play
      .counted(window)
      .map((bucket) =>
        thresholds === 0 ? bucket : withCounts(bucket, { ...bucket.counts, slow }),
      );
    return { kind: "counted", commandId: command.id, atMs: play.atMs, window, buckets };
  };
  const spec = LINEAR.replace("{}", "{ promoteEarly: false }");
  const play = new Play(spec, GOOD, { answer: slowCounts }).run();
  expect(reads).toBeGreaterThan(5);
  expect(play.rollout.finished?.outcome).toBe("promoted");
  expect(play.rollout.comparison?.feed?.dropped.invalid).toBe(0);
  const { parts } = play.rollout.comparison?.evidence ?? {};
  expect(parts?.map(({ name }) => name)).toContain("latency");
});

it("uses what is counted while a person has it paused, once", () => {
  const play = new Play(CANARY, GOOD).run(10_000);
  play.ask("pauseRequested");
  const endMs = play.atMs + 20_000;
  // Paused rollouts end a run: the minutes go by here, with everything that is due answered.
  while (play.atMs < endMs) play.step();
  const { requests } = play.rollout.comparison?.evidence ?? {};
  expect(requests?.canary).toBeGreaterThan(200);
  play.ask("resumeRequested").run();
  expect(play.rollout.finished?.outcome).toBe("promoted");
  const { evidence, feed } = play.rollout.comparison ?? {};
  expect(feed?.dropped.repeated).toBe(0);
  const seconds = ((play.weights.at(-1)?.atMs ?? 0) - (play.weights[0]?.atMs ?? 0)) / 1000;
  expect(evidence?.requests.canary).toBeLessThanOrEqual(10 * seconds);
});
