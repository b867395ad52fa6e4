/*
 * Protects the port by which CodeDeploy finds services and moves their task sets.
 */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ContainerServicePort } from "../../../src/data-plane/ports/container-services.ts";
import { PLACE, type ServerlessCloud, serverlessCloud } from "../../support/serverless-cloud.ts";
import { inProcessRuntime } from "./task-runtime.ts";

let at: ServerlessCloud;
let port: ContainerServicePort;
let first: string;
let second: string;

const REF = { ...PLACE, cluster: "default", service: "web" };

beforeEach(async () => {
  at = serverlessCloud(undefined, { taskRuntime: inProcessRuntime() });
  port = await at.core.cloud.port("containerServices");
  const { subnets, vpcId } = await defaultNetwork();
  first = await targetGroup("first", vpcId);
  second = await targetGroup("second", vpcId);
  await listener(first, subnets);
  await at.call("ecs", "CreateCluster", {});
  for (const image of ["web:1", "web:2"]) {
    await at.call("ecs", "RegisterTaskDefinition", {
      family: "web",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      containerDefinitions: [
        { name: "app", image, essential: true, portMappings: [{ containerPort: 8080 }] },
      ],
    });
  }
  await at.call("ecs", "CreateService", {
    serviceName: "web",
    taskDefinition: "web:1",
    desiredCount: 2,
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets } },
    loadBalancers: [{ targetGroupArn: first, containerName: "app", containerPort: 8080 }],
    deploymentController: { type: "CODE_DEPLOY" },
  });
  await until(() => port.find(REF)?.taskSets.every(({ isSteady }) => isSteady) === true);
});
afterEach(() => at.core.close());

it("finds services by names and ARNs, and nothing where there is nothing", () => {
  const view = port.find(REF);
  expect(view).toMatchObject({
    clusterName: "default",
    serviceName: "web",
    status: "ACTIVE",
    controller: "CODE_DEPLOY",
    desiredCount: 2,
    taskSets: [
      { status: "PRIMARY", targetGroupArns: [first], computedDesiredCount: 2, runningCount: 2 },
    ],
  });
  expect(port.find({ ...REF, service: view?.serviceArn ?? "" })).toEqual(view);
  expect(port.find({ ...REF, service: "ghost" })).toBeUndefined();
  expect(port.find({ ...REF, cluster: "ghost" })).toBeUndefined();
});

it("brings a second task set into a group without a listener, makes it primary, and takes the first away", async () => {
  const [blue] = port.find(REF)?.taskSets ?? [];
  const green = await port.createTaskSet(REF, {
    externalId: "d-123456789",
    startedBy: "CODE_DEPLOY",
    taskDefinition: "web:2",
    targetGroupArn: second,
    containerName: "app",
    containerPort: 8080,
    scalePercent: 100,
  });
  expect(green).toMatchObject({
    status: "ACTIVE",
    externalId: "d-123456789",
    targetGroupArns: [second],
    computedDesiredCount: 2,
    isSteady: false,
  });
  await until(() => port.find(REF)?.taskSets.every(({ isSteady }) => isSteady) === true);

  port.makePrimary(REF, green.id);
  expect(port.find(REF)?.taskSets.map(({ status }) => status)).toEqual(["ACTIVE", "PRIMARY"]);
  expect(port.find(REF)?.taskDefinitionArn).toMatch(/web:2$/);
  port.scale(REF, blue?.id ?? "", 50);
  await until(() => port.find(REF)?.taskSets[0]?.runningCount === 1);
  port.deleteTaskSet(REF, blue?.id ?? "");
  expect(port.find(REF)?.taskSets[0]).toMatchObject({
    status: "DRAINING",
    computedDesiredCount: 0,
  });
  await until(() => port.find(REF)?.taskSets.length === 1);
  expect(at.warnings).toEqual([]);
});

it("refuses as the operations do", async () => {
  const wanted = {
    externalId: "d-1",
    startedBy: "CODE_DEPLOY",
    taskDefinition: "web:3",
    targetGroupArn: second,
    containerName: "app",
    containerPort: 8080,
    scalePercent: 100,
  };
  await expect(port.createTaskSet(REF, wanted)).rejects.toThrow("TaskDefinition not found.");
  const elsewhere = { ...wanted, taskDefinition: "web:2", containerName: "side" };
  await expect(port.createTaskSet(REF, elsewhere)).rejects.toThrow(
    "The container side does not exist in the task definition.",
  );
  expect(() => port.makePrimary(REF, "ecs-svc/1")).toThrow("task set");
});

/** Moves the clock until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let seconds = 0; seconds < 600; seconds++) {
    if (isSo()) return;
    await at.clock.advance(1000);
  }
  throw new Error(`it never came to that: ${JSON.stringify(port.find(REF))}`);
}

/** What is found at a path of an answer; "" where there is nothing. */
function textAt(answer: unknown, path: readonly (string | number)[]): string {
  let found: unknown = answer;
  for (const key of path) {
    found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  }
  return typeof found === "string" ? found : "";
}

async function defaultNetwork() {
  const answer = await at.call("ec2", "DescribeSubnets", {});
  const subnets = [0, 1].map((index) => textAt(answer, ["Subnets", index, "SubnetId"]));
  return { subnets, vpcId: textAt(answer, ["Subnets", 0, "VpcId"]) };
}

async function targetGroup(Name: string, VpcId: string): Promise<string> {
  const answer = await at.call("elasticloadbalancing", "CreateTargetGroup", {
    Name,
    VpcId,
    TargetType: "ip",
    Protocol: "HTTP",
    Port: 80,
  });
  return textAt(answer, ["TargetGroups", 0, "TargetGroupArn"]);
}

async function listener(TargetGroupArn: string, Subnets: readonly string[]): Promise<void> {
  const answer = await at.call("elasticloadbalancing", "CreateLoadBalancer", {
    Name: "door",
    Subnets,
  });
  await at.clock.advance(1000);
  await at.call("elasticloadbalancing", "CreateListener", {
    LoadBalancerArn: textAt(answer, ["LoadBalancers", 0, "LoadBalancerArn"]),
    Protocol: "HTTP",
    Port: 80,
    DefaultActions: [{ Type: "forward", TargetGroupArn }],
  });
}
