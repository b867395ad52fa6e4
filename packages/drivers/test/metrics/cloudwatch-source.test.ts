// Protects the counts that a comparison stands on, exactly: each platform's own metrics and units, the
// user's own metrics, what came before the rollout, and that nothing is made up where nothing is known.
import type { CountQuery, CustomMetric } from "@headgate/core";
import { LATENCY_QUANTILES } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { albTargetGroupCounters } from "../../src/metrics/alb-target-groups.ts";
import { apiGatewayDeploymentCounters } from "../../src/metrics/api-gateway-deployments.ts";
import { cloudWatchSource } from "../../src/metrics/cloudwatch-source.ts";
import type { CounterDefinition } from "../../src/metrics/counter-definition.ts";
import { latticeTargetGroupCounters } from "../../src/metrics/lattice-target-groups.ts";
import { expectError } from "../support/expect-error.ts";
import { type MetricCloud, metricCloud } from "../support/published-metrics.ts";
import { lateCountsContract, metricSourceContract } from "./source-contract.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A namespace of the user's: nobody can publish into one of AWS's own, so their names are replaced. */
const NAMESPACE = "Test";

const DEPLOYMENTS = apiGatewayDeploymentCounters({
  namespace: NAMESPACE,
  apiName: "shop",
  stage: "live",
});

function sourceOf({ cloud }: MetricCloud, definition: CounterDefinition, resolutionMs = MINUTE) {
  return cloudWatchSource({ ...cloud, definition, resolutionMs, lagMs: 0 });
}

/** Publishes as the platform of `definition` does: a zero for a success, one latency per request. */
function served(
  definition: CounterDefinition,
  version: string,
  counts: {
    readonly atMs: number;
    readonly requests: number;
    readonly errors?: number;
    readonly latencies?: readonly number[];
    readonly resolution?: 1 | 60;
  },
) {
  const { requests, errors = 0, latencies = repeat(requests, 0.01), ...rest } = counts;
  const [arm] = definition.armsOf(version);
  const metric = (metricName: string, values: readonly number[]) => ({
    ...rest,
    namespace: definition.namespace,
    dimensions: arm?.dimensions ?? {},
    metricName,
    values,
  });
  return [
    metric(definition.requests, repeat(requests, 1)),
    metric(definition.errors[0] ?? "", [...repeat(errors, 1), ...repeat(requests - errors, 0)]),
    metric(definition.latency?.metricName ?? "", latencies),
  ];
}

function repeat(times: number, value: number): number[] {
  return Array.from({ length: times }, () => value);
}

for (const [name, resolutionMs] of [
  ["metrics by the minute", MINUTE],
  ["metrics by the second", 1000],
] as const) {
  const make = async () => {
    const metrics = await metricCloud();
    const { cloud, startMs, publish } = metrics;
    const resolution = resolutionMs === 1000 ? 1 : 60;
    return {
      source: sourceOf(metrics, DEPLOYMENTS, resolutionMs),
      startMs,
      serve: (version: string, bucket: number, counts: { requests: number; errors?: number }) =>
        publish(
          ...served(DEPLOYMENTS, version, {
            ...counts,
            atMs: startMs + bucket * resolutionMs,
            resolution,
          }),
        ),
      pass: (buckets: number) => cloud.advance(buckets * resolutionMs),
    };
  };
  metricSourceContract(name, make);
  lateCountsContract(name, make);
}

const ALB = albTargetGroupCounters({
  loadBalancer: "app/shop/0123456789abcdef",
  targetGroupOf: (version) => `targetgroup/shop-${version}/0123456789abcdef`,
  targetGroups: ["targetgroup/shop-1/0123456789abcdef", "targetgroup/shop-2/0123456789abcdef"],
});
const LATTICE = latticeTargetGroupCounters({
  targetGroupOf: (version) => `tg-${version}`,
  service: "svc-0123456789abcdef0",
});

describe("the definitions", () => {
  it.each([
    ["an ALB's target groups", ALB, "AWS/ApplicationELB", 0.2, ["LoadBalancer", "TargetGroup"]],
    ["VPC Lattice's target groups", LATTICE, "AWS/VpcLattice", 200, ["TargetGroup"]],
    ["API Gateway's deployments", DEPLOYMENTS, NAMESPACE, 200, ["DeploymentId"]],
  ])(
    "of %s count requests, errors and what was slower than 150 ms",
    async (_, given, namespace, slow, names) => {
      expect(given.namespace).toBe(namespace);
      expect(Object.keys(given.armsOf("2")[0]?.dimensions ?? {})).toEqual(names);
      const definition = { ...given, namespace: NAMESPACE };
      const metrics = await metricCloud();
      const { cloud, startMs: atMs } = metrics;
      const latencies = [slow / 2, slow / 2, slow, slow, slow];
      await metrics.publish(
        ...served(definition, "2", { atMs, requests: 5, errors: 2, latencies }),
        ...served(definition, "1", { atMs, requests: 1 }),
      );
      await cloud.advance(2 * MINUTE);
      const source = sourceOf(metrics, definition);
      const window = { fromMs: atMs, toMs: atMs + 2 * MINUTE };
      const versions = [{ version: "2", slowerThanMs: [99, 100, 150, 200] }];
      const [bucket, ...others] = await source.count({ versions, window, custom: [] });
      expect(others).toEqual([]);
      // The bound itself is not slower than itself.
      expect(bucket?.counts).toEqual({ requests: 5, errors: 2, slow: [5, 3, 3, 0] });
      expect(bucket?.stratum).toBe("all");
      const baseline = await source.baseline("2", window);
      expect(baseline?.latencyMs?.map(Math.round)).toEqual([200, 200, 200, 200, 200, 200, 200]);
    },
  );

  it("of an ALB takes a target that cannot be reached for an error", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs: atMs } = metrics;
    const definition = { ...ALB, namespace: NAMESPACE };
    const dimensions = definition.armsOf("2")[0]?.dimensions ?? {};
    const metric = (metricName: string, values: number[]) => ({
      namespace: NAMESPACE,
      dimensions,
      atMs,
      metricName,
      values,
    });
    await metrics.publish(
      metric("RequestCount", [4]),
      metric("HTTPCode_Target_5XX_Count", [1]),
      metric("TargetConnectionErrorCount", [2]),
    );
    await cloud.advance(MINUTE);
    const window = { fromMs: atMs, toMs: atMs + MINUTE };
    const versions = [{ version: "2", slowerThanMs: [100] }];
    const [bucket] = await sourceOf(metrics, definition).count({ versions, window, custom: [] });
    // Nothing was timed, which is not the same as nothing was slow.
    expect(bucket?.counts).toEqual({ requests: 4, errors: 3 });
    expect(await sourceOf(metrics, definition).history(window)).toEqual([
      { fromMs: atMs, toMs: atMs + MINUTE, requests: 4, errors: 3 },
    ]);
  });

  it("never count more errors or slow requests than requests", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs: atMs } = metrics;
    const [requests, , latencies] = served(DEPLOYMENTS, "2", { atMs, requests: 2 });
    const [, errors] = served(DEPLOYMENTS, "2", { atMs, requests: 5, errors: 5 });
    if (!requests || !errors || !latencies) throw new Error("unreachable");
    await metrics.publish(requests, errors, { ...latencies, values: [5, 5, 5] });
    await cloud.advance(MINUTE);
    const window = { fromMs: atMs, toMs: atMs + MINUTE };
    const versions = [{ version: "2", slowerThanMs: [1] }];
    const [bucket] = await sourceOf(metrics, DEPLOYMENTS).count({ versions, window, custom: [] });
    expect(bucket?.counts).toEqual({ requests: 2, errors: 2, slow: [2] });
  });
});

describe("the user's own metrics", () => {
  const named = (metricName: string) => ({
    namespace: "Shop",
    metricName,
    dimensions: { Version: "v{version}" },
  });
  const ORDERS: CustomMetric = {
    kind: "outcomes",
    name: "orders",
    successes: named("Placed"),
    failures: named("Refused"),
  };
  const VALUE = { kind: "values", name: "basket", value: named("Basket"), worse: "lower" } as const;

  async function countCustom(custom: CountQuery["custom"], resolutionMs = MINUTE) {
    const metrics = await metricCloud();
    const { cloud, startMs: atMs } = metrics;
    const shop = (metricName: string, version: string, values: number[]) => ({
      namespace: "Shop",
      metricName,
      dimensions: { Version: `v${version}` },
      atMs,
      values,
    });
    await metrics.publish(
      ...served(DEPLOYMENTS, "2", { atMs: atMs + 1000, requests: 9, resolution: 1 }),
      shop("Placed", "2", [1, 1, 1]),
      shop("Refused", "2", [2]),
      shop("Refused", "1", [70]),
      shop("Basket", "2", [10, 20, 30, 40]),
    );
    await cloud.advance(2 * MINUTE);
    const source = sourceOf(metrics, DEPLOYMENTS, resolutionMs);
    const window = { fromMs: atMs, toMs: atMs + MINUTE };
    return source.count({ versions: [{ version: "2", slowerThanMs: [] }], window, custom });
  }

  it("are counted as trials and bad ones, for the version alone", async () => {
    const [bucket] = await countCustom([ORDERS]);
    expect(bucket?.counts).toEqual({
      requests: 9,
      errors: 0,
      custom: { orders: { trials: 5, bad: [2] } },
    });
  });

  it("with thresholds are bad below or above them", async () => {
    const low = { ...VALUE, name: "low", thresholds: [9, 10, 35] };
    const high = { ...VALUE, name: "high", worse: "higher", thresholds: [10, 40] } as const;
    const [bucket] = await countCustom([low, high]);
    expect(bucket?.counts.custom).toEqual({
      // The bound itself is among the low ones, and not among the high ones.
      low: { trials: 4, bad: [0, 1, 3] },
      high: { trials: 4, bad: [3, 0] },
    });
  });

  it("do not get lost in a second without requests", async () => {
    const buckets = await countCustom([ORDERS], 1000);
    expect(buckets.map(({ counts }) => counts)).toEqual([
      { requests: 0, errors: 0, custom: { orders: { trials: 5, bad: [2] } } },
      { requests: 9, errors: 0 },
    ]);
  });

  it("are not there where nothing was published", async () => {
    const other = { ...VALUE, value: named("Other"), thresholds: [1] };
    const [bucket] = await countCustom([other]);
    expect(bucket?.counts).toEqual({ requests: 9, errors: 0 });
  });

  it("with a threshold below zero are refused", async () => {
    const error = await expectError(countCustom([{ ...VALUE, thresholds: [-1] }]), "SPEC_INVALID");
    expect(error.message).toContain("basket has the threshold -1");
  });
});

describe("what was before the rollout", () => {
  it("is exact up to a day: counts, and every quantile of the latency", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs } = metrics;
    // 1, 2, ... 100 ms in the one half hour, and an error in the other.
    const latencies = Array.from({ length: 100 }, (_, index) => index + 1);
    await metrics.publish(
      ...served(DEPLOYMENTS, "1", { atMs: startMs, requests: 100, latencies }),
      ...served(DEPLOYMENTS, "1", {
        atMs: startMs + 30 * MINUTE,
        requests: 1,
        errors: 1,
        latencies: [1000],
      }),
    );
    await cloud.advance(HOUR);
    const window = { fromMs: startMs, toMs: startMs + HOUR };
    const baseline = await sourceOf(metrics, DEPLOYMENTS).baseline("1", window);
    expect(baseline).toMatchObject({ version: "1", window, requests: 101, errors: 1 });
    const [p50 = 0, p75 = 0, p90 = 0, p95 = 0, p99 = 0, ...rarest] = baseline?.latencyMs ?? [];
    expect([p50, p75, p90, p95, p99]).toEqual([51, 76, 91, 96, 100]);
    expect(rarest).toEqual([1000, 1000]);
    expect(baseline?.latencyMs).toHaveLength(LATENCY_QUANTILES.length);
  });

  it("over several days averages the days' quantiles by their samples", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs } = metrics;
    await metrics.publish(
      ...served(DEPLOYMENTS, "1", { atMs: startMs, requests: 3, latencies: [10, 10, 10] }),
    );
    await cloud.advance(DAY);
    const atMs = startMs + DAY;
    await metrics.publish(...served(DEPLOYMENTS, "1", { atMs, requests: 1, latencies: [30] }));
    await cloud.advance(DAY);
    const window = { fromMs: startMs, toMs: startMs + 2 * DAY };
    const baseline = await sourceOf(metrics, DEPLOYMENTS).baseline("1", window);
    expect(baseline?.requests).toBe(4);
    expect(baseline?.latencyMs?.[0]).toBe(15);
  });

  it("has no latency where none was published", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs } = metrics;
    await metrics.publish(
      ...served(DEPLOYMENTS, "1", { atMs: startMs, requests: 3, latencies: [] }),
    );
    await cloud.advance(HOUR);
    const window = { fromMs: startMs, toMs: startMs + HOUR };
    const baseline = await sourceOf(metrics, DEPLOYMENTS).baseline("1", window);
    expect(baseline).toEqual({ version: "1", window, requests: 3, errors: 0 });
  });

  it("is the target's traffic by the hour", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs } = metrics;
    const definition = { ...DEPLOYMENTS, traffic: [{ dimensions: { Stage: "live" } }] };
    const traffic = (hour: number, metricName: string, values: number[]) => ({
      namespace: NAMESPACE,
      metricName,
      dimensions: { Stage: "live" },
      atMs: startMs + hour * HOUR + 7 * MINUTE,
      values,
    });
    await cloud.advance(4 * HOUR);
    await metrics.publish(traffic(0, "Requests", [1, 1, 1]), traffic(0, "Errors", [1, 0, 0]));
    await metrics.publish(traffic(2, "Requests", [5]));
    const window = { fromMs: startMs, toMs: startMs + 4 * HOUR };
    const hour = (index: number) => ({
      fromMs: startMs + index * HOUR,
      toMs: startMs + (index + 1) * HOUR,
    });
    expect(await sourceOf(metrics, definition).history(window)).toEqual([
      { ...hour(0), requests: 3, errors: 1 },
      { ...hour(2), requests: 5, errors: 0 },
    ]);
    expect(await sourceOf(metrics, { ...definition, traffic: [] }).history(window)).toEqual([]);
  });
});
