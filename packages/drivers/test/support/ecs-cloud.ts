import { ECS, type TaskSet } from "@aws-sdk/client-ecs";
import { type Action, ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { seededRandom, startLocalCloud } from "@headgate/local-cloud";
import { onTestFinished } from "vitest";
import { type AwsClients, awsClients } from "../../src/aws/clients.ts";
import { type AwsRunner, awsRunner } from "../../src/aws/runner.ts";
import type { Clock } from "../../src/clock.ts";
import { ecsTaskSetDriver } from "../../src/traffic/ecs-task-sets/index.ts";
import type { EcsOptions } from "../../src/traffic/ecs/options.ts";
import { imageRuntime } from "./ecs-runtime.ts";
import { type FaultProxy, faultProxy } from "./fault-proxy.ts";
import { ACCESS } from "./lambda-cloud.ts";

const SEED = Number(process.env["TEST_SEED"] ?? 20_261_121);

/** Where its containers listen. */
const PORT = 8080;

export interface Group {
  readonly arn: string;
  readonly name: string;
}

/** A cloud in which web:1 serves by a task set in the blue target group, behind the load balancer "shop". */
export interface EcsCloud {
  readonly proxy: FaultProxy;
  /** Through the proxy: what the driver under test uses. */
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  /** Waiting on it moves the cloud's own time, so nothing really waits. */
  readonly clock: Clock;
  /** Past the proxy: what a test arranges and checks with. */
  readonly ecs: ECS;
  readonly elb: ElasticLoadBalancingV2;
  readonly url: string;
  readonly subnets: readonly string[];
  readonly vpcId: string;
  readonly loadBalancerArn: string;
  readonly listenerArn: string;
  readonly blue: Group;
  readonly green: Group;
  advance(ms: number): Promise<void>;
  group(name: string, vpcId?: string): Promise<Group>;
  anotherVpc(): Promise<string>;
  /** Registers a revision of the family "web" with this image. @returns "web:7". */
  register(image: string): Promise<string>;
  /** A further task set; its tasks may still be on their way. */
  taskSet(taskDefinition: string, group: Group, externalId?: string): Promise<string>;
  taskSets(): Promise<readonly TaskSet[]>;
  listen(action: Action): Promise<void>;
  actions(): Promise<readonly Action[]>;
  /** What a user gets. */
  get(headers?: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

export const SERVICE = { cluster: "shop", service: "web" } as const;

export async function startEcsCloud(
  controller: "EXTERNAL" | "ECS" | "CODE_DEPLOY" = "EXTERNAL",
): Promise<EcsCloud> {
  const runtime = imageRuntime();
  const cloud = await startLocalCloud({
    port: 0,
    clock: "virtual",
    random: seededRandom(SEED),
    taskRuntime: runtime,
    iam: "enforce",
  });
  const virtual = cloud.clock;
  if (!("advance" in virtual)) throw new Error("the cloud has no virtual clock");
  const clock: Clock = { nowMs: () => virtual.nowMs(), sleep: (ms) => virtual.advance(ms) };
  const proxy = await faultProxy(cloud.url);
  const clients = awsClients({ ...ACCESS, endpointUrl: proxy.url });
  const own = { ...ACCESS, endpoint: cloud.url, maxAttempts: 1 };
  const [ecs, elb] = [new ECS(own), new ElasticLoadBalancingV2(own)];
  const advance = (ms: number) => clock.sleep(ms);

  const { subnets, vpcId, securityGroups } = await network(cloud.url);
  const group: EcsCloud["group"] = async (Name, VpcId = vpcId) => {
    const { TargetGroups = [] } = await elb.createTargetGroup({
      Name,
      VpcId,
      TargetType: "ip",
      Protocol: "HTTP",
      Port: PORT,
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      HealthCheckPath: "/",
    });
    const arn = TargetGroups[0]?.TargetGroupArn ?? "";
    await elb.modifyTargetGroupAttributes({
      TargetGroupArn: arn,
      Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "10" }],
    });
    return { arn, name: Name };
  };
  const [blue, green] = [await group("web-blue"), await group("web-green")];
  const { LoadBalancers = [] } = await elb.createLoadBalancer({ Name: "shop", Subnets: subnets });
  const loadBalancerArn = LoadBalancers[0]?.LoadBalancerArn ?? "";
  await advance(1000);
  const { Listeners = [] } = await elb.createListener({
    LoadBalancerArn: loadBalancerArn,
    Protocol: "HTTP",
    Port: 80,
    DefaultActions: [forward([blue, 100], [green, 0])],
  });
  const listenerArn = Listeners[0]?.ListenerArn ?? "";

  await ecs.createCluster({ clusterName: SERVICE.cluster });
  const executionRoleArn = await executionRole(own);
  const register = async (image: string) => {
    const { taskDefinition } = await ecs.registerTaskDefinition({
      family: "web",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      executionRoleArn,
      containerDefinitions: [
        {
          name: "app",
          image,
          portMappings: [{ containerPort: PORT }],
          environment: [{ name: "LEVEL", value: "info" }],
        },
      ],
    });
    return `${taskDefinition?.family}:${taskDefinition?.revision}`;
  };
  const networkConfiguration = { awsvpcConfiguration: { subnets: [...subnets], securityGroups } };
  const balancing = ({ arn }: Group) => [
    { targetGroupArn: arn, containerName: "app", containerPort: PORT },
  ];
  const taskSet: EcsCloud["taskSet"] = async (taskDefinition, to, externalId) => {
    const { taskSet: made } = await ecs.createTaskSet({
      ...SERVICE,
      taskDefinition,
      networkConfiguration,
      launchType: "FARGATE",
      loadBalancers: balancing(to),
      scale: { value: 100, unit: "PERCENT" },
      ...(externalId === undefined ? {} : { externalId }),
    });
    return made?.id ?? "";
  };
  const first = await register("web:one");
  const settle = async (isSettled: () => Promise<boolean>) => {
    for (let second = 0; second < 120; second++) {
      if (await isSettled()) return;
      await advance(1000);
    }
    throw new Error("the service did not come to rest within 120 seconds of the cloud's time");
  };
  const described = async () =>
    (await ecs.describeServices({ ...SERVICE, services: ["web"] })).services?.[0];
  if (controller === "EXTERNAL") {
    await ecs.createService({
      ...SERVICE,
      serviceName: SERVICE.service,
      desiredCount: 2,
      deploymentController: { type: "EXTERNAL" },
    });
    const primaryTaskSet = await taskSet(first, blue);
    await ecs.updateServicePrimaryTaskSet({ ...SERVICE, primaryTaskSet });
    await settle(
      async () => (await described())?.taskSets?.[0]?.stabilityStatus === "STEADY_STATE",
    );
  } else {
    await ecs.createService({
      ...SERVICE,
      serviceName: SERVICE.service,
      desiredCount: 2,
      deploymentController: { type: controller },
      taskDefinition: first,
      launchType: "FARGATE",
      networkConfiguration,
      loadBalancers: balancing(blue),
    });
    await settle(async () => {
      const { runningCount, taskSets: [set] = [] } = (await described()) ?? {};
      return runningCount === 2 && (set === undefined || set.stabilityStatus === "STEADY_STATE");
    });
  }
  const listener = await listenerUrl(cloud.url, listenerArn);
  return {
    proxy,
    clients,
    clock,
    ecs,
    elb,
    url: cloud.url,
    run: awsRunner({ clock, random: seededRandom(SEED) }),
    subnets,
    vpcId,
    loadBalancerArn,
    listenerArn,
    blue,
    green,
    advance,
    group,
    anotherVpc: async () =>
      elementsOf(await askEc2(cloud.url, "CreateVpc&CidrBlock=10.9.0.0/16"), "vpcId")[0] ?? "",
    register,
    taskSet,
    taskSets: async () => (await described())?.taskSets ?? [],
    async listen(action) {
      await elb.modifyListener({ ListenerArn: listenerArn, DefaultActions: [action] });
    },
    async actions() {
      const found = await elb.describeListeners({ ListenerArns: [listenerArn] });
      return found.Listeners?.[0]?.DefaultActions ?? [];
    },
    get: async (headers = {}) => (await fetch(listener, { headers })).text(),
    async close() {
      clients.close();
      ecs.destroy();
      elb.destroy();
      await proxy.close();
      await cloud.close();
      await runtime.close();
    },
  };
}

/** The same, closed when the test is over. */
export async function ecsCloud(controller?: "EXTERNAL" | "ECS" | "CODE_DEPLOY"): Promise<EcsCloud> {
  const cloud = await startEcsCloud(controller);
  onTestFinished(() => cloud.close());
  return cloud;
}

export function forward(...groups: readonly (readonly [group: Group, weight: number])[]): Action {
  const TargetGroups = groups.map(([{ arn }, Weight]) => ({ TargetGroupArn: arn, Weight }));
  return { Type: "forward", ForwardConfig: { TargetGroups } };
}

/** As users do: a request now and then, while time goes on in waits. What they are answered goes into `answers`. */
export function withUsers<Cloud extends EcsCloud>(cloud: Cloud, answers: string[]): Cloud {
  const { clock } = cloud;
  const sleep = async (ms: number) => {
    answers.push(await cloud.get());
    await clock.sleep(ms);
  };
  return { ...cloud, clock: { ...clock, sleep } };
}

export function target(more: Partial<EcsOptions["target"]> = {}): EcsOptions["target"] {
  return {
    ...SERVICE,
    container: "app",
    listener: "shop:80",
    targetGroups: ["web-blue", "web-green"],
    ...more,
  };
}

/** The driver of the cloud's service, by default with another image. */
export function driverOf(cloud: EcsCloud, options: Partial<EcsOptions> = {}) {
  return ecsTaskSetDriver({
    ...cloud,
    target: target(),
    revision: { kind: "image", image: "web:two" },
    propagationMs: 0,
    counts: { resolutionMs: 1000, lagMs: 1000 },
    ...options,
  });
}

export const EXECUTION_POLICY =
  "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

/** What pulls a task's images. */
async function executionRole(access: ConstructorParameters<typeof IAM>[0]): Promise<string> {
  const iam = new IAM(access ?? {});
  const { Role } = await iam.createRole({
    RoleName: "execution",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "ecs-tasks.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      ],
    }),
  });
  await iam.attachRolePolicy({
    RoleName: "execution",
    PolicyArn: EXECUTION_POLICY,
  });
  iam.destroy();
  return Role?.Arn ?? "";
}

async function network(url: string): Promise<{
  readonly subnets: string[];
  readonly securityGroups: string[];
  readonly vpcId: string;
}> {
  const answer = await askEc2(url, "DescribeSubnets");
  const [vpcId = ""] = elementsOf(answer, "vpcId");
  const securityGroups = elementsOf(await askEc2(url, "DescribeSecurityGroups"), "groupId");
  return {
    subnets: elementsOf(answer, "subnetId").slice(0, 2),
    securityGroups: securityGroups.slice(0, 1),
    vpcId,
  };
}

/** EC2 without a client of its own: the drivers have none. */
async function askEc2(url: string, action: string): Promise<string> {
  const credential = `test/20261121/${ACCESS.region}/ec2/aws4_request`;
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
    },
    body: `Action=${action}&Version=2016-11-15`,
  });
  return answer.text();
}

function elementsOf(xml: string, name: string): readonly string[] {
  const found = xml.matchAll(new RegExp(`<${name}>([^<]+)</${name}>`, "g"));
  return [...found].map(([, value = ""]) => value);
}

/** Where a listener is on this machine, as the cloud tells it. */
async function listenerUrl(url: string, listenerArn: string): Promise<string> {
  const answer = await fetch(`${url}/_aws/elb`);
  const text = await answer.text();
  const { listeners }: { listeners: { listenerArn: string; url: string }[] } = JSON.parse(text);
  return listeners.find((one) => one.listenerArn === listenerArn)?.url ?? "";
}
