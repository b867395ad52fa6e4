import {
  type DeploymentConfiguration,
  DeleteServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  type LoadBalancer,
  ListServiceDeploymentsCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type DeploymentsCloud,
  deploymentsCloud,
  HOOK,
  MINUTE,
  SECOND,
} from "./deployments-cloud.ts";

// Protects the record of deployments: listing, stopping in every stage, one deployment in place of another, and what
// a service may not be configured with.

let at: DeploymentsCloud;
beforeEach(async () => {
  at = await deploymentsCloud();
});
afterEach(() => at.close());

const ROLE = "arn:aws:iam::000000000000:role/ecs";
const CANARY = {
  strategy: "CANARY",
  canaryConfiguration: { canaryPercent: 20, canaryBakeTimeInMinutes: 5 },
  bakeTimeInMinutes: 5,
} as const;
const served = () => at.weights(at.traffic.productionRule);

describe("the record", () => {
  it("lists deployments, newest first, by status and time, in pages", async () => {
    await at.running({ strategy: "BLUE_GREEN", bakeTimeInMinutes: 0 });
    const middle = new Date(at.clock.nowMs());
    for (const version of ["web:2", "web:3"]) {
      await at.advance(SECOND);
      await at.update(version);
      await at.untilStatus("SUCCESSFUL");
    }
    at.settings = { strategy: "BLUE_GREEN", bakeTimeInMinutes: 60 };
    await at.update("web:4");
    const list = async (more: object = {}) => {
      const answer = await at.ecs.send(
        new ListServiceDeploymentsCommand({ service: "web", ...more }),
      );
      return { ...answer, statuses: answer.serviceDeployments?.map(({ status }) => status) };
    };
    const all = await list();
    expect(all.statuses).toEqual(["IN_PROGRESS", "SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL"]);
    expect(all.serviceDeployments?.[0]).toMatchObject({
      serviceArn: "arn:aws:ecs:us-east-1:000000000000:service/default/web",
      clusterArn: "arn:aws:ecs:us-east-1:000000000000:cluster/default",
      serviceDeploymentArn: expect.stringMatching(
        /^arn:aws:ecs:us-east-1:000000000000:service-deployment\/default\/web\/[\w-]{21}$/,
      ),
    });
    expect((await list({ status: ["IN_PROGRESS", "PENDING"] })).statuses).toEqual(["IN_PROGRESS"]);
    expect((await list({ createdAt: { before: middle } })).statuses).toEqual(["SUCCESSFUL"]);
    expect((await list({ createdAt: { after: middle } })).statuses).toHaveLength(3);
    const first = await list({ maxResults: 3 });
    expect(first.statuses).toHaveLength(3);
    const { nextToken } = first;
    expect((await list({ maxResults: 3, nextToken })).statuses).toEqual(["SUCCESSFUL"]);
    await expect(list({ maxResults: 101 })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await expect(list({ service: "other" })).rejects.toMatchObject({
      name: "ServiceNotFoundException",
    });
  });

  it("tells which ARNs it does not know", async () => {
    const arn = "arn:aws:ecs:us-east-1:000000000000:service-deployment/default/web/x";
    const deployments = await at.ecs.send(
      new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
    );
    expect(deployments).toMatchObject({
      serviceDeployments: [],
      failures: [{ arn, reason: "MISSING" }],
    });
    const revisions = await at.ecs.send(
      new DescribeServiceRevisionsCommand({ serviceRevisionArns: [arn] }),
    );
    expect(revisions).toMatchObject({
      serviceRevisions: [],
      failures: [{ arn, reason: "MISSING" }],
    });
    const many = new DescribeServiceDeploymentsCommand({
      serviceDeploymentArns: Array.from({ length: 21 }, (_, index) => `${arn}${index}`),
    });
    await expect(at.ecs.send(many)).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

describe("stopping", () => {
  const stages = [
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
  ] as const;
  /** Brings a deployment to a stage in which it stays for a while. */
  const stand = async (stage: (typeof stages)[number]) => {
    const isHookable =
      stage === "PRE_SCALE_UP" ||
      stage === "POST_SCALE_UP" ||
      stage === "POST_TEST_TRAFFIC_SHIFT" ||
      stage === "POST_PRODUCTION_TRAFFIC_SHIFT";
    await at.running({
      ...CANARY,
      lifecycleHooks: isHookable ? [{ targetType: "PAUSE", lifecycleStages: [stage] }] : [],
    });
    await at.update("web:2");
    if (isHookable) await at.pause();
    if (stage === "BAKE_TIME") await at.advance(6 * MINUTE);
    if (stage === "CLEAN_UP") {
      await at.until("PRODUCTION_TRAFFIC_SHIFT");
      await at.advance(10 * MINUTE);
    }
    const now = isHookable ? await at.describe() : await at.until(stage);
    expect(now).toMatchObject({ status: "IN_PROGRESS", lifecycleStage: stage });
  };

  it.each(stages)("in %s goes back to the version that was", async (stage) => {
    await stand(stage);
    await at.stop();
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(done.rollback?.serviceRevisionArn).toBe(done.sourceServiceRevisions?.[0]?.arn);
    expect(await at.sight()).toMatchObject({ production: { blue: 0 }, test: { blue: 0 } });
    expect(done).toMatchObject({
      sourceServiceRevisions: [{ runningTaskCount: 2 }],
      targetServiceRevision: { runningTaskCount: 0 },
    });
    await at.advance(MINUTE);
    expect((await at.service())?.deployments).toMatchObject([
      { status: "PRIMARY", rolloutState: "COMPLETED", desiredCount: 2, runningCount: 2 },
    ]);
  });

  it.each(stages)("in %s with ABORT leaves everything where it is", async (stage) => {
    await stand(stage);
    const before = await at.sight();
    await at.stop("ABORT");
    await at.advance(10 * MINUTE);
    const done = await at.describe();
    expect(done.status).toBe("STOPPED");
    expect(done.stoppedAt).toBeDefined();
    expect(await at.sight()).toEqual({ ...before, status: "STOPPED" });
    expect((await at.service())?.currentServiceDeployment).toBeUndefined();
  });

  it("with ABORT keeps the tasks of both versions, and the next deployment sorts it out", async () => {
    await stand("PRODUCTION_TRAFFIC_SHIFT");
    await at.stop("ABORT");
    await at.advance(MINUTE);
    expect([...at.groups.kept.values()].map(({ count }) => count)).toEqual([2, 2]);
    await at.update("web:3");
    await at.advance(11 * MINUTE);
    const done = await at.untilStatus("SUCCESSFUL");
    expect(await served()).toEqual({ blue: 100, green: 0 });
    await at.advance(MINUTE);
    expect((await at.service())?.taskDefinition).toMatch(/web:3$/);
    expect(done.sourceServiceRevisions).toHaveLength(1);
    expect([...at.groups.kept.values()].filter(({ count }) => count > 0)).toHaveLength(1);
  });

  it("is told at once, and said again it changes nothing", async () => {
    await stand("PRODUCTION_TRAFFIC_SHIFT");
    const stop = () =>
      at.ecs.send(
        new StopServiceDeploymentCommand({
          serviceDeploymentArn: at.latest(),
          stopType: "ROLLBACK",
        }),
      );
    expect((await stop()).serviceDeploymentArn).toBe(at.latest());
    expect((await at.describe()).status).toMatch(/^ROLLBACK_(REQUESTED|IN_PROGRESS)$/);
    await at.advance(0);
    expect(await at.sight()).toMatchObject({
      status: "ROLLBACK_IN_PROGRESS",
      production: { blue: 0, green: 100 },
    });
    await stop();
    await at.untilStatus("ROLLBACK_SUCCESSFUL");
    await expect(stop()).rejects.toMatchObject({ name: "ConflictException" });
    await expect(
      at.ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: `${at.latest()}0` })),
    ).rejects.toMatchObject({ name: "ServiceDeploymentNotFoundException" });
  });

  it("ends the first deployment of a service without a way back", async () => {
    await at.create(CANARY);
    await at.until("SCALE_UP");
    await at.stop();
    const done = await at.untilStatus("ROLLBACK_FAILED");
    expect(done.statusReason).toBe("No rollback candidate was found to run the rollback.");
  });
});

describe("a new deployment while one is under way", () => {
  it("takes its place: traffic goes back first, and then to the newest version", async () => {
    await at.running(CANARY);
    await at.update("web:2");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    const old = at.latest();
    expect(await served()).toEqual({ blue: 20, green: 80 });
    at.settings = {
      ...CANARY,
      lifecycleHooks: [
        { hookTargetArn: HOOK, roleArn: ROLE, lifecycleStages: ["RECONCILE_SERVICE"] },
      ],
    };
    await at.update("web:3");
    expect(await at.describe(old)).toMatchObject({ status: "STOPPED" });
    expect(await at.sight()).toMatchObject({
      stage: "RECONCILE_SERVICE",
      production: { blue: 0, green: 100 },
      test: { blue: 0, green: 100 },
    });
    const shifted = await at.until("PRODUCTION_TRAFFIC_SHIFT");
    expect(at.hook.events.map(({ lifecycleStage }) => lifecycleStage)).toEqual([
      "RECONCILE_SERVICE",
    ]);
    expect(await served()).toEqual({ blue: 20, green: 80 });
    expect(shifted.sourceServiceRevisions).toHaveLength(1);
    await at.advance(11 * MINUTE);
    const done = await at.untilStatus("SUCCESSFUL");
    await at.advance(MINUTE);
    const service = await at.service();
    expect(service?.taskDefinition).toMatch(/web:3$/);
    expect(service?.deployments).toHaveLength(1);
    expect(done.sourceServiceRevisions?.[0]?.runningTaskCount).toBe(0);
    const kept = [...at.groups.kept.values()].filter(({ count }) => count > 0);
    expect(kept).toHaveLength(1);
    expect(at.warnings).toEqual([]);
  });

  it("starts from the newer version when the old tasks are being stopped already", async () => {
    await at.running({ ...CANARY, bakeTimeInMinutes: 0 });
    await at.update("web:2");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    await at.advance(5 * MINUTE);
    const first = await at.until("CLEAN_UP");
    await at.update("web:3");
    expect(await served()).toEqual({ blue: 100, green: 0 });
    const now = await at.until("PRODUCTION_TRAFFIC_SHIFT");
    expect(now.sourceServiceRevisions?.[0]?.arn).toBe(first.targetServiceRevision?.arn);
    expect(await served()).toEqual({ blue: 80, green: 20 });
    await at.stop();
    await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect((await at.service())?.taskDefinition).toMatch(/web:2$/);
  });

  it("also on the way back", async () => {
    await at.running(CANARY);
    await at.update("web:2");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    await at.stop();
    expect((await at.describe()).status).toBe("ROLLBACK_IN_PROGRESS");
    await at.update("web:3");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    expect(await served()).toEqual({ blue: 20, green: 80 });
  });
});

describe("a service", () => {
  it("that is scaled during a deployment has both versions follow", async () => {
    await at.running(CANARY);
    await at.update("web:2");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    await at.ecs.send(new UpdateServiceCommand({ service: "web", desiredCount: 5 }));
    await at.advance(11 * MINUTE);
    const done = await at.untilStatus("SUCCESSFUL");
    expect(done.targetServiceRevision?.runningTaskCount).toBe(5);
  });

  it("that is deleted takes its deployment with it", async () => {
    await at.running(CANARY);
    await at.update("web:2");
    await at.until("PRODUCTION_TRAFFIC_SHIFT");
    await at.ecs.send(new DeleteServiceCommand({ service: "web", force: true }));
    await at.advance(MINUTE);
    expect((await at.describe()).status).toBe("STOPPED");
    expect([...at.groups.kept.values()].filter(({ count }) => count > 0)).toEqual([]);
    expect(at.warnings).toEqual([]);
  });

  it("that is rolled after blue/green deployments goes on being served", async () => {
    await at.running({ strategy: "ROLLING" });
    expect(await served()).toEqual({ blue: 0, green: 100 });
    await at.update("web:2");
    await at.untilStatus("SUCCESSFUL");
    expect(await served()).toEqual({ blue: 0, green: 100 });
    const [only, ...others] = [...at.groups.kept.values()].filter(({ count }) => count > 0);
    expect(others).toEqual([]);
    expect(only?.workload.loadBalancers).toMatchObject([{ targetGroupArn: at.traffic.green }]);
    at.settings = { strategy: "BLUE_GREEN", bakeTimeInMinutes: 0 };
    await at.update("web:3");
    await at.untilStatus("SUCCESSFUL");
    expect(await served()).toEqual({ blue: 100, green: 0 });
  });

  it("without load balancers goes through the same stages, and has no shares", async () => {
    await at.create({ strategy: "BLUE_GREEN", bakeTimeInMinutes: 1 }, { loadBalancers: [] });
    const now = await at.until("BAKE_TIME");
    expect(now.targetServiceRevision).toMatchObject({ runningTaskCount: 2 });
    expect(now.targetServiceRevision?.requestedProductionTrafficWeight).toBeUndefined();
    await at.untilStatus("SUCCESSFUL");
  });
});

describe("a configuration", () => {
  const refused = async (
    configuration: DeploymentConfiguration,
    loadBalancers?: LoadBalancer[],
  ): Promise<unknown> =>
    at.create(configuration, loadBalancers === undefined ? {} : { loadBalancers }).then(
      () => "accepted",
      (error: Error) => [error.name, error.message],
    );
  const invalid = (message: string) => ["InvalidParameterException", message];
  const BLUE_GREEN = { strategy: "BLUE_GREEN", bakeTimeInMinutes: 5 } as const;
  const advanced = (more: object, outer: Partial<LoadBalancer> = {}): LoadBalancer[] =>
    at.loadBalancers.map((one) => ({
      ...one,
      ...outer,
      advancedConfiguration: { ...one.advancedConfiguration, ...more },
    }));

  it("has percents and times within AWS's limits", async () => {
    const percent = (stepPercent: number) =>
      refused({ strategy: "LINEAR", linearConfiguration: { stepPercent } });
    expect(await percent(2.9)).toEqual(
      invalid("stepPercent must be between 3 and 100, but was 2.9"),
    );
    expect(await percent(10.05)).toEqual(
      invalid("stepPercent must be a multiple of 0.1, but was 10.05"),
    );
    expect(
      await refused({ strategy: "CANARY", canaryConfiguration: { canaryPercent: 0 } }),
    ).toEqual(invalid("canaryPercent must be between 0.1 and 100, but was 0"));
    expect(await refused({ ...BLUE_GREEN, bakeTimeInMinutes: 1441 })).toEqual(
      invalid("bakeTimeInMinutes must be between 0 and 1440, but was 1441"),
    );
  });

  it("has hooks that can run", async () => {
    const hooks = (...lifecycleHooks: NonNullable<DeploymentConfiguration["lifecycleHooks"]>) =>
      refused({ ...BLUE_GREEN, lifecycleHooks });
    expect(
      await hooks({ targetType: "PAUSE", lifecycleStages: ["PRODUCTION_TRAFFIC_SHIFT"] }),
    ).toEqual(invalid("Invalid lifecycle stage provided for Pause Hook"));
    expect(await hooks({ lifecycleStages: ["PRE_SCALE_UP"] })).toEqual(
      invalid("hookTargetArn and roleArn are required for lifecycle hooks of type AWS_LAMBDA"),
    );
    expect(await hooks({ hookTargetArn: HOOK, roleArn: ROLE })).toEqual(
      invalid("lifecycleStages is required for lifecycle hooks"),
    );
    const pause = { targetType: "PAUSE", lifecycleStages: ["PRE_SCALE_UP" as const] } as const;
    const many = Array.from({ length: 11 }, () => ({
      ...pause,
      lifecycleStages: [...pause.lifecycleStages],
    }));
    expect(await hooks(...many)).toEqual(
      invalid("A service can have at most 10 lifecycle hooks of type PAUSE, but 11 were given"),
    );
  });

  it("has load balancers whose traffic can be moved", async () => {
    expect(
      await refused(
        BLUE_GREEN,
        at.loadBalancers.map(({ targetGroupArn, containerName, containerPort }) => ({
          targetGroupArn,
          containerName,
          containerPort,
        })),
      ),
    ).toEqual(
      invalid(
        "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy",
      ),
    );
    const { listener, productionRule, blue } = at.traffic;
    expect(await refused(BLUE_GREEN, advanced({ productionListenerRule: listener }))).toEqual(
      invalid(
        `productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ${listener}`,
      ),
    );
    expect(await refused(BLUE_GREEN, advanced({ testListenerRule: productionRule }))).toEqual(
      invalid(
        `The following rules cannot be used as both production and test listener rules: ${productionRule}`,
      ),
    );
    expect(await refused(BLUE_GREEN, advanced({ alternateTargetGroupArn: blue }))).toEqual(
      invalid(`Duplicate targetGroupArn found: ${blue}`),
    );
    expect(await refused(BLUE_GREEN, advanced({ roleArn: undefined }))).toEqual(
      invalid("advancedConfiguration.roleArn is required"),
    );
  });

  it("has a role that ECS may assume, or the deployment ends", async () => {
    await at.create(BLUE_GREEN, {
      loadBalancers: advanced({ roleArn: "arn:aws:iam::000000000000:role/other" }),
    });
    const done = await at.untilStatus("ROLLBACK_FAILED");
    expect(done.rollback?.reason).toBe(
      "Service deployment rolled back because of invalid networking configuration. ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role 'arn:aws:iam::000000000000:role/other'.",
    );
  });
});
