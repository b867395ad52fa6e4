import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeploymentsCloud, deploymentsCloud, MINUTE, SECOND } from "./deployments-cloud.ts";

// Protects canary deployments: a share, its bake time, then all the rest; alarms that send it back; and that a cloud
// which is stopped in the middle goes on where it was.

let at: DeploymentsCloud;
beforeEach(async () => {
  at = await deploymentsCloud();
});
afterEach(() => at.close());

const production = () => at.weights(at.traffic.productionRule);

it("gives five percent for ten minutes when nothing else is said, then everything", async () => {
  await at.running({ strategy: "CANARY", bakeTimeInMinutes: 2 });
  await at.update("web:2");
  await at.until("PRODUCTION_TRAFFIC_SHIFT");
  expect(await production()).toEqual({ blue: 5, green: 95 });
  await at.advance(10 * MINUTE - SECOND);
  expect(await production()).toEqual({ blue: 5, green: 95 });
  await at.advance(SECOND);
  expect(await production()).toEqual({ blue: 100, green: 0 });
  expect((await at.describe()).lifecycleStage).toBe("BAKE_TIME");
  await at.advance(2 * MINUTE + 10 * SECOND);
  expect((await at.describe()).status).toBe("SUCCESSFUL");
});

it.each([
  [0.1, { blue: 1, green: 999 }],
  [12.5, { blue: 125, green: 875 }],
  [99.9, { blue: 999, green: 1 }],
  [30, { blue: 30, green: 70 }],
])("keeps %d percent exactly", async (canaryPercent, weights) => {
  await at.running({ strategy: "CANARY", canaryConfiguration: { canaryPercent } });
  await at.update("web:2");
  const now = await at.until("PRODUCTION_TRAFFIC_SHIFT");
  expect(await production()).toEqual(weights);
  expect(now.targetServiceRevision?.requestedProductionTrafficWeight).toBe(canaryPercent);
});

it("is all there is at 100 percent: no second step waits", async () => {
  await at.running({ strategy: "CANARY", canaryConfiguration: { canaryPercent: 100 } });
  await at.update("web:2");
  const { startedAt, finishedAt } = await at.untilStatus("SUCCESSFUL");
  expect(Number(finishedAt) - Number(startedAt)).toBeLessThan(10 * SECOND);
});

describe("an alarm", () => {
  const set = (StateValue: "OK" | "ALARM") =>
    at
      .client(CloudWatchClient)
      .send(
        new SetAlarmStateCommand({ AlarmName: "errors", StateValue, StateReason: "by the test" }),
      );
  const begin = async (rollback: boolean) => {
    await at.client(CloudWatchClient).send(
      new PutMetricAlarmCommand({
        AlarmName: "errors",
        Namespace: "shop",
        MetricName: "Errors",
        Statistic: "Sum",
        Period: 86_400,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
      }),
    );
    await at.running({
      strategy: "CANARY",
      bakeTimeInMinutes: 5,
      alarms: { alarmNames: ["errors"], enable: true, rollback },
    });
  };

  it("brings all traffic back at once, and then takes the new tasks down", async () => {
    await begin(true);
    await at.update("web:2");
    const before = await at.until("PRODUCTION_TRAFFIC_SHIFT");
    expect(before.alarms).toEqual({
      status: "MONITORING",
      alarmNames: ["errors"],
      triggeredAlarmNames: [],
    });
    await set("ALARM");
    await at.advance(0);
    expect(await at.sight()).toMatchObject({
      status: "ROLLBACK_IN_PROGRESS",
      production: { blue: 0, green: 100 },
      test: { blue: 0, green: 100 },
    });
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(done).toMatchObject({
      alarms: { status: "TRIGGERED", triggeredAlarmNames: ["errors"] },
      rollback: { serviceRevisionArn: done.sourceServiceRevisions?.[0]?.arn },
      targetServiceRevision: { runningTaskCount: 0, requestedProductionTrafficWeight: 0 },
      sourceServiceRevisions: [{ runningTaskCount: 2, requestedProductionTrafficWeight: 100 }],
    });
    expect(done.rollback?.reason).toContain("errors");
    const service = await at.service();
    expect(service?.taskDefinition).toMatch(/web:1$/);
  });

  it("counts until the end of the bake time", async () => {
    await begin(true);
    await at.update("web:2");
    await at.advance(11 * MINUTE);
    expect((await at.describe()).lifecycleStage).toBe("BAKE_TIME");
    await set("ALARM");
    await at.advance(0);
    expect(await production()).toEqual({ blue: 0, green: 100 });
    await at.untilStatus("ROLLBACK_SUCCESSFUL");
  });

  it("only stops the deployment when it is not to roll back", async () => {
    await begin(false);
    await at.update("web:2");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    await set("ALARM");
    await at.advance(0);
    expect(await at.sight()).toMatchObject({ status: "STOPPED", production: { blue: 5 } });
  });

  it("that is in ALARM at the start is not watched at all", async () => {
    await begin(true);
    await set("ALARM");
    await at.update("web:2");
    await at.advance(5 * SECOND);
    expect((await at.describe()).alarms?.status).toBe("DISABLED");
    await set("OK");
    await set("ALARM");
    await at.advance(16 * MINUTE);
    const done = await at.untilStatus("SUCCESSFUL", 5);
    expect(done.alarms).toMatchObject({ status: "DISABLED", triggeredAlarmNames: [] });
  });

  it("that stays quiet has been watched to the end", async () => {
    await begin(true);
    await at.update("web:2");
    await at.advance(16 * MINUTE);
    const done = await at.untilStatus("SUCCESSFUL", 5);
    expect(done.alarms?.status).toBe("MONITORING_COMPLETE");
  });
});

describe("a cloud that is stopped", () => {
  let dataDirectory: string;
  beforeEach(async () => {
    await at.close();
    dataDirectory = mkdtempSync(join(tmpdir(), "headgate-ecs-"));
    at = await deploymentsCloud({ dataDirectory });
  });
  afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

  /** As a new process would find it: the time goes on where it stood. */
  const restart = async () => {
    const nowMs = at.clock.nowMs();
    await at.close();
    at = await deploymentsCloud({ dataDirectory, resumesAtMs: nowMs });
  };

  it("while a canary bakes gives the rest when the time has come", async () => {
    await at.running({ strategy: "CANARY", bakeTimeInMinutes: 1 });
    await at.update("web:2");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    await at.advance(4 * MINUTE);
    await restart();
    await at.advance(6 * MINUTE - SECOND);
    expect(await production()).toEqual({ blue: 5, green: 95 });
    await at.advance(SECOND);
    expect(await production()).toEqual({ blue: 100, green: 0 });
    await at.untilStatus("SUCCESSFUL");
    expect(at.warnings).toEqual([]);
  });

  it("at any other moment gets to the same end, forward and back", async () => {
    const canaryConfiguration = { canaryBakeTimeInMinutes: 1 };
    await at.running({ strategy: "CANARY", canaryConfiguration, bakeTimeInMinutes: 1 });
    await at.update("web:2");
    for (let count = 0; count < 20; count++) {
      await at.advance(8 * SECOND);
      await restart();
    }
    await at.untilStatus("SUCCESSFUL");
    expect(await production()).toEqual({ blue: 100, green: 0 });

    await at.update("web:3", {
      deploymentConfiguration: { strategy: "CANARY", canaryConfiguration },
    });
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    await at.stop();
    await restart();
    await at.advance(2 * SECOND);
    await restart();
    await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(await production()).toEqual({ blue: 100, green: 0 });
  });
});
