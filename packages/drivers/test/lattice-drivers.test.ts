// Protects the composition for VPC Lattice: the service may be named as people name it, and what is counted is found
// all the same, by its target groups.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { weightBps } from "@headgate/core";
import { expect, it, onTestFinished } from "vitest";
import { latticeDrivers } from "../src/index.ts";
import { ACCESS, publish } from "./support/lambda-cloud.ts";
import { answering, type LatticeCloud, latticeCloud } from "./support/lattice-cloud.ts";
import { constantRandom } from "./support/test-clock.ts";

function driversOf(cloud: LatticeCloud, service: string, version = "1") {
  return latticeDrivers({
    ...cloud,
    random: constantRandom(0),
    target: { service, listener: "http" },
    revision: { version },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    propagationMs: 0,
  });
}

it("names the same target, however the service is named", async () => {
  const cloud = await latticeCloud();
  const { arn = "" } = await cloud.lattice.getService({ serviceIdentifier: cloud.serviceId });
  const ids = ["orders", cloud.serviceId, arn].map(async (service) => {
    const { id, label, propagationMs } = await driversOf(cloud, service).traffic.describe();
    expect(label).toBe("lattice listener http of service orders (us-east-1)");
    expect(propagationMs).toBe(0);
    return id;
  });
  expect(new Set(await Promise.all(ids)).size).toBe(1);
});

it("counts both target groups, and the whole service", async () => {
  const cloud = await latticeCloud();
  const version = await publish(cloud, { "app.py": answering("two") });
  const { traffic, metrics } = driversOf(cloud, "orders", version);
  const { stable, canary, token } = await traffic.prepare();
  await traffic.setWeight({ stable, canary, weight: weightBps(5000), token });
  const fromMs = Math.floor(cloud.clock.nowMs() / 1000) * 1000;
  const answers: string[] = [];
  for (let call = 0; call < 20; call++) answers.push(await cloud.get());
  const byCanary = answers.filter((answer) => answer === "two").length;
  await cloud.advance(5000);
  const window = { fromMs, toMs: fromMs + 4000 };
  const { versions } = await metrics.compare([stable, canary], window);
  expect(versions.get(canary)?.requests).toBe(byCanary);
  expect(versions.get(stable)?.requests).toBe(20 - byCanary);
  const buckets = await metrics.count({
    versions: [stable, canary].map((one) => ({ version: one, slowerThanMs: [10_000] })),
    window,
    custom: [],
  });
  expect(buckets.reduce((sum, { counts }) => sum + counts.requests, 0)).toBe(20);
  const hour = 3_600_000;
  const hourMs = Math.floor(fromMs / hour) * hour;
  await cloud.advance(hour);
  const history = await metrics.history({ fromMs: hourMs, toMs: hourMs + hour });
  expect(history.reduce((sum, { requests }) => sum + requests, 0)).toBe(20);
});

it("classifies an alarm on another service, and reads states whatever the target", async () => {
  const cloud = await latticeCloud();
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  await cloudWatch.putMetricAlarm({
    AlarmName: "other-service",
    Namespace: "AWS/VpcLattice",
    MetricName: "HTTPCode_5XX_Count",
    Dimensions: [{ Name: "Service", Value: "svc-0123456789abcdef0" }],
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
  });
  const names = ["other-service"];
  const look = { names, stable: cloud.stable };
  const [reading] = await driversOf(cloud, "orders").alarms.read(names, look);
  expect(reading?.finding?.class).toBe("wrongDimensions");
  const [unknown] = await driversOf(cloud, "nothing").alarms.read(names, look);
  expect(unknown?.state).toBe("insufficientData");
});
