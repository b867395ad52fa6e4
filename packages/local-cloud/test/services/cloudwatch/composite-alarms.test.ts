import {
  type AlarmType,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  PutCompositeAlarmCommand,
  type PutCompositeAlarmCommandInput,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { START_MS, startWatchedCloud, type WatchedCloud } from "./support.ts";

// Protects composite alarms: they follow their children at once, and suppressors hold actions back.

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await startWatchedCloud();
  // Without data they keep the state they were set to.
  for (const name of ["a", "b", "quiet"]) {
    await cloud.putAlarm(name, { Period: 60, TreatMissingData: "ignore" });
  }
});
afterEach(() => cloud.close());

const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";
const AlarmTypes: AlarmType[] = ["CompositeAlarm"];

const arn = (name: string) => `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`;

async function compose(
  name: string,
  rule: string,
  more: Partial<PutCompositeAlarmCommandInput> = {},
) {
  await cloud.watch.send(
    new PutCompositeAlarmCommand({ AlarmName: name, AlarmRule: rule, ...more }),
  );
}

async function set(AlarmName: string, StateValue: "ALARM" | "OK") {
  await cloud.watch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "drill" }));
}

async function composite(name: string) {
  const { CompositeAlarms = [] } = await cloud.watch.send(
    new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes }),
  );
  return CompositeAlarms[0];
}

async function history(AlarmName: string) {
  const { AlarmHistoryItems = [] } = await cloud.watch.send(
    new DescribeAlarmHistoryCommand({ AlarmName, AlarmTypes, ScanBy: "TimestampAscending" }),
  );
  return AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary);
}

const actions = async (name: string) =>
  (await history(name)).filter((summary) => summary?.startsWith("Successfully")).length;

describe("a composite alarm", () => {
  it("is evaluated when it is made, and then by its children's changes", async () => {
    await compose("both", `ALARM("${arn("a")}") OR ALARM("b")`, { AlarmActions: [TOPIC] });
    expect(await composite("both")).toMatchObject({
      StateValue: "OK",
      StateReason: `${arn("both")} was created and its alarm rule evaluates to OK`,
    });
    await cloud.advance(500);
    await set("a", "ALARM");
    const found = await composite("both");
    expect(found).toMatchObject({
      StateValue: "ALARM",
      StateReason: `${arn("a")} transitioned to ALARM at Friday 20 November, 2026 10:00:00 UTC`,
      StateTransitionedTimestamp: new Date(START_MS + 500),
    });
    expect(JSON.parse(found?.StateReasonData ?? "")).toEqual({
      triggeringAlarms: [
        { arn: arn("a"), state: { value: "ALARM", timestamp: "2026-11-20T10:00:00.500+0000" } },
      ],
    });
    await set("b", "ALARM");
    expect((await composite("both"))?.StateReason).toBe(found?.StateReason);
    await set("a", "OK");
    expect((await composite("both"))?.StateValue).toBe("ALARM");
    await set("b", "OK");
    expect((await composite("both"))?.StateValue).toBe("OK");
    expect(await history("both")).toEqual([
      'Alarm "both" created',
      "Alarm updated from INSUFFICIENT_DATA to OK",
      "Alarm updated from OK to ALARM",
      `Successfully executed action ${TOPIC}`,
      "Alarm updated from ALARM to OK",
    ]);
  });

  it("can watch composite alarms", async () => {
    await compose("inner", "ALARM(a) AND ALARM(b)");
    await compose("outer", "NOT ALARM(inner)");
    expect((await composite("outer"))?.StateValue).toBe("ALARM");
    await set("a", "ALARM");
    await set("b", "ALARM");
    expect((await composite("outer"))?.StateValue).toBe("OK");
  });

  it("is found by its children and finds its parents", async () => {
    await compose("both", "ALARM(a) OR ALARM(b)");
    const children = await cloud.watch.send(
      new DescribeAlarmsCommand({ ChildrenOfAlarmName: "both" }),
    );
    expect(children.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["a", "b"]);
    expect(children.MetricAlarms?.[0]).not.toHaveProperty("Threshold");
    const parents = await cloud.watch.send(new DescribeAlarmsCommand({ ParentsOfAlarmName: "a" }));
    expect(parents.CompositeAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["both"]);
    const plain = await cloud.watch.send(new DescribeAlarmsCommand({}));
    expect(plain.CompositeAlarms).toEqual([]);
    expect(plain.MetricAlarms).toHaveLength(3);
  });

  // prettier-ignore
  it.each<[string, string, Partial<PutCompositeAlarmCommandInput>, string]>([
    ["unknown alarms", "ALARM(a) OR OK(nope) OR OK(gone)", {}, "Could not save the composite alarm as alarms [nope, gone] in the alarm rule do not exist"],
    ["itself", "ALARM(new)", {}, "A composite alarm cannot have a child relation with itself via its AlarmRule"],
    ["a bad rule", "WHEN(a)", {}, "Error in AlarmRule [Unsupported token 'WHEN' must be: '(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA]"],
    ["a suppressor without a wait", "ALARM(a)", { ActionsSuppressor: "quiet" }, "ActionsSuppressorWaitPeriod must not be null"],
    ["a wait without a suppressor", "ALARM(a)", { ActionsSuppressorWaitPeriod: 1 }, "ActionsSuppressorWaitPeriod requires an ActionSuppressor"],
  ])("refuses %s", async (_what, rule, more, message) => {
    await expect(compose("new", rule, more)).rejects.toMatchObject({ message });
  });

  it("refuses cycles", async () => {
    await compose("one", "ALARM(a)");
    await compose("two", "ALARM(one)");
    await expect(compose("one", "ALARM(two)")).rejects.toThrow("cycle");
    expect((await composite("one"))?.AlarmRule).toBe("ALARM(a)");
  });

  it("keeps its children from being deleted", async () => {
    await compose("both", "ALARM(a) OR ALARM(b)");
    const remove = (...AlarmNames: string[]) =>
      cloud.watch.send(new DeleteAlarmsCommand({ AlarmNames }));
    await expect(remove("a", "quiet")).rejects.toThrow(
      "Cannot delete a as there are composite alarm(s) depending on it.",
    );
    await expect(remove("a", "b")).rejects.toThrow(
      "Cannot delete a,b as there are composite alarm(s) depending on them.",
    );
    await remove("both", "a");
    const { MetricAlarms } = await cloud.watch.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["b", "quiet"]);
  });
});

describe("a suppressor", () => {
  beforeEach(() =>
    compose("both", "ALARM(a)", {
      AlarmActions: [TOPIC],
      ActionsSuppressor: "quiet",
      ActionsSuppressorWaitPeriod: 20,
      ActionsSuppressorExtensionPeriod: 30,
    }),
  );

  it("that stays quiet only delays the actions", async () => {
    // The first evaluation's own (empty) actions wait too.
    await cloud.advance(20_000);
    await set("a", "ALARM");
    expect(await composite("both")).toMatchObject({ ActionsSuppressedBy: "WaitPeriod" });
    await cloud.advance(19_000);
    expect(await actions("both")).toBe(0);
    await cloud.advance(1000);
    expect(await actions("both")).toBe(1);
    expect((await composite("both"))?.ActionsSuppressedBy).toBeUndefined();
  });

  it("cannot be deleted", async () => {
    const remove = new DeleteAlarmsCommand({ AlarmNames: ["quiet"] });
    await expect(cloud.watch.send(remove)).rejects.toThrow(
      "Cannot delete quiet as there are composite alarm(s) depending on it.",
    );
  });

  it("that alarms holds them back until its extension ends", async () => {
    await cloud.advance(20_000);
    await set("a", "ALARM");
    await set("quiet", "ALARM");
    expect(await composite("both")).toMatchObject({ ActionsSuppressedBy: "Alarm" });
    await cloud.advance(40_000);
    expect(await actions("both")).toBe(0);
    await set("quiet", "OK");
    expect(await composite("both")).toMatchObject({ ActionsSuppressedBy: "ExtensionPeriod" });
    await cloud.advance(30_000);
    expect(await actions("both")).toBe(1);
  });
});
