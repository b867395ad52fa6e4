/*
 * Protects what ECS may do to a load balancer, and to the functions of hooks, in the roles that a service gives it, in a
 * cloud that enforces IAM: each permission is asked for, and the lack of each alone shows where AWS shows it.
 */
import {
  type DeploymentConfiguration,
  type ServiceDeployment,
  StopServiceDeploymentCommand,
} from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arnOf } from "../lambda/lambda-cloud.ts";
import { ACCOUNT, type RolesCloud, rolesCloud } from "./roles-cloud.ts";
import { messagesOf } from "./service-cloud.ts";

const ACTIONS = [
  "DescribeListeners",
  "DescribeRules",
  "DescribeTargetGroups",
  "DescribeTargetHealth",
  "RegisterTargets",
  "DeregisterTargets",
  "ModifyListener",
  "ModifyRule",
] as const;
type Action = (typeof ACTIONS)[number];

const BLUE_GREEN: DeploymentConfiguration = { strategy: "BLUE_GREEN", bakeTimeInMinutes: 0 };
const HOOK_APP = 'def handler(event, context):\n    return {"hookStatus": "SUCCEEDED"}';

let at: RolesCloud;
let routes: Awaited<ReturnType<RolesCloud["routes"]>>;

beforeEach(async () => {
  at = await rolesCloud();
  routes = await at.routes(await at.role("balancers", "ecs.amazonaws.com"));
});
afterEach(() => at.close());

const allow = (...missing: readonly Action[]) =>
  at.allow(
    "balancers",
    ACTIONS.filter((action) => !missing.includes(action)).map(
      (action) => `elasticloadbalancing:${action}`,
    ),
  );

const ENDS: ReadonlySet<string | undefined> = new Set([
  "SUCCESSFUL",
  "STOPPED",
  "ROLLBACK_SUCCESSFUL",
  "ROLLBACK_FAILED",
]);
const hasEnded = ({ status }: ServiceDeployment) => ENDS.has(status);

/** A service that runs version 1 in the blue target group, and a deployment of version 2. */
async function update(missing: readonly Action[], more: DeploymentConfiguration = {}) {
  await at.define("web", "web:1");
  await allow();
  await at.create({
    taskDefinition: "web",
    loadBalancers: routes.loadBalancers,
    deploymentConfiguration: BLUE_GREEN,
  });
  await at.deploymentUntil(({ status }) => status === "SUCCESSFUL");
  await allow(...missing);
  await at.update({
    taskDefinition: await at.define("web", "web:2"),
    deploymentConfiguration: { ...BLUE_GREEN, ...more },
  });
  await at.cloud.advance(0);
}

const denial = (session: string, action: Action, resource?: string) =>
  `User: arn:aws:sts::${ACCOUNT}:assumed-role/balancers/${session} is not authorized to perform: ` +
  `elasticloadbalancing:${action}${resource === undefined ? "" : ` on resource: ${resource}`} ` +
  `because no identity-based policy allows the elasticloadbalancing:${action} action`;

describe("the role of a load balancer", () => {
  it.each(["DescribeListeners", "DescribeRules", "DescribeTargetGroups"] as const)(
    "without %s: the deployment is rolled back before any task starts",
    async (missing) => {
      await update([missing]);
      const { status, statusReason } = await at.deploymentUntil(hasEnded);
      expect({ status, statusReason }).toEqual({
        status: "ROLLBACK_SUCCESSFUL",
        statusReason: `Service deployment rolled back because of invalid networking configuration. ${denial("ECSNetworkingWithELB", missing)}`,
      });
      const failed = messagesOf(await at.describe("web")).find((message) =>
        message.includes("deployment failed:"),
      );
      expect(failed).toContain(denial("ECSNetworkingWithELB", missing));
    },
  );

  it("without ModifyListener: test traffic, which a default rule leads, does not shift", async () => {
    await update(["ModifyListener"]);
    const { status, statusReason } = await at.deploymentUntil(hasEnded);
    expect({ status, statusReason }).toEqual({
      status: "ROLLBACK_SUCCESSFUL",
      statusReason: `Service deployment rolled back because TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. ${denial("ECSNetworkingWithELB", "ModifyListener", routes.testers.arn)}`,
    });
  });

  it("without ModifyRule: production traffic does not shift, and users keep the version before", async () => {
    await update(["ModifyRule"]);
    const { status, statusReason } = await at.deploymentUntil(hasEnded);
    expect({ status, statusReason }).toEqual({
      status: "ROLLBACK_SUCCESSFUL",
      statusReason: `Service deployment rolled back because PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. ${denial("ECSNetworkingWithELB", "ModifyRule", routes.productionListenerRule)}`,
    });
    expect(await (await routes.users.call("/")).text()).toBe("web:1");
  });

  it("without ModifyRule on the way back: the rollback fails, and says why", async () => {
    await update([], { bakeTimeInMinutes: 5 });
    await at.deploymentUntil(({ lifecycleStage }) => lifecycleStage === "BAKE_TIME");
    await allow("ModifyRule");
    const { serviceDeploymentArn } = await at.deployment();
    await at.ecs.send(
      new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: "ROLLBACK" }),
    );
    const { status, statusReason } = await at.deploymentUntil(hasEnded);
    expect(status).toBe("ROLLBACK_FAILED");
    expect(statusReason).toContain(
      denial("ECSNetworkingWithELB", "ModifyRule", routes.productionListenerRule),
    );
  });

  it("without RegisterTargets: tasks do not start, the events tell, the breaker rolls back", async () => {
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    await update(["RegisterTargets"], { deploymentCircuitBreaker });
    const { statusReason, deploymentCircuitBreaker: breaker } = await at.deploymentUntil(hasEnded);
    expect(statusReason).toBe(
      "Service deployment rolled back because the circuit breaker threshold was exceeded.",
    );
    expect(breaker).toMatchObject({ status: "TRIGGERED", failureCount: 3 });
    // The service runs in the group that its last deployment moved it to; the other one is blue.
    const why = denial("ecs-service-scheduler", "RegisterTargets", routes.blue);
    expect(messagesOf(await at.describe("web"))).toContain(
      `(service web) failed to register targets in (target-group ${routes.blue}) with (error ${why}).`,
    );
    expect(await (await routes.users.call("/")).text()).toBe("web:1");
  });

  it("without DescribeTargetHealth: the deployment waits until it may", async () => {
    await update(["DescribeTargetHealth"]);
    const why = denial("ecs-service-scheduler", "DescribeTargetHealth");
    for (let second = 0; second < 120; second++) await at.cloud.advance(1000);
    expect(await at.deployment()).toMatchObject({
      status: "IN_PROGRESS",
      lifecycleStage: "SCALE_UP",
    });
    expect(messagesOf(await at.describe("web"))).toContain(
      `(service web) failed to describe target health on (target-group ${routes.blue}) with (error ${why}).`,
    );
    await allow();
    expect(await at.deploymentUntil(hasEnded)).toMatchObject({ status: "SUCCESSFUL" });
  });

  it("without DeregisterTargets: the deployment goes on, and leaves targets behind", async () => {
    await update(["DeregisterTargets"]);
    expect(await at.deploymentUntil(hasEnded)).toMatchObject({ status: "SUCCESSFUL" });
    await at.cloud.advance(20_000);
    const why = denial("ecs-service-scheduler", "DeregisterTargets", routes.green);
    expect(messagesOf(await at.describe("web"))).toContain(
      `(service web) failed to deregister targets in (target-group ${routes.green}) with (error ${why}).`,
    );
    expect(await at.states(routes.green)).toHaveLength(1);
  });

  it("is not asked when a service has no such role", async () => {
    await at.define("web", "web:1");
    const { listener, loadBalancers } = await at.door();
    await at.create({ taskDefinition: "web", loadBalancers });
    await at.until(({ deployments }) => deployments?.[0]?.rolloutState === "COMPLETED");
    expect(await (await listener.call("/")).text()).toBe("web:1");
  });
});

describe("the role of a hook", () => {
  const HOOK = arnOf("hook");
  /** @param resources functions that its role may invoke. */
  const deploy = async (...resources: readonly string[]) => {
    const roleArn = await at.role("hooks", "ecs.amazonaws.com");
    if (resources.length > 0) await at.allow("hooks", ["lambda:InvokeFunction"], resources);
    await at.send("hook", {}, HOOK_APP);
    await at.cloud.advance(5000);
    await update([], {
      lifecycleHooks: [
        { hookTargetArn: HOOK, roleArn, lifecycleStages: ["POST_TEST_TRAFFIC_SHIFT"] },
      ],
    });
    return at.deploymentUntil(hasEnded);
  };

  it("must be allowed to invoke its function", async () => {
    const { status, statusReason } = await deploy();
    expect({ status, statusReason }).toEqual({
      status: "ROLLBACK_SUCCESSFUL",
      statusReason:
        `Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. ECS was unable to ` +
        `invoke hook target ${HOOK} due to User: arn:aws:sts::${ACCOUNT}:assumed-role/hooks/ECS-Lambda-Execution is ` +
        `not authorized to perform: lambda:InvokeFunction on resource: ${HOOK} because no identity-based policy ` +
        `allows the lambda:InvokeFunction action`,
    });
  });

  it("that is, on this function alone, lets the deployment through", async () => {
    expect(await deploy(HOOK)).toMatchObject({ status: "SUCCESSFUL" });
  });
});
