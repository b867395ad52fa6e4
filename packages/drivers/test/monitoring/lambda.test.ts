// Protects the dashboard and the alarms of a Lambda alias: every line has data, no alarm is one that our own preflight
// would refuse, and each fires on a bad version and not on a good one. Real SDK, real functions, the cloud's clock moved by hand.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { alarmPlan, dashboardBody, parseSpec, type UsualLevel } from "@headgate/core";
import { expect, it, onTestFinished } from "vitest";
import { monitoring } from "../../src/monitoring/index.ts";
import { lambdaDrivers } from "../../src/lambda-drivers.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { emptyLines } from "../support/dashboard-lines.ts";
import {
  ACCESS,
  ALIAS,
  FUNCTION_NAME,
  type LambdaCloud,
  pythonHandler,
  publish,
} from "../support/lambda-cloud.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CALLS = 20;
const FAILING = `def handler(event, context):\n    raise Exception("bad")\n`;
const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";

const { spec } = parseSpec(
  JSON.stringify({
    name: "checkout",
    target: { lambda: { function: FUNCTION_NAME, alias: ALIAS } },
    revision: { version: "2" },
    strategy: { canary: { steps: [{ setWeight: "10%" }] } },
    alarms: ["checkout-errors"],
  }),
  "headgate.yaml",
);

async function world() {
  const cloud = await cloudWithFunction();
  // So that a test's few minutes lie in one hour.
  await cloud.advance(HOUR_MS - (cloud.clock.nowMs() % HOUR_MS));
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const random = { next: () => 0.5 };
  const watch = monitoring({ ...cloud, random });
  const { traffic, metrics, alarms } = lambdaDrivers({
    clients: cloud.clients,
    clock: cloud.clock,
    random,
    target: { function: FUNCTION_NAME, alias: ALIAS },
    revision: { version: "2" },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
  });
  /** A minute of calls through the alias, which are all answered before the minute is over. */
  const minute = async (calls = CALLS) => {
    for (let call = 0; call < calls; call++) {
      await cloud.lambda.invoke({ FunctionName: FUNCTION_NAME, Qualifier: ALIAS });
    }
    await cloud.advance(MINUTE_MS);
  };
  const put = async (usual: UsualLevel | undefined) => {
    const target = await watch.look(spec, traffic);
    const latency = await watch.latency(target, usual);
    const plan = alarmPlan(target, { usual, latency, topics: [TOPIC] });
    const { alarms: wanted } = plan;
    const options = { alarms: wanted, tags: {}, isDryRun: false, overwrite: false };
    return { plan, put: await watch.putAlarms(options) };
  };
  const states = async () => {
    const { MetricAlarms = [] } = await cloudWatch.describeAlarms({});
    return Object.fromEntries(MetricAlarms.map((one) => [one.AlarmName, one.StateValue]));
  };
  return { cloud, cloudWatch, watch, traffic, metrics, alarms, minute, put, states };
}

async function shift(cloud: LambdaCloud, code: string, share: number) {
  const version = await publish(cloud, { "app.py": code });
  await cloud.lambda.updateAlias({
    FunctionName: FUNCTION_NAME,
    Name: ALIAS,
    RoutingConfig: { AdditionalVersionWeights: { [version]: share } },
  });
  return version;
}

it("draws only lines that have data after the first requests", async () => {
  const { cloud, watch, traffic, minute, cloudWatch, put } = await world();
  await put(undefined);
  await minute();
  const monitored = await watch.look(spec, traffic);
  const alarms = await watch.alarmArns(spec);
  expect(alarms.map((arn) => arn.split(":").at(-1))).toEqual([
    "checkout-canary-errors",
    "checkout-errors",
  ]);
  const region = await watch.region();
  const body = dashboardBody({
    name: "checkout",
    isRelease: false,
    region,
    targets: [{ monitored, alarms }],
    shared: (await watch.shared()).extras,
  });
  const options = { name: "checkout", body, overwrite: false };
  expect(await watch.putDashboard(options)).toEqual({ change: { kind: "created" }, messages: [] });
  expect((await watch.putDashboard(options)).change).toEqual({ kind: "unchanged" });
  const { lines, empty } = await emptyLines(cloudWatch, "checkout", cloud.clock.nowMs());
  expect(empty).toEqual([]);
  expect(lines).toBeGreaterThan(8);
});

it("puts alarms that preflight takes for what they are, before and after the first traffic", async () => {
  const { cloud, alarms, minute, put } = await world();
  const { plan } = await put(undefined);
  const names = plan.alarms.map(({ name }) => name);
  expect(names).toEqual(["checkout-errors", "checkout-canary-errors"]);
  const classes = async (canary?: string) => {
    const look = { names, stable: "1", ...(canary === undefined ? {} : { canary }) };
    const found = (await alarms.read(names, look)).map(({ finding }) => finding);
    expect(found.flatMap((finding) => finding?.warnings)).toEqual([]);
    return found.map((finding) => finding?.class);
  };
  await cloud.advance(MINUTE_MS);
  expect(await classes()).toEqual(["noData", "noData"]);
  await minute();
  await minute();
  expect(await classes()).toEqual(["ok", "ok"]);
  await shift(cloud, pythonHandler("two"), 0.5);
  await minute();
  expect(await classes("2")).toEqual(["ok", "ok"]);
});

it("fires on a bad canary, and on nothing else", async () => {
  const { cloud, metrics, watch, minute, put, states } = await world();
  for (let turn = 0; turn < 5; turn++) await minute();
  const usual = await watch.usual(metrics);
  expect(usual).toMatchObject({ requests: 5 * CALLS });
  await put(usual);
  await minute(2);
  await shift(cloud, pythonHandler("two"), 0.5);
  for (let turn = 0; turn < 4; turn++) await minute();
  expect(await states()).toEqual({ "checkout-errors": "OK", "checkout-canary-errors": "OK" });
  await shift(cloud, FAILING, 0.9);
  for (let turn = 0; turn < 4; turn++) await minute();
  expect(await states()).toEqual({ "checkout-errors": "ALARM", "checkout-canary-errors": "ALARM" });
});

it("says what putting again changes, and takes nothing that is somebody else's", async () => {
  const { cloudWatch, watch, put } = await world();
  expect((await put(undefined)).put.map(({ change }) => change.kind)).toEqual([
    "created",
    "created",
  ]);
  const { plan, put: again } = await put(undefined);
  expect(again.map(({ change }) => change.kind)).toEqual(["unchanged", "unchanged"]);
  const [errors] = plan.alarms;
  if (errors === undefined) throw new Error("no alarm");
  const alarms = [{ ...errors, threshold: 9 }];
  const changed = await watch.putAlarms({ alarms, tags: {}, isDryRun: false, overwrite: false });
  expect(changed).toMatchObject([
    { change: { kind: "changed", details: [expect.stringContaining("→ GreaterThanThreshold 9")] } },
  ]);
  const { MetricAlarms } = await cloudWatch.describeAlarms({ AlarmNames: [errors.name] });
  expect(MetricAlarms).toMatchObject([
    { Threshold: 9, AlarmActions: [TOPIC], TreatMissingData: "notBreaching" },
  ]);
  await cloudWatch.putMetricAlarm({
    AlarmName: "theirs",
    Namespace: "Shop",
    MetricName: "Orders",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "LessThanThreshold",
  });
  const theirs = { alarms: [{ ...errors, name: "theirs" }], tags: {}, isDryRun: false };
  await expect(watch.putAlarms({ ...theirs, overwrite: false })).rejects.toThrow(
    "theirs: there is such an alarm already",
  );
  await cloudWatch.putDashboard({ DashboardName: "theirs", DashboardBody: '{"widgets":[]}' });
  const body = { widgets: [] };
  await expect(watch.putDashboard({ name: "theirs", body, overwrite: false })).rejects.toThrow(
    "there is a dashboard theirs already",
  );
});
