// Protects what a rollout believes of its alarms: their state as CloudWatch has it.
import { describe, expect, it } from "vitest";
import { alarmCloud } from "../support/alarm-cloud.ts";

describe("an alarm's state", () => {
  it("is read for every name, in the order asked, missing ones too", async () => {
    const { cloudWatch, put, alarms } = await alarmCloud();
    await put("errors");
    await put("throttles");
    await cloudWatch.setAlarmState({
      AlarmName: "errors",
      StateValue: "ALARM",
      StateReason: "for the test",
    });
    expect(await alarms.read(["throttles", "missing", "errors", "throttles"])).toEqual([
      expect.objectContaining({ name: "throttles", state: "insufficientData" }),
      { name: "missing", state: undefined, reason: "there is no such alarm" },
      { name: "errors", state: "alarm", reason: "for the test" },
      expect.objectContaining({ name: "throttles", state: "insufficientData" }),
    ]);
  });

  it("is read of composite alarms too", async () => {
    const { cloudWatch, put, alarms } = await alarmCloud();
    await put("errors");
    await cloudWatch.putCompositeAlarm({ AlarmName: "any", AlarmRule: 'ALARM("errors")' });
    await cloudWatch.setAlarmState({ AlarmName: "any", StateValue: "OK", StateReason: "fine" });
    expect(await alarms.read(["any"])).toMatchObject([{ name: "any", state: "ok" }]);
  });

  it("is read of more alarms than one request takes", async () => {
    const { cloud, put, alarms } = await alarmCloud();
    const names = Array.from({ length: 101 }, (_, index) => `alarm-${index}`);
    for (const name of names) await put(name);
    const before = cloud.proxy.seen.length;
    const readings = await alarms.read(names);
    expect(readings.map(({ name }) => name)).toEqual(names);
    expect(readings.every(({ state }) => state === "insufficientData")).toBe(true);
    expect(cloud.proxy.seen.length - before).toBe(2);
  });

  it("of no alarms costs no request", async () => {
    const { cloud, alarms } = await alarmCloud();
    expect(await alarms.read([])).toEqual([]);
    expect(cloud.proxy.seen).toEqual([]);
  });
});
