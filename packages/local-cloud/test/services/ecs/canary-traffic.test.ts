import {
  DescribeServiceDeploymentsCommand,
  ListServiceDeploymentsCommand,
  type ServiceDeployment,
} from "@aws-sdk/client-ecs";
import {
  DescribeRulesCommand,
  ModifyTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forwardTo } from "../elbv2/balancer-cloud.ts";
import { arnOf, createRole, eventually, waiting } from "../lambda/lambda-cloud.ts";
import { serviceCloud, type ServiceCloud } from "./service-cloud.ts";

// Protects what users and testers see of a canary deployment with everything real: tasks that answer, a load balancer
// that checks and forwards, a hook that is a function. Every request is answered, by the versions that the weights say.

const HOOK_APP = [
  "def handler(event, context):",
  '    print("STAGE", event["lifecycleStage"])',
  '    bad = event.get("hookDetails", {}).get("bad")',
  '    return {"hookStatus": "FAILED" if event["lifecycleStage"] == bad else "SUCCEEDED"}',
].join("\n");

let at: ServiceCloud;
let roleArn: string;
let listener: Awaited<ReturnType<ServiceCloud["listener"]>>;
let loadBalancers: NonNullable<Parameters<ServiceCloud["create"]>[0]["loadBalancers"]>;

beforeEach(async () => {
  at = await serviceCloud();
  roleArn = await createRole(at.cloud, "ecs", "ecs.amazonaws.com");
  await at.send("hook", {}, HOOK_APP);
  await waitUntilFunctionActiveV2(waiting(at.lambda), { FunctionName: "hook" });
  const { arn: balancerArn } = await at.balancer();
  const groups: string[] = [];
  for (let count = 0; count < 2; count++) {
    const { arn } = await at.group([], {}, { "deregistration_delay.timeout_seconds": "5" });
    await at.elb.send(
      new ModifyTargetGroupCommand({
        TargetGroupArn: arn,
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
      }),
    );
    groups.push(arn);
  }
  const [blue = "", green = ""] = groups;
  listener = await at.listener(
    balancerArn,
    forwardTo({ arn: blue, weight: 1 }, { arn: green, weight: 0 }),
  );
  const { Rules } = await at.elb.send(new DescribeRulesCommand({ ListenerArn: listener.arn }));
  loadBalancers = [
    {
      targetGroupArn: blue,
      containerName: "app",
      containerPort: 8080,
      advancedConfiguration: {
        alternateTargetGroupArn: green,
        productionListenerRule: Rules?.[0]?.RuleArn,
        roleArn,
      },
    },
  ];
});
afterEach(() => at.close());

async function latest(): Promise<ServiceDeployment> {
  const { serviceDeployments: [brief] = [] } = await at.ecs.send(
    new ListServiceDeploymentsCommand({ service: "web" }),
  );
  const { serviceDeployments: [found] = [] } = await at.ecs.send(
    new DescribeServiceDeploymentsCommand({
      serviceDeploymentArns: [brief?.serviceDeploymentArn ?? ""],
    }),
  );
  return found ?? {};
}

/** Moves on until the newest deployment is over, asking as users do; the answers by stage. */
async function follow(): Promise<{
  readonly done: ServiceDeployment;
  readonly answers: Map<string | undefined, string[]>;
}> {
  const answers = new Map<string | undefined, string[]>();
  for (let second = 0; second < 1200; second++) {
    const now = await latest();
    if (now.finishedAt !== undefined) return { done: now, answers };
    if (now.sourceServiceRevisions?.length === 1) {
      const response = await listener.call("/");
      const text = response.ok ? await response.text() : `status ${response.status}`;
      const stage = now.lifecycleStage;
      answers.set(stage, [...(answers.get(stage) ?? []), text]);
    }
    await at.cloud.advance(1000);
  }
  throw new Error(`the deployment did not end: ${JSON.stringify(await latest())}`);
}

async function deploy(bad?: string) {
  const taskDefinition = await at.define("web", "web:2");
  await at.update({
    taskDefinition,
    deploymentConfiguration: {
      strategy: "CANARY",
      canaryConfiguration: { canaryPercent: 50, canaryBakeTimeInMinutes: 1 },
      bakeTimeInMinutes: 1,
      lifecycleHooks: [
        {
          hookTargetArn: arnOf("hook"),
          roleArn,
          lifecycleStages: ["POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT"],
          hookDetails: bad === undefined ? {} : { bad },
        },
      ],
    },
  });
  return taskDefinition;
}

async function start() {
  await at.create({
    taskDefinition: await at.define("web", "web:1"),
    desiredCount: 2,
    loadBalancers,
    healthCheckGracePeriodSeconds: 7200,
    deploymentConfiguration: { strategy: "BLUE_GREEN", bakeTimeInMinutes: 0 },
  });
  const { done } = await follow();
  expect(done.status).toBe("SUCCESSFUL");
  expect(await (await listener.call("/")).text()).toBe("web:1");
}

it("answers every request, by the versions that the weights say", async () => {
  await start();
  const taskDefinition = await deploy();
  const { done, answers } = await follow();
  expect(done.status).toBe("SUCCESSFUL");
  const seen = (stage: string) => [...new Set(answers.get(stage))].toSorted();
  expect(seen("SCALE_UP")).toEqual(["web:1"]);
  expect(seen("PRODUCTION_TRAFFIC_SHIFT")).toEqual(["web:1", "web:2"]);
  expect(seen("BAKE_TIME")).toEqual(["web:2"]);
  expect(seen("CLEAN_UP")).toEqual(["web:2"]);
  const service = await at.describe("web");
  expect(service).toMatchObject({ taskDefinition, runningCount: 2 });
  const stages = await eventually(async () => {
    const { events = [] } = await at.cloud
      .client(CloudWatchLogsClient)
      .send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/hook" }));
    const found = events.flatMap(({ message = "" }) => /STAGE (\w+)/.exec(message)?.[1] ?? []);
    expect(found).toHaveLength(3);
    return found;
  });
  expect(stages).toEqual(["POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"]);
  expect(at.cloud.warnings).toEqual([]);
});

it("keeps a version from users that the hook does not want", async () => {
  await start();
  await deploy("POST_SCALE_UP");
  const { done, answers } = await follow();
  expect(done.status).toBe("ROLLBACK_SUCCESSFUL");
  expect(new Set([...answers.values()].flat())).toEqual(new Set(["web:1"]));
  expect((await at.describe("web")).taskDefinition).toMatch(/web:1$/);
});
