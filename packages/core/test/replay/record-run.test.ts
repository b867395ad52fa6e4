// Protects recordings: what is written is what was counted, with the weight that was live, and can be read again.
import { expect, it } from "vitest";
import {
  createRollout,
  parseBucketLine,
  recordCounts,
  recordRollout,
  type RolloutEvent,
  type VersionBucket,
} from "../../src/index.ts";
import { NO_TRAFFIC, weightBps } from "../../src/weight.ts";
import { createdFor, SPECS, START_MS } from "../support/specs.ts";

const VERSIONS = { run: "r1", stable: "4", canary: "5" };

const bucket = (
  version: string,
  second: number,
  counts: readonly [number, number],
  stratum = "all",
): VersionBucket => ({
  version,
  fromMs: START_MS + 1000 * second,
  toMs: START_MS + 1000 * (second + 1),
  stratum,
  counts: { requests: counts[0], errors: counts[1] },
});

it("writes a line for each bucket, sorted, with the share that was seen", () => {
  const lines = recordCounts(VERSIONS, [
    bucket("5", 1, [1, 1]),
    bucket("4", 0, [90, 1]),
    bucket("5", 0, [10, 0]),
    bucket("4", 1, [2, 0]),
    bucket("3", 0, [1000, 0]),
    bucket("4", 5, [7, 0]),
  ]);
  expect(lines).toEqual([
    {
      run: "r1",
      atMs: START_MS + 1000,
      weightBps: 1000,
      stable: { requests: 90, errors: 1 },
      canary: { requests: 10, errors: 0 },
    },
    {
      run: "r1",
      atMs: START_MS + 2000,
      weightBps: 3333,
      stable: { requests: 2, errors: 0 },
      canary: { requests: 1, errors: 1 },
    },
    {
      run: "r1",
      atMs: START_MS + 6000,
      weightBps: 0,
      stable: { requests: 7, errors: 0 },
      canary: { requests: 0, errors: 0 },
    },
  ]);
});

it("writes what it reads", () => {
  for (const line of recordCounts(VERSIONS, [bucket("4", 0, [90, 1]), bucket("5", 0, [10, 0])])) {
    expect(parseBucketLine(JSON.stringify(line))).toEqual(line);
  }
});

it("adds up the strata of one bucket", () => {
  const [line] = recordCounts(VERSIONS, [
    bucket("4", 0, [5, 1], "cold"),
    bucket("4", 0, [50, 2], "warm"),
    bucket("5", 0, [3, 0], "cold"),
  ]);
  expect(line).toMatchObject({
    stable: { requests: 55, errors: 3 },
    canary: { requests: 3, errors: 0 },
  });
});

const rollout = createRollout(createdFor(SPECS.canary));
const at = (second: number) => ({ commandId: `r1/${second}`, atMs: START_MS + 1000 * second });
const prepared = (second: number, stable: string, canary: string): RolloutEvent => ({
  kind: "prepared",
  ...at(second),
  prepared: { stable, canary, published: true, token: "t" },
});
const route = (second: number, weight: number, stable = "1", canary = "2"): RolloutEvent => ({
  kind: "routeSet",
  ...at(second),
  route:
    weight === 0
      ? { stable, weight: NO_TRAFFIC, token: "t" }
      : { stable, canary, weight: weightBps(weight), token: "t" },
});
const counted = (second: number, ...buckets: VersionBucket[]): RolloutEvent => ({
  kind: "counted",
  ...at(second),
  window: { fromMs: START_MS, toMs: START_MS + 1000 * second },
  buckets,
});

it("takes each bucket's weight as it was read back when the bucket began", () => {
  const lines = recordRollout(rollout, [
    prepared(0, "1", "2"),
    route(1, 500),
    counted(5, bucket("1", 0, [9, 0]), bucket("1", 1, [9, 0]), bucket("1", 2, [9, 0])),
    route(3, 2500),
    counted(9, bucket("1", 3, [9, 0]), bucket("2", 4, [1, 0])),
    route(8, 0, "2"),
    counted(12, bucket("2", 9, [9, 0])),
  ]);
  expect(lines.map(({ weightBps: weight }) => weight)).toEqual([0, 500, 500, 2500, 2500, 10_000]);
  expect(new Set(lines.map(({ run }) => run))).toEqual(new Set(["r1"]));
});

it("counts a bucket that was read again once, as it was read last", () => {
  const lines = recordRollout(rollout, [
    prepared(0, "1", "2"),
    counted(2, bucket("1", 0, [90, 1]), bucket("2", 0, [8, 0])),
    counted(4, bucket("2", 0, [10, 2])),
  ]);
  expect(lines).toMatchObject([
    { stable: { requests: 90, errors: 1 }, canary: { requests: 10, errors: 2 } },
  ]);
});

it("makes a run of each attempt, with that attempt's versions", () => {
  const lines = recordRollout(rollout, [
    prepared(0, "1", "2"),
    counted(2, bucket("1", 0, [9, 0]), bucket("2", 0, [1, 1])),
    prepared(100, "1", "3"),
    counted(102, bucket("1", 101, [9, 0]), bucket("3", 101, [1, 0])),
  ]);
  expect(lines).toMatchObject([
    { run: "r1", canary: { requests: 1, errors: 1 } },
    { run: "r1 attempt 2", canary: { requests: 1, errors: 0 } },
  ]);
});

it("is empty for a rollout that counted nothing", () => {
  expect(recordRollout(rollout, [])).toEqual([]);
  expect(recordRollout(rollout, [prepared(0, "1", "2"), route(1, 500)])).toEqual([]);
});
