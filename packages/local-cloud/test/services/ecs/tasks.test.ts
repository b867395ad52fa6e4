import {
  CreateLogGroupCommand,
  CloudWatchLogsClient,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  type ContainerDefinition,
  DeleteClusterCommand,
  DescribeTasksCommand,
  ExecuteCommandCommand,
  ListTasksCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LaunchError } from "../../../src/data-plane/tasks/task-runtime.ts";
import { createRole } from "../../support/roles.ts";
import { type EcsCloud, startEcsCloud } from "./ecs-cloud.ts";

// Protects the life of a task: its statuses and their words, its network, its containers' order, health and ends.

let cloud: EcsCloud;

beforeEach(async () => {
  cloud = await startEcsCloud();
});
afterEach(() => cloud.close());

const web: ContainerDefinition = {
  name: "web",
  image: "example/web:1",
  portMappings: [{ containerPort: 80 }],
};
const side: ContainerDefinition = { name: "side", image: "example/side:1", essential: false };

async function runOne(containerDefinitions: ContainerDefinition[]) {
  const [task] = await cloud.run(await cloud.register({ containerDefinitions }));
  return task?.taskArn;
}

describe("a task", () => {
  it("comes to run with an interface of its own, and goes when it is stopped", async () => {
    const [task] = await cloud.run(await cloud.register({}));
    expect(task).toMatchObject({
      lastStatus: "PROVISIONING",
      desiredStatus: "RUNNING",
      group: "family:web",
      launchType: "FARGATE",
      version: 1,
    });
    const running = await cloud.taskIn("RUNNING", task?.taskArn);
    expect(running).toMatchObject({
      cpu: "256",
      memory: "512",
      connectivity: "CONNECTED",
      platformVersion: "1.4.0",
      healthStatus: "UNKNOWN",
      containers: [{ name: "web", lastStatus: "RUNNING", networkBindings: [] }],
    });
    const details = Object.fromEntries(
      running.attachments?.[0]?.details?.map(({ name, value }) => [name, value]) ?? [],
    );
    const ec2 = cloud.client(EC2Client);
    const NetworkInterfaceIds = [String(details["networkInterfaceId"])];
    const shown = await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }));
    expect(shown.NetworkInterfaces?.[0]?.PrivateIpAddress).toBe(details["privateIPv4Address"]);

    const stop = new StopTaskCommand({ task: task?.taskArn, reason: "enough" });
    expect((await cloud.ecs.send(stop)).task?.desiredStatus).toBe("STOPPED");
    const stopped = await cloud.taskIn("STOPPED", task?.taskArn);
    expect(stopped).toMatchObject({
      stopCode: "UserInitiated",
      stoppedReason: "enough",
      containers: [{ lastStatus: "STOPPED", exitCode: 143 }],
    });
    expect(cloud.runtime.containers[0]?.graceMs).toBe(30_000);
    expect(cloud.warnings).toEqual([]);
  });

  it("is started once by two calls with one token, and up to ten times by one call", async () => {
    const name = await cloud.register({});
    const [first] = await cloud.run(name, { clientToken: "again" });
    const [second] = await cloud.run(name, { clientToken: "again" });
    expect(second?.taskArn).toBe(first?.taskArn);
    expect(await cloud.run(name, { count: 10 })).toHaveLength(10);
    await expect(cloud.run(name, { count: 11 })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    const page = await cloud.ecs.send(new ListTasksCommand({ maxResults: 8 }));
    const rest = await cloud.ecs.send(new ListTasksCommand({ nextToken: page.nextToken }));
    expect([page.taskArns?.length, rest.taskArns?.length]).toEqual([8, 3]);
  });

  it("that is stopped on its way never runs", async () => {
    const [task] = await cloud.run(await cloud.register({}));
    await cloud.ecs.send(new StopTaskCommand({ task: task?.taskArn }));
    const stopped = await cloud.taskIn("STOPPED", task?.taskArn);
    expect(stopped.containers?.[0]?.lastStatus).toBe("STOPPED");
    expect(cloud.runtime.containers.filter(({ isRunning }) => isRunning)).toEqual([]);
  });

  it("is kept for an hour after its end", async () => {
    const arn = await runOne([web]);
    await cloud.taskIn("RUNNING", arn);
    await cloud.runtime.newest("web").exit(1);
    await cloud.taskIn("STOPPED", arn);
    const listed = await cloud.ecs.send(new ListTasksCommand({ desiredStatus: "STOPPED" }));
    expect(listed.taskArns).toEqual([arn]);
    await cloud.advance(3_600_000);
    const { failures } = await cloud.ecs.send(new DescribeTasksCommand({ tasks: [arn ?? ""] }));
    expect(failures).toEqual([{ arn, reason: "MISSING" }]);
  });

  it("ends with an essential container, and not with another", async () => {
    const arn = await runOne([web, side]);
    await cloud.taskIn("RUNNING", arn);
    await cloud.runtime.newest("side").exit(3);
    await cloud.advance(1000);
    expect((await cloud.task(arn)).lastStatus).toBe("RUNNING");
    await cloud.runtime.newest("web").exit(1);
    expect(await cloud.taskIn("STOPPED", arn)).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: [{ exitCode: 1 }, { exitCode: 3 }],
    });
  });

  it("says in AWS's words why it could not start", async () => {
    cloud.runtime.refuse = () =>
      new LaunchError("CannotPullContainerError", "pull access denied for example/web");
    const arn = await runOne([web]);
    expect(await cloud.taskIn("STOPPED", arn)).toMatchObject({
      stopCode: "TaskFailedToStart",
      stoppedReason: "CannotPullContainerError: pull access denied for example/web",
      containers: [{ reason: "CannotPullContainerError: pull access denied for example/web" }],
    });
  });

  it("does not start with an image that the registry lacks", async () => {
    const image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/none:1";
    const stopped = await cloud.taskIn("STOPPED", await runOne([{ ...web, image }]));
    expect(stopped.stoppedReason).toBe(
      `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`,
    );
    expect(cloud.runtime.containers).toEqual([]);
  });

  it("holds back its cluster's deletion", async () => {
    await cloud.taskIn("RUNNING", await runOne([web]));
    await expect(
      cloud.ecs.send(new DeleteClusterCommand({ cluster: "default" })),
    ).rejects.toMatchObject({
      name: "ClusterContainsTasksException",
      message: "The Cluster cannot be deleted while Tasks are active.",
    });
  });
});

describe("the containers of a task", () => {
  it("start when what they depend on has done its part", async () => {
    const started: string[] = [];
    cloud.runtime.started = ({ launch }) => void started.push(launch.id.replace(/^.*-/, ""));
    const arn = await runOne([
      {
        ...web,
        dependsOn: [
          { containerName: "init", condition: "SUCCESS" },
          { containerName: "proxy", condition: "HEALTHY" },
        ],
      },
      { name: "init", image: "example/init:1", essential: false },
      {
        name: "proxy",
        image: "example/proxy:1",
        healthCheck: { command: ["CMD-SHELL", "true"], interval: 5 },
      },
    ]);
    await cloud.advance(1000);
    expect(started).toEqual(["proxy", "init"]);
    await cloud.runtime.newest("init").exit(0);
    await cloud.advance(1000);
    expect(started).toEqual(["proxy", "init"]);
    await cloud.advance(5000);
    expect(started).toEqual(["proxy", "init", "web"]);
    // The first holds the network of all: one that stays, not one that only prepares.
    const [proxy, init, last] = cloud.runtime.containers.map(({ launch }) => launch);
    expect(proxy).toMatchObject({ sharesNetworkWith: undefined, siblingPorts: [80] });
    expect([init?.sharesNetworkWith, last?.sharesNetworkWith]).toEqual([proxy?.id, proxy?.id]);
    expect((await cloud.task(arn)).lastStatus).toBe("RUNNING");
  });

  it("give up when what they depend on has failed", async () => {
    const arn = await runOne([
      { ...web, dependsOn: [{ containerName: "side", condition: "SUCCESS" }] },
      side,
    ]);
    await cloud.advance(1000);
    await cloud.runtime.newest("side").exit(1);
    expect(await cloud.taskIn("STOPPED", arn)).toMatchObject({ stopCode: "TaskFailedToStart" });
  });

  it("are UNKNOWN, then HEALTHY, then UNHEALTHY after as many failures as retries", async () => {
    const healthCheck = { command: ["CMD-SHELL", "true"], interval: 10, retries: 2 };
    const arn = await runOne([{ ...web, healthCheck }]);
    expect(await cloud.taskIn("RUNNING", arn)).toMatchObject({ healthStatus: "UNKNOWN" });
    await cloud.advance(10_000);
    expect(await cloud.task(arn)).toMatchObject({ healthStatus: "HEALTHY" });
    cloud.runtime.newest("web").checkExit = 1;
    await cloud.advance(10_000);
    expect(await cloud.task(arn)).toMatchObject({ healthStatus: "HEALTHY" });
    await cloud.advance(10_000);
    expect(await cloud.task(arn)).toMatchObject({
      healthStatus: "UNHEALTHY",
      containers: [{ healthStatus: "UNHEALTHY" }],
    });
  });

  it("are started again inside the task when their restart policy says so", async () => {
    const restartPolicy = { enabled: true, restartAttemptPeriod: 60, ignoredExitCodes: [7] };
    const arn = await runOne([{ ...web, restartPolicy }]);
    await cloud.taskIn("RUNNING", arn);
    await cloud.advance(61_000);
    await cloud.runtime.newest("web").exit(1);
    await cloud.advance(1000);
    expect(cloud.runtime.containers).toHaveLength(2);
    expect((await cloud.task(arn)).lastStatus).toBe("RUNNING");
    await cloud.advance(61_000);
    await cloud.runtime.newest("web").exit(7);
    await cloud.taskIn("STOPPED", arn);
  });

  it("get variables, secrets and the credentials of the task's role", async () => {
    const taskRoleArn = await createRole(cloud, "worker", "ecs-tasks.amazonaws.com");
    const { ARN } = await cloud
      .client(SecretsManagerClient)
      .send(new CreateSecretCommand({ Name: "db", SecretString: "hunter2" }));
    const name = await cloud.register({
      taskRoleArn,
      containerDefinitions: [
        {
          ...web,
          environment: [
            { name: "COLOUR", value: "blue" },
            { name: "SIZE", value: "small" },
          ],
          secrets: [{ name: "PASSWORD", valueFrom: ARN }],
        },
      ],
    });
    const [task] = await cloud.run(name, {
      overrides: {
        containerOverrides: [{ name: "web", environment: [{ name: "SIZE", value: "large" }] }],
      },
    });
    await cloud.taskIn("RUNNING", task?.taskArn);
    const environment = cloud.runtime.newest("web").launch.environment;
    expect(environment).toMatchObject({
      COLOUR: "blue",
      SIZE: "large",
      PASSWORD: "hunter2",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: cloud.url,
    });
    const sts = new STSClient({
      endpoint: cloud.url,
      region: "us-east-1",
      credentials: {
        accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
        secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
        sessionToken: environment["AWS_SESSION_TOKEN"] ?? "",
      },
    });
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    sts.destroy();
    expect(Arn).toMatch(/^arn:aws:sts::000000000000:assumed-role\/worker\/[0-9a-f]{32}$/);

    const metadata = await fetch(`${environment["ECS_CONTAINER_METADATA_URI_V4"]}/task`);
    expect(await metadata.json()).toMatchObject({ TaskARN: task?.taskArn, Family: "web" });
  });

  it("are not started when a secret is missing", async () => {
    const valueFrom = "arn:aws:secretsmanager:us-east-1:000000000000:secret:none-AbCdEf";
    const arn = await runOne([{ ...web, secrets: [{ name: "A", valueFrom }] }]);
    expect((await cloud.taskIn("STOPPED", arn)).stoppedReason).toBe(
      `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${valueFrom} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    );
  });

  it("write to a log group that must be there", async () => {
    const logConfiguration = {
      logDriver: "awslogs" as const,
      options: { "awslogs-group": "/ecs/web", "awslogs-stream-prefix": "ecs" },
    };
    const failed = await cloud.taskIn("STOPPED", await runOne([{ ...web, logConfiguration }]));
    expect(failed.stoppedReason).toBe(
      "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1",
    );
    const logs = cloud.client(CloudWatchLogsClient);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/ecs/web" }));
    const arn = await runOne([{ ...web, logConfiguration }]);
    await cloud.taskIn("RUNNING", arn);
    cloud.runtime.newest("web").launch.onLine("listening on 80", "stdout");
    const { events } = await logs.send(
      new GetLogEventsCommand({
        logGroupName: "/ecs/web",
        logStreamName: `ecs/web/${arn?.slice(arn.lastIndexOf("/") + 1)}`,
      }),
    );
    expect(events?.map(({ message }) => message)).toEqual(["listening on 80"]);
  });
});

describe("RunTask refuses", () => {
  it("what has no network, or one that is not there", async () => {
    const name = await cloud.register({});
    await expect(cloud.run(name, { networkConfiguration: undefined })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    });
    const subnets = ["subnet-00000000000000000"];
    await expect(
      cloud.run(name, { networkConfiguration: { awsvpcConfiguration: { subnets } } }),
    ).rejects.toMatchObject({
      name: "InvalidParameterException",
      message:
        "Error retrieving subnet information for [subnet-00000000000000000]: The subnet ID 'subnet-00000000000000000' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
    });
  });

  it("instances, which are not there", async () => {
    const name = await cloud.register({});
    await expect(cloud.run(name, { launchType: "EC2" })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "No Container Instances were found in your cluster.",
    });
  });

  it("roles that ECS may not assume, clusters and definitions that are not there", async () => {
    const taskRoleArn = await createRole(cloud, "lambda", "lambda.amazonaws.com");
    const name = await cloud.register({ family: "role", taskRoleArn });
    await expect(cloud.run(name)).rejects.toMatchObject({
      name: "ClientException",
      message: expect.stringContaining(`ECS was unable to assume the role '${taskRoleArn}'`),
    });
    await expect(cloud.run("none")).rejects.toMatchObject({
      message: "TaskDefinition not found.",
    });
    await expect(cloud.run(name, { cluster: "none" })).rejects.toMatchObject({
      name: "ClusterNotFoundException",
      message: "Cluster not found.",
    });
  });

  it("commands in containers, which have no agent", async () => {
    const arn = await runOne([web]);
    const command = new ExecuteCommandCommand({ task: arn, command: "sh", interactive: true });
    await expect(cloud.ecs.send(command)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining("execute command was not enabled"),
    });
  });
});
