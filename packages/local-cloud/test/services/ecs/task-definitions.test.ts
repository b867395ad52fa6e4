import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EcsCloud, startEcsCloud } from "./ecs-cloud.ts";

// Protects task definitions: what AWS fills in, which revision a name means, and what it refuses in which words.

let cloud: EcsCloud;

beforeAll(async () => {
  cloud = await startEcsCloud();
});
afterAll(() => cloud.close());

const describeIt = async (taskDefinition: string) =>
  (await cloud.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition;

describe("a registered task definition", () => {
  it("is told as AWS tells it, with what was left out filled in", async () => {
    const name = await cloud.register({ family: "filled", cpu: "0.5 vCPU", memory: "1GB" });
    const definition = await describeIt(name);
    expect(definition).toMatchObject({
      taskDefinitionArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/filled:1",
      family: "filled",
      revision: 1,
      status: "ACTIVE",
      cpu: "512",
      memory: "1024",
      volumes: [],
      placementConstraints: [],
      compatibilities: ["EC2", "FARGATE"],
      requiresCompatibilities: ["FARGATE"],
      registeredBy: "arn:aws:iam::000000000000:root",
    });
    expect(definition?.containerDefinitions).toEqual([
      {
        name: "web",
        image: "example/web:1",
        cpu: 0,
        portMappings: [{ containerPort: 80, hostPort: 80, protocol: "tcp" }],
        essential: true,
        environment: [],
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
      },
    ]);
    expect(definition?.requiresAttributes).toEqual([
      { name: "com.amazonaws.ecs.capability.docker-remote-api.1.18" },
      { name: "ecs.capability.task-eni" },
    ]);
  });

  it("is found by its family as long as a revision is ACTIVE, and by its revision for ever", async () => {
    await cloud.register({ family: "named" });
    await cloud.register({ family: "named" });
    expect((await describeIt("named"))?.revision).toBe(2);
    const deregister = (taskDefinition: string) =>
      cloud.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
    const { taskDefinition } = await deregister("named:2");
    expect(taskDefinition).toMatchObject({ status: "INACTIVE", deregisteredAt: expect.any(Date) });
    expect((await describeIt("named"))?.revision).toBe(1);
    await deregister("named:1");
    await expect(describeIt("named")).rejects.toMatchObject({
      name: "ClientException",
      message: "Unable to describe task definition.",
    });
    expect((await describeIt("named:1"))?.status).toBe("INACTIVE");
    await expect(cloud.run("named:1")).rejects.toMatchObject({
      name: "ClientException",
      message: "TaskDefinition is inactive",
    });
    // A number is never used again.
    expect(await cloud.register({ family: "named" })).toBe("named:3");
  });

  it("is deleted only when it is INACTIVE", async () => {
    const name = await cloud.register({ family: "deleted" });
    const remove = () =>
      cloud.ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [name] }));
    expect((await remove()).failures?.[0]?.reason).toContain("still in ACTIVE status");
    await cloud.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: name }));
    expect((await remove()).taskDefinitions?.[0]?.status).toBe("DELETE_IN_PROGRESS");
  });

  it("is listed by family and in both orders, a page at a time", async () => {
    for (let count = 0; count < 3; count++) await cloud.register({ family: "listed" });
    const first = await cloud.ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix: "listed", sort: "DESC", maxResults: 2 }),
    );
    const second = await cloud.ecs.send(
      new ListTaskDefinitionsCommand({
        familyPrefix: "listed",
        sort: "DESC",
        maxResults: 2,
        nextToken: first.nextToken,
      }),
    );
    const arns = [...(first.taskDefinitionArns ?? []), ...(second.taskDefinitionArns ?? [])];
    expect(arns.map((arn) => arn.slice(arn.lastIndexOf("/") + 1))).toEqual([
      "listed:3",
      "listed:2",
      "listed:1",
    ]);
    expect(second.nextToken).toBeUndefined();
    const { families } = await cloud.ecs.send(
      new ListTaskDefinitionFamiliesCommand({ familyPrefix: "lis" }),
    );
    expect(families).toEqual(["listed"]);
  });
});

const web = { name: "web", image: "example/web:1" };
const refusals: readonly (readonly [
  string,
  Partial<RegisterTaskDefinitionCommandInput>,
  string,
])[] = [
  ["no container", { containerDefinitions: [] }, "Container list cannot be empty."],
  [
    "another network mode",
    { networkMode: "bridge" },
    "Fargate only supports network mode ‘awsvpc’.",
  ],
  [
    "one name for two containers",
    { containerDefinitions: [web, web] },
    "Container names must be unique within a Task Definition.",
  ],
  ["a family of strange characters", { family: "a b" }, "Family contains invalid characters."],
  ["no cpu", { cpu: undefined }, "Fargate requires that 'cpu' be defined at the task level."],
  [
    "a size that Fargate lacks",
    { cpu: "1024", memory: "512" },
    "No Fargate configuration exists for given values: 1024 CPU, 512 memory. See the Amazon ECS documentation for the valid values.",
  ],
  [
    "logs without an execution role",
    {
      executionRoleArn: undefined,
      containerDefinitions: [
        { ...web, logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g" } } },
      ],
    },
    "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
  ],
  [
    "an image of ECR without an execution role",
    {
      executionRoleArn: undefined,
      containerDefinitions: [
        { ...web, image: "000000000000.dkr.ecr.us-east-1.amazonaws.com/web:1" },
      ],
    },
    "Fargate requires task definition to have execution role ARN to support ECR images.",
  ],
  [
    "a host port of its own",
    { containerDefinitions: [{ ...web, portMappings: [{ containerPort: 80, hostPort: 8080 }] }] },
    "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
  ],
  [
    "a secret without an execution role",
    {
      executionRoleArn: undefined,
      containerDefinitions: [{ ...web, secrets: [{ name: "A", valueFrom: "a" }] }],
    },
    "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
  ],
  [
    "containers that wait for each other",
    {
      containerDefinitions: [
        { ...web, dependsOn: [{ containerName: "side", condition: "START" }] },
        {
          name: "side",
          image: "example/side:1",
          dependsOn: [{ containerName: "web", condition: "START" }],
        },
      ],
    },
    "Container dependency cycle detected: web -> side -> web.",
  ],
];

describe("a task definition is refused", () => {
  it.each(refusals)("with %s", async (_name, more, message) => {
    await expect(cloud.register({ family: "refused", ...more })).rejects.toMatchObject({
      name: "ClientException",
      message,
    });
  });
});
