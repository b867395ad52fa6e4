import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OWN_PLATFORM } from "../../images/image-documents.ts";
import { type BaseLayer, pushFolder } from "../../images/push-folder.ts";
import type { DemoRelease } from "../app.ts";
import type { DemoSite, DemoTarget } from "../demo-target.ts";
import { nodeLayer } from "../node-layer.ts";
import {
  SERVICE_ENTRYPOINT,
  SERVICE_HEALTH,
  SERVICE_PORT,
  writeServiceCode,
} from "../service-app.ts";
import { createAlarm } from "../shop.ts";
import { type ClientConfiguration, shopClients } from "../shop-clients.ts";
import { type EcsClients, ecsClients } from "./ecs-clients.ts";

/** Of the cluster, the load balancer, the image's repository and everything else but the service. */
export const SHOP = "shop";
export const SERVICE = "web";
export const CONTAINER = "app";
export const BLUE = `${SHOP}-blue`;
export const GREEN = `${SHOP}-green`;
const LISTENER_PORT = 80;
const TASKS = 2;
const LOG_GROUP = `/ecs/${SHOP}`;

/** The image is at hand and the program small: longer than this it never takes. */
const STEADY_WITHIN_MS = 60_000;
const PUSHED_WITHIN_MS = 60_000;

/**
 * A service of two tasks behind an Application Load Balancer, with the deployment controller EXTERNAL. A release is
 * an image, built from a folder and pushed to the cloud's registry.
 */
export async function openService(site: DemoSite, first: DemoRelease): Promise<DemoTarget> {
  const { configuration, folder } = site;
  const shop = await shopClients(configuration);
  const alarm = await createAlarm(shop);
  shop.close();
  const inContainers = process.env["HEADGATE_TASKS"] === "containers";
  const base = inContainers ? await nodeLayer(join(folder, "node.tar")) : undefined;
  const push = (release: DemoRelease) =>
    pushImage(
      configuration,
      { folder: writeServiceCode(folder, release), tag: release.version },
      base,
    );
  const clients = await ecsClients(configuration);
  const network = await defaultNetwork(clients);
  const { blueArn, address } = await createBalancer(clients, network);
  await createService(clients, { network, blueArn, image: await push(first) });
  clients.close();
  return {
    url: `${configuration.endpoint}/_aws/elb/${address}/orders`,
    app: "a Node.js service",
    about: `${TASKS} tasks (${inContainers ? "containers" : "local processes"}) behind an Application Load Balancer`,
    alarm,
    async prepare(release) {
      return `target:
  ecs:
    cluster: ${SHOP}
    service: ${SERVICE}
    container: ${CONTAINER}
    listener: ${SHOP}:${LISTENER_PORT}
    targetGroups: [${BLUE}, ${GREEN}]

revision:
  image: ${await push(release)}
`;
    },
  };
}

/** @returns the image's name, as a task definition has it. */
export async function pushImage(
  cloud: ClientConfiguration,
  code: { readonly folder: string; readonly tag: string },
  base?: BaseLayer,
): Promise<string> {
  const { image } = await pushFolder({
    cloud: { url: cloud.endpoint, region: cloud.region },
    ...code,
    repository: SHOP,
    base,
    settings: {
      entrypoint: SERVICE_ENTRYPOINT,
      environment: [],
      workdir: "/app",
      platform: OWN_PLATFORM,
    },
    signal: AbortSignal.timeout(PUSHED_WITHIN_MS),
  });
  return image;
}

interface Network {
  readonly vpcId: string;
  readonly subnets: readonly string[];
}

/** Every account has one. */
async function defaultNetwork({ ec2 }: EcsClients): Promise<Network> {
  const { Subnets = [] } = await ec2.describeSubnets({
    Filters: [{ Name: "default-for-az", Values: ["true"] }],
  });
  return {
    vpcId: Subnets[0]?.VpcId ?? "",
    subnets: Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId),
  };
}

/** @returns the first target group, and the load balancer's name in the cloud's paths. */
async function createBalancer(
  { balancing }: EcsClients,
  { vpcId, subnets }: Network,
): Promise<{ readonly blueArn: string; readonly address: string }> {
  const [blueArn, greenArn] = [
    await createGroup(balancing, BLUE, vpcId),
    await createGroup(balancing, GREEN, vpcId),
  ];
  const { LoadBalancers = [] } = await balancing.createLoadBalancer({
    Name: SHOP,
    Subnets: [...subnets],
  });
  const [{ LoadBalancerArn, DNSName = "" } = {}] = LoadBalancers;
  await until("the load balancer to be active", async () => {
    const found = await balancing.describeLoadBalancers({ Names: [SHOP] });
    return found.LoadBalancers?.[0]?.State?.Code === "active";
  });
  const TargetGroups = [
    { TargetGroupArn: blueArn, Weight: 100 },
    { TargetGroupArn: greenArn, Weight: 0 },
  ];
  await balancing.createListener({
    LoadBalancerArn,
    Protocol: "HTTP",
    Port: LISTENER_PORT,
    DefaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups } }],
  });
  return { blueArn, address: DNSName.split(".")[0] ?? "" };
}

/** With health checks as often as AWS allows. */
async function createGroup(
  balancing: EcsClients["balancing"],
  Name: string,
  VpcId: string,
): Promise<string> {
  const { TargetGroups = [] } = await balancing.createTargetGroup({
    Name,
    VpcId,
    TargetType: "ip",
    Protocol: "HTTP",
    Port: SERVICE_PORT,
    HealthCheckPath: SERVICE_HEALTH,
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    HealthyThresholdCount: 2,
  });
  const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
  await balancing.modifyTargetGroupAttributes({
    TargetGroupArn,
    Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "1" }],
  });
  return TargetGroupArn;
}

/** Cluster, task definition, service, and the task set that serves from now on. */
async function createService(
  clients: EcsClients,
  parts: { readonly network: Network; readonly blueArn: string; readonly image: string },
): Promise<void> {
  const { ecs } = clients;
  await ecs.createCluster({ clusterName: SHOP });
  const taskDefinition = await registerTaskDefinition(clients, parts.image);
  const inService = { cluster: SHOP, service: SERVICE };
  await ecs.createService({
    cluster: SHOP,
    serviceName: SERVICE,
    desiredCount: TASKS,
    deploymentController: { type: "EXTERNAL" },
  });
  const { taskSet } = await ecs.createTaskSet({
    ...inService,
    taskDefinition,
    launchType: "FARGATE",
    scale: { value: 100, unit: "PERCENT" },
    networkConfiguration: { awsvpcConfiguration: { subnets: [...parts.network.subnets] } },
    loadBalancers: [
      { targetGroupArn: parts.blueArn, containerName: CONTAINER, containerPort: SERVICE_PORT },
    ],
  });
  await ecs.updateServicePrimaryTaskSet({ ...inService, primaryTaskSet: taskSet?.id });
  await until("the first tasks to be healthy", async () => {
    const { services = [] } = await ecs.describeServices({ cluster: SHOP, services: [SERVICE] });
    return services[0]?.taskSets?.[0]?.stabilityStatus === "STEADY_STATE";
  });
}

async function registerTaskDefinition(
  { ecs, iam, logs, ...clients }: EcsClients,
  image: string,
): Promise<string> {
  const { Role } = await iam.createRole({
    RoleName: `${SHOP}-execution`,
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
    RoleName: `${SHOP}-execution`,
    PolicyArn: "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
  });
  await logs.createLogGroup({ logGroupName: LOG_GROUP });
  const { taskDefinition } = await ecs.registerTaskDefinition({
    family: SERVICE,
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: "256",
    memory: "512",
    executionRoleArn: Role?.Arn,
    containerDefinitions: [
      {
        name: CONTAINER,
        image,
        portMappings: [{ containerPort: SERVICE_PORT }],
        stopTimeout: 5,
        logConfiguration: {
          logDriver: "awslogs",
          options: {
            "awslogs-group": LOG_GROUP,
            "awslogs-region": await clients.ec2.config.region(),
            "awslogs-stream-prefix": "ecs",
          },
        },
      },
    ],
  });
  return taskDefinition?.taskDefinitionArn ?? "";
}

/** @throws {Error} when it does not come in time. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpMs = performance.now() + STEADY_WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUpMs) {
      throw new Error(`waited ${STEADY_WITHIN_MS} ms for ${what}`);
    }
    await sleep(100);
  }
}
