import { DescribeServiceRevisionsCommand } from "@aws-sdk/client-ecs";
import { ModifyRuleCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forwardTo } from "../elbv2/balancer-cloud.ts";
import { type DeploymentsCloud, deploymentsCloud, MINUTE, SECOND } from "./deployments-cloud.ts";

// Protects blue/green deployments: the stages in AWS's order, which target group serves at each, and the way back.

let at: DeploymentsCloud;
beforeEach(async () => {
  at = await deploymentsCloud();
});
afterEach(() => at.close());

const BLUE_GREEN = { strategy: "BLUE_GREEN", bakeTimeInMinutes: 5 } as const;
const PAUSES = [
  "PRE_SCALE_UP",
  "POST_SCALE_UP",
  "POST_TEST_TRAFFIC_SHIFT",
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
] as const;

describe("the first deployment of a service", () => {
  it("goes into the target group that does not serve, and then serves", async () => {
    await at.create(BLUE_GREEN);
    await at.until("BAKE_TIME");
    expect(await at.sight()).toEqual({
      status: "IN_PROGRESS",
      stage: "BAKE_TIME",
      production: { blue: 0, green: 100 },
      test: { blue: 0, green: 100 },
    });
    const done = await at.untilStatus("SUCCESSFUL");
    expect(done.sourceServiceRevisions).toEqual([]);
    expect(done.rollback).toBeUndefined();
    const service = await at.service();
    expect(service?.deployments).toHaveLength(1);
    expect(service?.currentServiceDeployment).toBeUndefined();
    expect([...at.groups.kept.values()].map(({ workload }) => workload.loadBalancers)).toEqual([
      [expect.objectContaining({ targetGroupArn: at.traffic.green })],
    ]);
  });

  it("has nothing to go back to", async () => {
    at.groups.sick.add("web:1");
    await at.create({
      ...BLUE_GREEN,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    });
    const done = await at.untilStatus("ROLLBACK_FAILED");
    expect(done).toMatchObject({
      statusReason: "No rollback candidate was found to run the rollback.",
      rollback: {
        reason:
          "Service deployment rolled back because the circuit breaker threshold was exceeded.",
      },
      deploymentCircuitBreaker: { status: "TRIGGERED", failureCount: 3, threshold: 3 },
    });
    expect(await at.weights(at.traffic.productionRule)).toEqual({ blue: 1, green: 0 });
  });
});

describe("a new version", () => {
  it("goes through the stages in order, and its share is in the load balancer at each", async () => {
    await at.running({
      ...BLUE_GREEN,
      lifecycleHooks: [{ targetType: "PAUSE", lifecycleStages: [...PAUSES] }],
    });
    await at.update("web:2");
    const seen: (readonly [unknown, unknown, unknown, unknown])[] = [];
    for (const _ of PAUSES) {
      const paused = await at.pause();
      const sight = await at.sight();
      seen.push([
        sight.stage,
        sight.production["blue"],
        sight.test["blue"],
        paused.targetServiceRevision?.runningTaskCount,
      ]);
      expect(sight.status).toBe("IN_PROGRESS");
      await at.proceed("CONTINUE");
    }
    // Green is the first version here: it came into the other target group.
    expect(seen).toEqual([
      ["PRE_SCALE_UP", 0, 0, 0],
      ["POST_SCALE_UP", 0, 0, 2],
      ["POST_TEST_TRAFFIC_SHIFT", 0, 100, 2],
      ["POST_TEST_TRAFFIC_SHIFT", 0, 100, 2],
      ["POST_PRODUCTION_TRAFFIC_SHIFT", 100, 100, 2],
    ]);
    const bake = await at.until("BAKE_TIME");
    expect(bake).toMatchObject({
      sourceServiceRevisions: [
        {
          runningTaskCount: 2,
          requestedTestTrafficWeight: 0,
          requestedProductionTrafficWeight: 0,
        },
      ],
      targetServiceRevision: {
        runningTaskCount: 2,
        requestedTestTrafficWeight: 100,
        requestedProductionTrafficWeight: 100,
      },
    });
    const during = await at.service();
    expect(during?.deployments?.map(({ status, desiredCount }) => [status, desiredCount])).toEqual([
      ["PRIMARY", 2],
      ["ACTIVE", 2],
    ]);
    await at.advance(5 * MINUTE - SECOND);
    expect((await at.describe()).lifecycleStage).toBe("BAKE_TIME");
    await at.advance(SECOND);
    expect((await at.describe()).lifecycleStage).toBe("CLEAN_UP");
    const done = await at.untilStatus("SUCCESSFUL");
    expect(done.sourceServiceRevisions?.[0]?.runningTaskCount).toBe(0);
    await at.advance(MINUTE);
    const after = await at.service();
    expect(after?.deployments).toMatchObject([{ rolloutState: "COMPLETED" }]);
    expect(after?.taskDefinition).toMatch(/web:2$/);
  });

  it("comes into the other target group each time", async () => {
    await at.running({ ...BLUE_GREEN, bakeTimeInMinutes: 0 });
    const served = [await at.weights(at.traffic.productionRule)];
    for (const version of ["web:2", "web:3"]) {
      await at.update(version);
      await at.untilStatus("SUCCESSFUL");
      served.push(await at.weights(at.traffic.productionRule));
    }
    expect(served).toEqual([
      { blue: 0, green: 100 },
      { blue: 100, green: 0 },
      { blue: 0, green: 100 },
    ]);
    const { targetServiceRevision } = await at.describe();
    const { serviceRevisions } = await at.ecs.send(
      new DescribeServiceRevisionsCommand({
        serviceRevisionArns: [targetServiceRevision?.arn ?? ""],
      }),
    );
    expect(serviceRevisions).toMatchObject([
      {
        launchType: "FARGATE",
        containerImages: [{ containerName: "web", image: "web:3" }],
        resolvedConfiguration: {
          loadBalancers: [
            {
              targetGroupArn: at.traffic.green,
              productionListenerRule: at.traffic.productionRule,
            },
          ],
        },
      },
    ]);
  });

  it("is taken out by the circuit breaker before it has had any traffic", async () => {
    await at.running({
      ...BLUE_GREEN,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    });
    at.groups.sick.add("web:2");
    await at.update("web:2");
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(done).toMatchObject({
      statusReason:
        "Service deployment rolled back because the circuit breaker threshold was exceeded.",
      rollback: { serviceRevisionArn: done.sourceServiceRevisions?.[0]?.arn },
      lifecycleStage: "CLEAN_UP",
    });
    expect(await at.weights(at.traffic.productionRule)).toEqual({ blue: 0, green: 100 });
    const service = await at.service();
    expect(service?.taskDefinition).toMatch(/web:1$/);
    expect(at.told("ECS Deployment State Change")).toEqual([
      "SERVICE_DEPLOYMENT_IN_PROGRESS",
      "SERVICE_DEPLOYMENT_FAILED",
      "SERVICE_DEPLOYMENT_IN_PROGRESS",
      "SERVICE_DEPLOYMENT_COMPLETED",
    ]);
  });

  it("is only stopped when the circuit breaker does not roll back", async () => {
    await at.running({
      ...BLUE_GREEN,
      deploymentCircuitBreaker: { enable: true, rollback: false },
    });
    at.groups.sick.add("web:2");
    await at.update("web:2");
    const done = await at.untilStatus("STOPPED");
    expect(done.rollback).toBeUndefined();
    expect(done.stoppedAt).toEqual(done.finishedAt);
  });

  it("comes to an end also when its tasks never become healthy and nothing watches", async () => {
    await at.running(BLUE_GREEN);
    at.groups.sick.add("web:2");
    await at.update("web:2");
    await at.advance(23 * 60 * MINUTE);
    expect((await at.describe()).status).toBe("IN_PROGRESS");
    await at.advance(60 * MINUTE + 10 * SECOND);
    expect((await at.describe()).status).toBe("ROLLBACK_SUCCESSFUL");
  });
});

describe("a wrong network", () => {
  const update = async () => {
    await at.update("web:2");
    return (await at.untilStatus("ROLLBACK_SUCCESSFUL")).statusReason;
  };
  const prefix = "Service deployment rolled back because of invalid networking configuration. ";
  const forward = (blue: number, green: number) =>
    at.elb.send(
      new ModifyRuleCommand({
        RuleArn: at.traffic.productionRule,
        Actions: [
          forwardTo(
            { arn: at.traffic.blue, weight: blue },
            { arn: at.traffic.green, weight: green },
          ),
        ],
      }),
    );

  it("is refused when both target groups serve", async () => {
    await at.running(BLUE_GREEN);
    await forward(1, 1);
    expect(await update()).toBe(
      `${prefix}productionListenerRule ${at.traffic.productionRule} should have exactly one target group serving traffic but found 2 target groups which are serving traffic`,
    );
  });

  it("is refused when the rule's action is no forward", async () => {
    await at.running(BLUE_GREEN);
    await at.elb.send(
      new ModifyRuleCommand({
        RuleArn: at.traffic.productionRule,
        Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "503" } }],
      }),
    );
    expect(await update()).toContain("but found 0 target groups which are serving traffic");
  });
});
