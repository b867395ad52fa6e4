import { EC2 } from "@aws-sdk/client-ec2";
import {
  type AdvancedConfiguration,
  type CreateServiceCommandInput,
  type CreateTaskSetCommandInput,
  ECS,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";
import { type Action, ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { startLocalCloud } from "@headgate/local-cloud";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { OWN_PLATFORM } from "../../src/images/image-documents.ts";
import { pushFolder } from "../../src/images/push-folder.ts";
import { temporaryFolder } from "./command-line.ts";

const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };
const PORT = 8080;
const SOON = { timeout: 120_000, interval: 200 };

/**
 * Names itself, takes its time for "/slow", and answers what it has begun when it is asked to end. A bad one fails
 * all but its health check; one that crashes ends at once. It keeps connections for longer than a load balancer does.
 */
const SERVER = `
const { createServer } = require("node:http");
const { VERSION, KIND } = process.env;
if (KIND === "crashes") process.exit(1);
let isEnding = false;
const server = createServer((request, response) => {
  const isBad = KIND === "bad" && request.url !== "/health";
  const answer = () => {
    const last = isEnding ? { connection: "close" } : {};
    response.writeHead(isBad ? 500 : 200, { "x-version": VERSION, ...last });
    response.end(VERSION);
  };
  request.resume();
  if (request.url === "/slow") setTimeout(answer, 1500);
  else answer();
});
server.keepAliveTimeout = 65_000;
server.listen(${PORT});
process.on("SIGTERM", () => {
  isEnding = true;
  server.close(() => process.exit(0));
});
`;

export type ContainerCloud = Awaited<ReturnType<typeof containerCloud>>;

/** A cloud on the real clock, whose tasks are programs of this machine, with two target groups behind a listener. */
export async function containerCloud() {
  const folder = temporaryFolder();
  const warnings: string[] = [];
  const cloud = await startLocalCloud({
    port: 0,
    region: REGION,
    taskRuntime: "processes",
    warn: (message) => void warnings.push(message),
  });
  const configuration = { endpoint: cloud.url, region: REGION, credentials: CREDENTIALS };
  const [ecs, elb] = [new ECS(configuration), new ElasticLoadBalancingV2(configuration)];
  const roleArn = await createRole(configuration);
  const { vpcId, subnets } = await network(configuration);
  const networkConfiguration = { awsvpcConfiguration: { subnets } };
  await ecs.createCluster({});

  const group = async (Name: string) => {
    const { TargetGroups = [] } = await elb.createTargetGroup({
      Name,
      VpcId: vpcId,
      TargetType: "ip",
      Protocol: "HTTP",
      Port: PORT,
      HealthCheckPath: "/health",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
    });
    const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
    await elb.modifyTargetGroupAttributes({
      TargetGroupArn,
      Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }],
    });
    return TargetGroupArn;
  };
  const [blue, green] = [await group("blue"), await group("green")];
  const { LoadBalancers = [] } = await elb.createLoadBalancer({ Name: "shop", Subnets: subnets });
  const { Listeners = [] } = await elb.createListener({
    LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
    Protocol: "HTTP",
    Port: 80,
    DefaultActions: [forward([blue, 1], [green, 0])],
  });
  const listenerArn = Listeners[0]?.ListenerArn ?? "";
  const url = await listenerUrl(cloud.url, listenerArn);
  writeFileSync(join(folder.path, "server.js"), SERVER);
  const push = async (version: string, kind = "good"): Promise<string> => {
    const { image } = await pushFolder({
      cloud: { url: cloud.url, region: REGION },
      folder: folder.path,
      repository: "web",
      tag: version,
      settings: {
        entrypoint: ["node", "server.js"],
        environment: [`VERSION=${version}`, `KIND=${kind}`],
        workdir: "/app",
        platform: OWN_PLATFORM,
      },
      signal: AbortSignal.timeout(60_000),
    });
    return image;
  };

  const describe = async (): Promise<Service> => {
    const { services = [] } = await ecs.describeServices({ services: ["web"] });
    return services[0] ?? {};
  };
  const states = async (TargetGroupArn: string) => {
    const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn });
    return TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State);
  };
  return {
    ecs,
    elb,
    url,
    endpointUrl: cloud.url,
    access: { endpointUrl: cloud.url, region: REGION, credentials: CREDENTIALS },
    warnings,
    roleArn,
    blue,
    green,
    listenerArn,
    describe,
    push,

    /** Pushes a version's image and registers it. @returns the task definition's ARN. */
    async define(version: string, kind?: "bad" | "crashes"): Promise<string> {
      const { taskDefinition } = await ecs.registerTaskDefinition({
        family: "web",
        networkMode: "awsvpc",
        requiresCompatibilities: ["FARGATE"],
        cpu: "256",
        memory: "512",
        executionRoleArn: roleArn,
        containerDefinitions: [
          {
            name: "app",
            image: await push(version, kind),
            essential: true,
            portMappings: [{ containerPort: PORT }],
          },
        ],
      });
      return taskDefinition?.taskDefinitionArn ?? "";
    },

    /** The service "web" of two tasks. */
    async service(more: Partial<CreateServiceCommandInput>): Promise<void> {
      await ecs.createService({ serviceName: "web", desiredCount: 2, ...more });
    },

    /** What a service or a task set of Fargate has, with its tasks in this target group. */
    placedIn: (targetGroupArn: string, advancedConfiguration?: AdvancedConfiguration) =>
      ({
        launchType: "FARGATE",
        networkConfiguration,
        loadBalancers: [
          { targetGroupArn, containerName: "app", containerPort: PORT, advancedConfiguration },
        ],
      }) satisfies Partial<CreateTaskSetCommandInput>,

    async tasks(): Promise<Task[]> {
      const { taskArns = [] } = await ecs.listTasks({ serviceName: "web" });
      if (taskArns.length === 0) return [];
      return (await ecs.describeTasks({ tasks: taskArns })).tasks ?? [];
    },

    /** Waits for so many healthy targets and no other ones, draining ones neither. */
    async targets(count: number, groupArn = blue): Promise<void> {
      const wanted = Array.from({ length: count }, () => "healthy");
      await vi.waitFor(async () => expect(await states(groupArn)).toEqual(wanted), SOON);
    },

    /** Waits for one deployment that is complete, with all of its tasks and no other. */
    async stable(taskDefinition: string, count = 2): Promise<void> {
      await vi.waitFor(async () => {
        const { deployments = [], runningCount, desiredCount } = await describe();
        const counts = { runningCount, desiredCount, deployments: deployments.length };
        expect(counts).toEqual({ runningCount: count, desiredCount: count, deployments: 1 });
        expect(deployments[0]).toMatchObject({ taskDefinition, rolloutState: "COMPLETED" });
      }, SOON);
    },

    async close(): Promise<void> {
      ecs.destroy();
      elb.destroy();
      await cloud.close();
      folder.remove();
    },
  };
}

function forward(...groups: readonly (readonly [arn: string, weight: number])[]): Action {
  const TargetGroups = groups.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }));
  return { Type: "forward", ForwardConfig: { TargetGroups } };
}

type Configuration = NonNullable<ConstructorParameters<typeof EC2>[0]>;

async function createRole(configuration: Configuration): Promise<string> {
  const iam = new IAM(configuration);
  const Service = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"];
  const { Role } = await iam.createRole({
    RoleName: "ecs",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
    }),
  });
  iam.destroy();
  return Role?.Arn ?? "";
}

async function network(configuration: Configuration) {
  const ec2 = new EC2(configuration);
  const { Subnets = [] } = await ec2.describeSubnets();
  ec2.destroy();
  const [{ VpcId = "" } = {}] = Subnets;
  return { vpcId: VpcId, subnets: Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId) };
}

/** Where a listener is on this machine, as the cloud tells it. */
async function listenerUrl(cloudUrl: string, listenerArn: string): Promise<string> {
  const answer = await fetch(`${cloudUrl}/_aws/elb`);
  const text = await answer.text();
  const { listeners }: { listeners: { listenerArn: string; url: string }[] } = JSON.parse(text);
  return listeners.find((one) => one.listenerArn === listenerArn)?.url ?? "";
}
