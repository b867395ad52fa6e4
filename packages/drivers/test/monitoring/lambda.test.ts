// Protects the dashboard and the alarms of a Lambda alias: every line has data, no alarm is one that our own preflight
// would refuse, and each fires on a bad version and not on a good one. Real SDK, real functions, the cloud's clock moved by hand.
import { expect, it } from "vitest";
import { lambdaDrivers } from "../../src/index.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import {
  ALIAS,
  FUNCTION_NAME,
  type LambdaCloud,
  publish,
  pythonHandler,
} from "../support/lambda-cloud.ts";
import { monitored, TOPIC } from "../support/monitored.ts";
import { constantRandom } from "../support/test-clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CALLS = 20;
const FAILING = `def handler(event, context):\n    raise Exception("bad")\n`;

async function world(alarms: readonly string[] = []) {
  const cloud = await cloudWithFunction();
  const target = { function: FUNCTION_NAME, alias: ALIAS };
  const revision = { version: "2" };
  const drivers = lambdaDrivers({
    ...cloud,
    random: constantRandom(0),
    target,
    revision,
    metrics: { resolutionMs: 1000, lagMs: 1000 },
  });
  const parts = { cloud, drivers, target: { lambda: target }, revision, alarms };
  /** Calls through the alias, which are all answered before the minute is over. */
  const minute = async (calls = CALLS) => {
    for (let call = 0; call < calls; call++) {
      await cloud.lambda.invoke({ FunctionName: FUNCTION_NAME, Qualifier: ALIAS });
    }
    await cloud.advance(MINUTE_MS);
  };
  return { cloud, drivers, minute, ...(await monitored(parts)) };
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

const THEIRS = {
  AlarmName: "theirs",
  Namespace: "Shop",
  MetricName: "Orders",
  Statistic: "Sum",
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: "LessThanThreshold",
} as const;

it("draws only lines that have data after the first requests", async () => {
  const { cloudWatch, minute, put, dashboard } = await world(["theirs", "missing"]);
  await put();
  await cloudWatch.putMetricAlarm(THEIRS);
  // Of another specification, whose name begins with this one's.
  await cloudWatch.putMetricAlarm({ ...THEIRS, AlarmName: "web-api-errors" });
  await minute();
  const { change, messages, lines, empty } = await dashboard();
  expect({ change, messages, empty }).toEqual({
    change: { kind: "created" },
    messages: [],
    empty: [],
  });
  expect(lines).toBeGreaterThan(8);
  const { DashboardBody = "" } = await cloudWatch.getDashboard({ DashboardName: "web" });
  expect([...new Set(DashboardBody.match(/(?<=:alarm:)[\w-]+/g))]).toEqual([
    "theirs",
    "web-canary-errors",
    "web-errors",
  ]);
  expect((await dashboard()).change).toEqual({ kind: "unchanged" });
});

it("puts alarms that preflight takes for what they are, before and after the first traffic", async () => {
  const { cloud, minute, put, classes } = await world();
  const { plan } = await put(undefined);
  expect(plan.alarms.map(({ name }) => name)).toEqual(["web-errors", "web-canary-errors"]);
  await cloud.advance(MINUTE_MS);
  const both = (kind: string) => [
    { class: kind, warnings: [] },
    { class: kind, warnings: [] },
  ];
  expect(await classes({ stable: "1" })).toEqual(both("noData"));
  await minute();
  await minute();
  expect(await classes({ stable: "1" })).toEqual(both("ok"));
  await shift(cloud, pythonHandler("two"), 0.5);
  await minute();
  expect(await classes({ stable: "1", canary: "2" })).toEqual(both("ok"));
});

it("fires on a bad canary, and on nothing else", async () => {
  const { cloud, drivers, watch, minute, put, states } = await world();
  // The minutes before must lie in one hour.
  await cloud.advance(HOUR_MS - (cloud.clock.nowMs() % HOUR_MS));
  for (let turn = 0; turn < 5; turn++) await minute();
  const usual = await watch.usual(drivers.metrics);
  expect(usual).toMatchObject({ requests: 5 * CALLS });
  await put(usual);
  await minute(2);
  await shift(cloud, pythonHandler("two"), 0.5);
  for (let turn = 0; turn < 4; turn++) await minute();
  expect(await states()).toEqual({ "web-errors": "OK", "web-canary-errors": "OK" });
  await shift(cloud, FAILING, 0.9);
  for (let turn = 0; turn < 4; turn++) await minute();
  expect(await states()).toEqual({ "web-errors": "ALARM", "web-canary-errors": "ALARM" });
});

it("leaves the canary's alarm silent when the version that serves fails", async () => {
  const { cloud, minute, put, states } = await world();
  const bad = await publish(cloud, { "app.py": FAILING });
  await cloud.lambda.updateAlias({
    FunctionName: FUNCTION_NAME,
    Name: ALIAS,
    FunctionVersion: bad,
  });
  await put();
  await shift(cloud, pythonHandler("two"), 0.3);
  for (let turn = 0; turn < 4; turn++) await minute();
  expect(await states()).toEqual({ "web-errors": "ALARM", "web-canary-errors": "OK" });
});

it("says what putting again changes, and keeps who is told", async () => {
  const { cloudWatch, watch, put } = await world();
  const kinds = async () => (await put()).put.map(({ change }) => change.kind);
  expect(await kinds()).toEqual(["created", "created"]);
  expect(await kinds()).toEqual(["unchanged", "unchanged"]);
  const [errors] = (await put()).plan.alarms;
  if (errors === undefined) throw new Error("no alarm");
  const alarms = [{ ...errors, threshold: 9, actions: [] }];
  const options = { alarms, tags: {}, isDryRun: false, overwrite: false };
  const [changed] = await watch.putAlarms(options);
  expect(changed).toEqual({
    name: errors.name,
    actions: [TOPIC],
    change: {
      kind: "changed",
      details: ["threshold: GreaterThanThreshold 6 → GreaterThanThreshold 9"],
    },
  });
  const { MetricAlarms } = await cloudWatch.describeAlarms({ AlarmNames: [errors.name] });
  expect(MetricAlarms).toMatchObject([
    { Threshold: 9, AlarmActions: [TOPIC], TreatMissingData: "notBreaching" },
  ]);
});

it("takes nothing that is somebody else's", async () => {
  const { cloudWatch, watch, put } = await world();
  const [errors] = (await put()).plan.alarms;
  if (errors === undefined) throw new Error("no alarm");
  await cloudWatch.putMetricAlarm(THEIRS);
  const theirs = { alarms: [{ ...errors, name: "theirs" }], tags: {}, isDryRun: false };
  await expect(watch.putAlarms({ ...theirs, overwrite: false })).rejects.toThrow(
    "theirs: there is such an alarm already",
  );
  expect(await watch.putAlarms({ ...theirs, overwrite: true })).toMatchObject([
    { change: { kind: "changed" } },
  ]);
  await cloudWatch.putDashboard({ DashboardName: "theirs", DashboardBody: '{"widgets":[]}' });
  const dashboard = { name: "theirs", body: { widgets: [] } };
  await expect(watch.putDashboard({ ...dashboard, overwrite: false })).rejects.toThrow(
    "there is a dashboard theirs already",
  );
});
