/*
 * Protects that AWS's own policies are enough in a cloud that enforces IAM: images of the registry, run as processes of
 * this machine, are deployed in every way with them; and what a task calls is decided on as its task role.
 */
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { RunTaskCommand } from "@aws-sdk/client-ecs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ProcessRuntime } from "../../../src/data-plane/tasks/processes/process-runtime.ts";
import { arnOf } from "../lambda/lambda-cloud.ts";
import { pushImages } from "./pushed-image.ts";
import { ACCOUNT, type RolesCloud, rolesCloud } from "./roles-cloud.ts";
import { isStable } from "./service-cloud.ts";

const SERVER = `
import { createServer } from "node:http";
console.log(process.env.VERSION + " serves");
createServer((_request, response) => response.end(process.env.VERSION)).listen(8080);
process.on("SIGTERM", () => process.exit(0));
`;
/** Finds its credentials as every program does that uses an SDK. */
const CALLER = `
import { createRequire } from "node:module";
const { SNSClient, ListTopicsCommand } = createRequire(process.env.SDK_FROM)("@aws-sdk/client-sns");
try {
  const { Topics = [] } = await new SNSClient({}).send(new ListTopicsCommand({}));
  console.log("topics: " + Topics.length);
} catch (error) {
  console.log(error.name + ": " + error.message);
}
`;
const INFRASTRUCTURE = "AmazonECSInfrastructureRolePolicyForLoadBalancers";
const EXECUTION = "service-role/AmazonECSTaskExecutionRolePolicy";
/** Long enough for a process to begin to listen. */
const GRACE = { healthCheckGracePeriodSeconds: 7200 };

let directory: string;
let runtime: ProcessRuntime;
let at: RolesCloud;
let images: readonly string[];
let executionRoleArn: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "headgate-roles-"));
  runtime = new ProcessRuntime({ scratchDirectory: directory, reason: "a test" });
  at = await rolesCloud({ taskRuntime: runtime });
  const files = { "app/server.mjs": SERVER, "app/caller.mjs": CALLER };
  const versions = ["1", "2", "3"].map((version) => ({
    Entrypoint: ["node", "/app/server.mjs"],
    Env: [`VERSION=web:${version}`],
  }));
  ({ images } = await pushImages(at.cloud, files, versions));
  executionRoleArn = await at.role("execution", "ecs-tasks.amazonaws.com");
  await at.attach("execution", EXECUTION);
  const logs = at.cloud.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/ecs/web" }));
});
afterEach(async () => {
  await at.close();
  await runtime.close();
  rmSync(directory, { recursive: true, force: true });
});

const LOGS = {
  logDriver: "awslogs" as const,
  options: { "awslogs-group": "/ecs/web", "awslogs-stream-prefix": "ecs" },
};

/** Version `number` of the service's task definition. */
const define = (number: 1 | 2 | 3) =>
  at.define("web", "", {
    executionRoleArn,
    containerDefinitions: [
      {
        name: "app",
        image: images[number - 1],
        portMappings: [{ containerPort: 8080 }],
        logConfiguration: LOGS,
      },
    ],
  });

async function said(): Promise<readonly string[]> {
  const { events = [] } = await at.cloud
    .client(CloudWatchLogsClient)
    .send(new FilterLogEventsCommand({ logGroupName: "/ecs/web" }));
  return events.map(({ message = "" }) => message);
}

it("rolls a service over with the execution role alone", async () => {
  const { listener, loadBalancers } = await at.door();
  await at.create({ taskDefinition: await define(1), desiredCount: 2, loadBalancers, ...GRACE });
  await at.until(isStable);
  await at.update({ taskDefinition: await define(2) });
  await at.until(isStable);
  expect(await (await listener.call("/")).text()).toBe("web:2");
  await vi.waitFor(async () => expect(await said()).toContain("web:2 serves"));
  expect(at.cloud.warnings).toEqual([]);
});

it("deploys BLUE_GREEN, then LINEAR with a function as a hook", async () => {
  const routes = await at.routes(await at.role("balancers", "ecs.amazonaws.com"));
  await at.attach("balancers", INFRASTRUCTURE);
  const HOOK = arnOf("hook");
  const hooks = await at.role("hooks", "ecs.amazonaws.com");
  await at.allow("hooks", ["lambda:InvokeFunction"], ["arn:aws:lambda:*:*:function:*"]);
  const answer = 'def handler(event, context):\n    return {"hookStatus": "SUCCEEDED"}';
  await at.send("hook", {}, answer);
  await at.cloud.advance(5000);
  const succeeded = async () => {
    const done = await at.deploymentUntil(
      ({ status }) => status !== "IN_PROGRESS" && status !== "PENDING",
    );
    expect(done).toMatchObject({ status: "SUCCESSFUL" });
  };
  const served = async () => (await routes.users.call("/")).text();

  const deploymentConfiguration = { strategy: "BLUE_GREEN" as const, bakeTimeInMinutes: 0 };
  const { loadBalancers } = routes;
  const service = { loadBalancers, deploymentConfiguration, desiredCount: 2, ...GRACE };
  await at.create({ taskDefinition: await define(1), ...service });
  await succeeded();
  expect(await served()).toBe("web:1");
  await at.update({ taskDefinition: await define(2) });
  await succeeded();
  expect(await served()).toBe("web:2");
  await at.update({
    taskDefinition: await define(3),
    deploymentConfiguration: {
      strategy: "LINEAR",
      bakeTimeInMinutes: 0,
      linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 1 },
      lifecycleHooks: [
        {
          hookTargetArn: HOOK,
          roleArn: hooks,
          lifecycleStages: ["POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"],
        },
      ],
    },
  });
  await succeeded();
  expect(await served()).toBe("web:3");
  expect(at.cloud.warnings).toEqual([]);
});

it("lets a task do what its task role may, and a task without one nothing", async () => {
  const taskRoleArn = await at.role("worker", "ecs-tasks.amazonaws.com");
  const run = async (more: { readonly taskRoleArn?: string }) => {
    const before = (await said()).length;
    const taskDefinition = await at.define("caller", "", {
      executionRoleArn,
      ...more,
      containerDefinitions: [
        {
          name: "app",
          image: images[0],
          entryPoint: ["node", "/app/caller.mjs"],
          environment: [{ name: "SDK_FROM", value: import.meta.filename }],
          logConfiguration: LOGS,
        },
      ],
    });
    await at.ecs.send(
      new RunTaskCommand({
        taskDefinition,
        launchType: "FARGATE",
        networkConfiguration: at.network,
      }),
    );
    await at.cloud.advance(0);
    return vi.waitFor(async () => {
      const lines = (await said()).slice(before);
      expect(lines).toHaveLength(1);
      return lines[0];
    }, 30_000);
  };
  expect(await run({ taskRoleArn })).toMatch(
    new RegExp(
      `^AuthorizationErrorException: User: arn:aws:sts::${ACCOUNT}:assumed-role/worker/[0-9a-f]{32} is not authorized to perform: SNS:ListTopics`,
    ),
  );
  await at.allow("worker", ["sns:ListTopics"]);
  expect(await run({ taskRoleArn })).toBe("topics: 0");
  expect(await run({})).toBe(
    "CredentialsProviderError: Could not load credentials from any providers",
  );
});
