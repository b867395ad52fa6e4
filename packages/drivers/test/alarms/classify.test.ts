// Protects what an alarm is found to be worth before a rollout trusts it: whether it watches this rollout at all, whether
// its state rests on data, and how old that is. Real SDK, real alarms of the local cloud, its clock moved by hand.
import { describe, expect, it } from "vitest";
import { classify } from "../../src/alarms/classify.ts";
import { type AlarmCloud, alarmCloud } from "../support/alarm-cloud.ts";
import { ALIAS, FUNCTION_NAME } from "../support/lambda-cloud.ts";

const HOUR_MS = 3_600_000;
const OWN = { Name: "FunctionName", Value: FUNCTION_NAME };
const resource = (qualifier: string) => ({
  Name: "Resource",
  Value: `${FUNCTION_NAME}:${qualifier}`,
});
const version = (number: string) => ({ Name: "ExecutedVersion", Value: number });
const SHOP = { Namespace: "Shop", MetricName: "Failures" };

async function findingOf({ alarms }: AlarmCloud, name: string, canary?: string) {
  const versions = { stable: "1", ...(canary === undefined ? {} : { canary }) };
  const [reading] = await alarms.read([name], { names: [name], ...versions });
  if (reading?.finding === undefined) throw new Error(`alarm ${name} was not classified`);
  return reading.finding;
}

describe("an alarm on the function's own metric", () => {
  it("is ok when its state is OK and rests on data", async () => {
    const world = await alarmCloud();
    await world.put("errors", { EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    await world.invoke();
    expect(await findingOf(world, "errors", "2")).toMatchObject({
      class: "ok",
      detail: "OK: 2 of 3 periods of 60 s of AWS/Lambda Errors (FunctionName=checkout)",
      warnings: [],
      canary: "2",
      evidence: { data: "fresh", missingData: "missing" },
    });
  });

  it("is in ALARM, since when and why", async () => {
    const world = await alarmCloud();
    await world.put("errors");
    await world.setState("errors", "ALARM", "2 of 2 datapoints > 5");
    const since = new Date(world.cloud.clock.nowMs()).toISOString();
    await world.cloud.advance(1000);
    const finding = await findingOf(world, "errors");
    expect(finding).toMatchObject({ class: "alarm", evidence: { since } });
    expect(finding.detail).toBe(
      `already in ALARM since ${since.slice(11, 16)} UTC (2 of 2 datapoints > 5)`,
    );
    await world.put("frozen", { TreatMissingData: "ignore" });
    await world.setState("frozen", "ALARM");
    await world.cloud.advance(48 * HOUR_MS);
    expect((await findingOf(world, "frozen")).detail).toContain(since.slice(0, 10));
  });

  it("has no data when it never had any", async () => {
    const world = await alarmCloud();
    await world.put("errors");
    expect(await findingOf(world, "errors")).toMatchObject({
      class: "noData",
      detail: "its metric had no data in the last 2 weeks",
    });
  });

  it("has no data when it has had none for long", async () => {
    const world = await alarmCloud();
    await world.put("errors");
    await world.invoke();
    await world.cloud.advance(5 * HOUR_MS);
    const finding = await findingOf(world, "errors");
    expect(finding.class).toBe("noData");
    expect(finding.detail).toMatch(/^it has had no data since .*\d\d:\d\d UTC$/);
  });

  it.each(["notBreaching", "ignore"])(
    "is stale when it is OK by old data alone (missing data: %s)",
    async (TreatMissingData) => {
      const world = await alarmCloud();
      await world.put("errors", { TreatMissingData });
      await world.invoke();
      await world.cloud.advance(2 * HOUR_MS);
      const finding = await findingOf(world, "errors");
      expect(finding.class).toBe("stale");
      expect(finding.detail).toContain(`(missing data: ${TreatMissingData})`);
      await world.invoke();
      expect((await findingOf(world, "errors")).class).toBe("ok");
    },
  );

  it("that would keep its OK without data says so", async () => {
    const world = await alarmCloud();
    await world.put("errors", { TreatMissingData: "ignore" });
    await world.invoke();
    await world.invoke();
    expect(await findingOf(world, "errors")).toMatchObject({
      class: "ok",
      warnings: ["it stays OK when its data stops (missing data: ignore)"],
    });
  });
});

describe("an alarm that watches something else", () => {
  it.each([
    ["another function", [{ Name: "FunctionName", Value: "other" }], "it watches function other"],
    [
      "another alias",
      [OWN, resource("old")],
      "its Resource is checkout:old, and traffic through the alias counts under checkout:live",
    ],
    [
      "a version by its number",
      [OWN, resource("2")],
      "its Resource is checkout:2, and traffic through the alias counts under checkout:live",
    ],
    [
      "dimensions that Lambda never publishes together",
      [OWN, version("2")],
      "Lambda publishes nothing under the dimensions ExecutedVersion, FunctionName",
    ],
    [
      "the stable version",
      [OWN, resource(ALIAS), version("1")],
      "it watches version 1 alone, and the canary is version 2",
    ],
  ])("%s is of the wrong dimensions", async (_, Dimensions, detail) => {
    const world = await alarmCloud();
    await world.put("errors", { Dimensions });
    const finding = await findingOf(world, "errors", "2");
    expect(finding).toMatchObject({ class: "wrongDimensions", detail });
    expect(finding.hint).not.toBe("");
  });

  it("stays so while it fires: that it could tell of the canary is not true then either", async () => {
    const world = await alarmCloud();
    await world.put("errors", { Dimensions: [{ Name: "FunctionName", Value: "other" }] });
    await world.setState("errors", "ALARM");
    const [reading] = await world.alarms.read(["errors"], { names: ["errors"], stable: "1" });
    expect(reading).toMatchObject({ state: "alarm", finding: { class: "wrongDimensions" } });
  });

  it.each([
    ["the alias", [OWN, resource(ALIAS)]],
    ["the canary", [OWN, resource(ALIAS), version("2")]],
  ])("is not one that watches %s", async (_, Dimensions) => {
    const world = await alarmCloud();
    await world.put("errors", { Dimensions });
    expect((await findingOf(world, "errors", "2")).class).toBe("noData");
  });

  it("cannot be told by its version before the canary has a number", async () => {
    const world = await alarmCloud();
    await world.put("next", { Dimensions: [OWN, resource(ALIAS), version("2")] });
    await world.put("now", { Dimensions: [OWN, resource(ALIAS), version("1")] });
    expect(await findingOf(world, "next")).toMatchObject({
      class: "noData",
      warnings: ["it watches version 2 alone: right only if the canary gets that number"],
    });
    expect((await findingOf(world, "now")).class).toBe("wrongDimensions");
  });

  it("is only odd when it watches all functions", async () => {
    const world = await alarmCloud();
    await world.put("errors", { Dimensions: [] });
    expect((await findingOf(world, "errors")).warnings).toEqual([
      "it watches all functions of the account",
    ]);
  });

  it("is wrong in an expression only when all of its metrics are", async () => {
    const world = await alarmCloud();
    const errors = (id: string, functionName: string) => ({
      Id: id,
      ReturnData: false,
      MetricStat: {
        Metric: {
          Namespace: "AWS/Lambda",
          MetricName: "Errors",
          Dimensions: [{ Name: "FunctionName", Value: functionName }],
        },
        Period: 60,
        Stat: "Sum",
      },
    });
    const expression = (first: string, second: string) => ({
      Namespace: undefined,
      MetricName: undefined,
      Dimensions: undefined,
      Statistic: undefined,
      Period: undefined,
      Metrics: [errors("a", first), errors("b", second), { Id: "e", Expression: "a+b" }],
    });
    await world.put("both", expression("other", "another"));
    await world.put("one", expression("other", FUNCTION_NAME));
    expect((await findingOf(world, "both")).class).toBe("wrongDimensions");
    expect(await findingOf(world, "one")).toMatchObject({
      class: "noData",
      warnings: ["it watches function other"],
    });
  });
});

describe("an alarm on a metric of the user's own", () => {
  const Dimensions = [{ Name: "Stage", Value: "prod" }];

  it("is of the wrong dimensions when its metric is published under others alone", async () => {
    const world = await alarmCloud();
    await world.put("failures", { ...SHOP, Dimensions });
    await world.publish({ Stage: "prod", Region: "eu" });
    expect(await findingOf(world, "failures")).toMatchObject({
      class: "wrongDimensions",
      detail: "its metric is published only under Region=eu, Stage=prod, never under Stage=prod",
    });
  });

  it("has no data when others of its kind have: which ones, it says", async () => {
    const world = await alarmCloud();
    await world.put("failures", { ...SHOP, Dimensions });
    await world.publish({ Stage: "test" });
    const finding = await findingOf(world, "failures");
    expect(finding.class).toBe("noData");
    expect(finding.warnings[0]).toContain("under Stage=test there was");
  });

  it("has no data when its unit is another than the data's", async () => {
    const world = await alarmCloud();
    await world.put("failures", { ...SHOP, Dimensions, Unit: "Percent" });
    await world.publish({ Stage: "prod" }, { Unit: "Count" });
    await world.cloud.advance(90_000);
    expect((await findingOf(world, "failures")).class).toBe("noData");
  });

  it("may be silent when its owner says that silence is good, which is told", async () => {
    const world = await alarmCloud();
    await world.put("failures", { ...SHOP, Dimensions, TreatMissingData: "notBreaching" });
    await world.cloud.advance(90_000);
    expect(await findingOf(world, "failures")).toMatchObject({
      class: "ok",
      warnings: ["its metric had no data in the last 2 weeks; it takes silence for OK"],
    });
    await world.put("kept", { ...SHOP, Dimensions, TreatMissingData: "ignore" });
    await world.setState("kept", "OK");
    expect(await findingOf(world, "kept")).toMatchObject({
      class: "noData",
      detail: "it is OK, but its metric had no data in the last 2 weeks",
    });
  });
});

describe("a composite alarm", () => {
  async function composite(rule: string) {
    const world = await alarmCloud();
    await world.put("errors");
    await world.put("other", { Dimensions: [{ Name: "FunctionName", Value: "other" }] });
    await world.put("silent", { ...SHOP, Dimensions: [] });
    await world.put("quiet", { ...SHOP, Dimensions: [], TreatMissingData: "notBreaching" });
    await world.invoke();
    await world.cloudWatch.putCompositeAlarm({ AlarmName: "any", AlarmRule: rule });
    await world.cloud.advance(1000);
    return world;
  }

  it.each([
    ["ok when its alarms are", 'ALARM("errors") OR ALARM(quiet)', "ok"],
    ["without data when one of its alarms is", 'ALARM("errors") OR ALARM("silent")', "noData"],
    ["ok when one is about something else", 'ALARM("errors") OR ALARM("other")', "ok"],
    [
      "of the wrong dimensions when all are",
      'ALARM("other") AND NOT OK("other")',
      "wrongDimensions",
    ],
    ["of the wrong dimensions when it names none", "FALSE", "wrongDimensions"],
    ["in ALARM by its own state", 'OK("errors")', "alarm"],
  ])("is %s", async (_, rule, expected) => {
    const world = await composite(rule);
    expect((await findingOf(world, "any")).class).toBe(expected);
  });

  it("says which of its alarms is to blame", async () => {
    const world = await composite('ALARM("errors") OR ALARM("other") OR ALARM("silent")');
    expect(await findingOf(world, "any")).toMatchObject({
      class: "noData",
      detail: "its alarm silent: its metric had no data in the last 2 weeks",
      warnings: ["alarm other: it watches function other"],
      evidence: { children: ["errors: ok", "other: wrongDimensions", "silent: noData"] },
    });
  });

  it("is followed through others", async () => {
    const world = await composite('ALARM("errors")');
    await world.cloudWatch.putCompositeAlarm({ AlarmName: "top", AlarmRule: 'ALARM("any")' });
    expect((await findingOf(world, "top")).class).toBe("ok");
  });

  // CloudWatch refuses most circles when they are written; ours must end on one that it let through.
  it("is not followed round a circle, nor into an alarm that is gone", async () => {
    const { cloud } = await alarmCloud();
    const ruled = (name: string, AlarmRule: string) => {
      const alarm = { AlarmName: name, AlarmRule, StateValue: "OK" } as const;
      return [name, { kind: "composite", alarm }] as const;
    };
    const known = new Map([
      ruled("top", "ALARM(below)"),
      ruled("below", "ALARM(top) OR ALARM(below)"),
      ruled("dangling", "ALARM(gone)"),
    ]);
    const look = { names: [...known.keys()], stable: "1" };
    const findings = await classify(cloud, look, known, async () => new Map());
    expect([...findings].map(([name, found]) => [name, found.class])).toEqual([
      ["top", "unknown"],
      ["below", "unknown"],
      ["dangling", "wrongDimensions"],
    ]);
    expect(findings.get("top")?.detail).toContain("a circle: top > below > top");
    expect(findings.get("dangling")?.detail).toContain("alarm gone: there is no such alarm");
  });

  it("is not followed without end", async () => {
    const world = await composite('ALARM("errors")');
    for (let level = 1; level <= 8; level++) {
      const below = level === 1 ? "any" : `level-${level - 1}`;
      await world.cloudWatch.putCompositeAlarm({
        AlarmName: `level-${level}`,
        AlarmRule: `ALARM("${below}")`,
      });
    }
    expect((await findingOf(world, "level-3")).class).toBe("ok");
    expect((await findingOf(world, "level-8")).class).toBe("unknown");
  });
});

describe("what cannot be looked at", () => {
  it("is missing when there is no such alarm", async () => {
    const world = await alarmCloud();
    expect((await findingOf(world, "nowhere")).class).toBe("missing");
  });

  it("is unknown, says why, and hides neither its state nor the others", async () => {
    const world = await alarmCloud();
    await world.put("errors");
    await world.put("firing");
    await world.setState("firing", "ALARM");
    let requests = 0;
    // All but the first, which reads the states.
    world.cloud.proxy.inject(() => ++requests > 1, "deny", 10);
    const names = ["errors", "firing"];
    const readings = await world.alarms.read(names, { names, stable: "1" });
    expect(readings).toMatchObject([
      { state: "insufficientData", finding: { class: "unknown" } },
      { state: "alarm", finding: { class: "alarm" } },
    ]);
    expect(readings[0]?.finding?.detail).toContain("cloudwatch:GetMetricData");
  });

  it("is no worse for want of the list of metrics alone", async () => {
    const world = await alarmCloud();
    await world.put("failures", { Namespace: "Shop", MetricName: "Failures", Dimensions: [] });
    let requests = 0;
    // The states, the recent data and the data of two weeks come before it.
    world.cloud.proxy.inject(() => ++requests > 3, "deny", 10);
    const finding = await findingOf(world, "failures");
    expect(finding.class).toBe("noData");
    expect(finding.warnings[0]).toContain("cloudwatch:ListMetrics");
  });

  it("costs no look when none was asked for", async () => {
    const world = await alarmCloud();
    await world.put("errors");
    const before = world.cloud.proxy.seen.length;
    const [reading] = await world.alarms.read(["errors"]);
    expect(reading).not.toHaveProperty("finding");
    expect(world.cloud.proxy.seen.length - before).toBe(1);
  });
});
