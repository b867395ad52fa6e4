// Protects what ECS may do to prepare a task in a cloud that enforces IAM: each permission of the execution role is
// asked for, and the lack of each alone stops the task with AWS's words.
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { ECRClient, SetRepositoryPolicyCommand } from "@aws-sdk/client-ecr";
import { CreateServiceCommand, DescribeServicesCommand } from "@aws-sdk/client-ecs";
import { AttachRolePolicyCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allowing } from "../../support/iam-cloud.ts";
import { createRole } from "../../support/roles.ts";
import { type EcsCloud, startEcsCloud } from "./ecs-cloud.ts";
import { pushImages } from "./pushed-image.ts";

const MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const ACTIONS = [
  "ecr:GetAuthorizationToken",
  "ecr:BatchCheckLayerAvailability",
  "ecr:GetDownloadUrlForLayer",
  "ecr:BatchGetImage",
  "logs:CreateLogGroup",
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "secretsmanager:GetSecretValue",
  "ssm:GetParameters",
] as const;
type Action = (typeof ACTIONS)[number];

let cloud: EcsCloud;
let image: string;
let layerDigest: string;
let secretArn: string;

beforeEach(async () => {
  cloud = await startEcsCloud({ iam: "enforce" });
  const pushed = await pushImages(cloud, { "app/server.js": "" }, [{ Cmd: ["node"] }]);
  image = pushed.images[0] ?? "";
  layerDigest = pushed.layerDigest;
  const { ARN } = await cloud
    .client(SecretsManagerClient)
    .send(new CreateSecretCommand({ Name: "shop/db", SecretString: '{"user":"app"}' }));
  secretArn = ARN ?? "";
  await cloud
    .client(SSMClient)
    .send(new PutParameterCommand({ Name: "/shop/colour", Value: "blue", Type: "String" }));
});
afterEach(() => cloud.close());

const allow = (actions: readonly string[]) =>
  cloud.client(IAMClient).send(
    new PutRolePolicyCommand({
      RoleName: "execution",
      PolicyName: "own",
      PolicyDocument: JSON.stringify(allowing(actions)),
    }),
  );
const allBut = (missing: Action) => ACTIONS.filter((action) => action !== missing);

/** Everything that a role can be asked for, its log group not yet there. */
const define = (group: Readonly<Record<string, string>> = { "awslogs-create-group": "true" }) =>
  cloud.register({
    containerDefinitions: [
      {
        name: "web",
        image,
        portMappings: [{ containerPort: 80 }],
        secrets: [
          { name: "USER", valueFrom: `${secretArn}:user::` },
          { name: "COLOUR", valueFrom: "/shop/colour" },
        ],
        logConfiguration: {
          logDriver: "awslogs",
          options: { "awslogs-group": "/ecs/web", "awslogs-stream-prefix": "ecs", ...group },
        },
      },
    ],
  });

async function stopped(taskDefinition: string) {
  const [task] = await cloud.run(taskDefinition);
  const arn = task?.taskArn ?? "";
  return { ...(await cloud.taskIn("STOPPED", arn)), id: arn.slice(arn.lastIndexOf("/") + 1) };
}

const denial = (id: string, call: string, action: Action, resource: string) =>
  `operation error ${call}, https response error StatusCode: 400, RequestID: ID, api error AccessDeniedException: ` +
  `User: arn:aws:sts::000000000000:assumed-role/execution/${id} is not authorized to perform: ${action} on resource: ` +
  `${resource} because no identity-based policy allows the ${action} action`;

const UNABLE =
  "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:";
const LOGGER =
  "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log";
const RETRIED = "service call has been retried 1 time(s):";
const HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com";

const REASONS: Readonly<Record<Exclude<Action, "logs:PutLogEvents">, (id: string) => string>> = {
  "ecr:GetAuthorizationToken": (id) =>
    `${UNABLE} unable to retrieve ecr registry auth: ${RETRIED} ${denial(id, "ECR: GetAuthorizationToken", "ecr:GetAuthorizationToken", "*")}`,
  "ecr:BatchGetImage": () =>
    `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: pulling from host ${HOST} failed with status code [manifests 1]: 403 Forbidden`,
  "ecr:BatchCheckLayerAvailability": () => noLayer(),
  "ecr:GetDownloadUrlForLayer": () => noLayer(),
  "secretsmanager:GetSecretValue": (id) =>
    `${UNABLE} unable to retrieve secret from asm: ${RETRIED} failed to fetch secret ${secretArn} from secrets manager: ${denial(id, "Secrets Manager: GetSecretValue", "secretsmanager:GetSecretValue", secretArn)}`,
  "ssm:GetParameters": (id) =>
    `${UNABLE} unable to retrieve secrets from ssm: ${RETRIED} ${denial(id, "SSM: GetParameters", "ssm:GetParameters", "arn:aws:ssm:us-east-1:000000000000:parameter/shop/colour")}`,
  "logs:CreateLogStream": (id) =>
    `${LOGGER} stream: ${denial(id, "CloudWatch Logs: CreateLogStream", "logs:CreateLogStream", `arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web:log-stream:ecs/web/${id}`)} : exit status 1`,
  "logs:CreateLogGroup": (id) =>
    `${LOGGER} group: ${denial(id, "CloudWatch Logs: CreateLogGroup", "logs:CreateLogGroup", "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web:log-stream:")} : exit status 1`,
};
const noLayer = () =>
  `CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://${HOST}/v2/web/blobs/${layerDigest}: 403 Forbidden`;

describe("an execution role", () => {
  it.each(ACTIONS.filter((action) => action !== "logs:PutLogEvents"))(
    "without %s starts no task",
    async (missing) => {
      await allow(allBut(missing));
      const { id, stopCode, stoppedReason } = await stopped(await define());
      expect(stopCode).toBe("TaskFailedToStart");
      expect(stoppedReason?.replace(/RequestID: [0-9a-f-]{36}/, "RequestID: ID")).toBe(
        REASONS[missing](id),
      );
      expect(cloud.runtime.containers).toEqual([]);
    },
  );

  it("with all of them starts it, with its secrets", async () => {
    await allow(ACTIONS);
    const [task] = await cloud.run(await define());
    await cloud.taskIn("RUNNING", task?.taskArn);
    const { environment } = cloud.runtime.newest("web").launch;
    expect(environment).toMatchObject({ USER: "app", COLOUR: "blue" });
    expect(cloud.warnings).toEqual([]);
  });

  it("without logs:PutLogEvents loses what the container says, and the container runs on", async () => {
    await allow(allBut("logs:PutLogEvents"));
    const [task] = await cloud.run(await define());
    const arn = task?.taskArn ?? "";
    await cloud.taskIn("RUNNING", arn);
    const { onLine } = cloud.runtime.newest("web").launch;
    const said = async () => {
      await cloud.advance(0);
      const { events = [] } = await cloud.client(CloudWatchLogsClient).send(
        new GetLogEventsCommand({
          logGroupName: "/ecs/web",
          logStreamName: `ecs/web/${arn.slice(arn.lastIndexOf("/") + 1)}`,
        }),
      );
      return events.map(({ message }) => message);
    };
    onLine("lost", "stdout");
    expect(await said()).toEqual([]);
    await allow(ACTIONS);
    for (const line of ["one", "two", "three"]) onLine(line, "stdout");
    expect(await said()).toEqual(["one", "two", "three"]);
    expect((await cloud.task(arn)).lastStatus).toBe("RUNNING");
  });

  it("needs no more than AWS's own policy for an image and a log group that is there", async () => {
    const iam = cloud.client(IAMClient);
    await iam.send(new AttachRolePolicyCommand({ RoleName: "execution", PolicyArn: MANAGED }));
    const logs = cloud.client(CloudWatchLogsClient);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/ecs/web" }));
    const name = await cloud.register({
      containerDefinitions: [
        {
          name: "web",
          image,
          logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "/ecs/web" } },
        },
      ],
    });
    const [task] = await cloud.run(name);
    expect(await cloud.taskIn("RUNNING", task?.taskArn)).toMatchObject({
      desiredStatus: "RUNNING",
    });
  });

  it("may pull what the repository's own policy lets it pull", async () => {
    await allow(["ecr:GetAuthorizationToken"]);
    const statement = {
      Effect: "Allow",
      Principal: { AWS: cloud.executionRoleArn },
      Action: ACTIONS.filter((action) => action.startsWith("ecr:")).slice(1),
    };
    await cloud.client(ECRClient).send(
      new SetRepositoryPolicyCommand({
        repositoryName: "web",
        policyText: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
      }),
    );
    const name = await cloud.register({ containerDefinitions: [{ name: "web", image }] });
    const [task] = await cloud.run(name);
    expect(await cloud.taskIn("RUNNING", task?.taskArn)).toMatchObject({
      desiredStatus: "RUNNING",
    });
  });

  it("may not pull from a repository that it is allowed nothing on", async () => {
    await allow(["ecr:GetAuthorizationToken"]);
    const iam = cloud.client(IAMClient);
    const other = "arn:aws:ecr:us-east-1:000000000000:repository/other";
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: "execution",
        PolicyName: "other",
        PolicyDocument: JSON.stringify(allowing(ACTIONS, [other])),
      }),
    );
    const name = await cloud.register({ containerDefinitions: [{ name: "web", image }] });
    expect((await stopped(name)).stoppedReason).toBe(REASONS["ecr:BatchGetImage"](""));
  });

  it("is asked nothing for an image of another registry", async () => {
    const [task] = await cloud.run(await cloud.register({}));
    expect(await cloud.taskIn("RUNNING", task?.taskArn)).toMatchObject({
      desiredStatus: "RUNNING",
    });
  });

  it("that RunTask names is asked instead of the definition's", async () => {
    await allow(ACTIONS);
    const executionRoleArn = await createRole(cloud, "bare", "ecs-tasks.amazonaws.com");
    const [task] = await cloud.run(await define(), { overrides: { executionRoleArn } });
    const { stoppedReason } = await cloud.taskIn("STOPPED", task?.taskArn);
    expect(stoppedReason).toContain("assumed-role/bare/");
  });
});

describe("a task definition without an execution role", () => {
  it("does not run on Fargate with what needs one", async () => {
    const name = await cloud.register({
      requiresCompatibilities: undefined,
      executionRoleArn: undefined,
      containerDefinitions: [{ name: "web", image }],
    });
    await expect(cloud.run(name)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Task definition does not support launch_type FARGATE.",
    });
  });

  it("pulls nothing from the registry at the cloud's own address", async () => {
    const own = image.replace(HOST, new URL(cloud.url).host);
    const name = await cloud.register({
      executionRoleArn: undefined,
      containerDefinitions: [{ name: "web", image: own }],
    });
    expect((await stopped(name)).stoppedReason).toBe(
      `${UNABLE} unable to retrieve ecr registry auth: the task definition has no executionRoleArn to pull ${own} with`,
    );
  });
});

it("a service tells in its events why its tasks do not start, and its circuit breaker counts them", async () => {
  await allow(allBut("ecr:GetAuthorizationToken"));
  const { subnets } = cloud;
  await cloud.ecs.send(
    new CreateServiceCommand({
      serviceName: "web",
      taskDefinition: await define(),
      desiredCount: 1,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets } },
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
    }),
  );
  const look = async () => {
    const { services } = await cloud.ecs.send(new DescribeServicesCommand({ services: ["web"] }));
    return services?.[0];
  };
  for (let second = 0; second < 120; second++) {
    if ((await look())?.deployments?.[0]?.rolloutState === "FAILED") break;
    await cloud.advance(1000);
  }
  const { deployments, events = [] } = (await look()) ?? {};
  expect(deployments?.[0]?.rolloutStateReason).toBe(
    "ECS deployment circuit breaker: tasks failed to start.",
  );
  const told = events.map(({ message = "" }) => message);
  expect(told.filter((message) => message.includes(`failed to start: ${UNABLE}`))).not.toEqual([]);
});
