/*
 * Protects services of containers as the SDK sees them: what CreateService and UpdateService refuse and in which
 * words, how services are listed, described and deleted, and rolling updates of tasks that really serve, under load.
 */
import {
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  ListServicesCommand,
  waitUntilServicesInactive,
  waitUntilServicesStable,
} from "@aws-sdk/client-ecs";
import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
} from "@aws-sdk/client-ec2";
import {
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  CloudWatchClient,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRole, errorOf } from "../lambda/lambda-cloud.ts";
import { isStable, messagesOf, type ServiceCloud, serviceCloud } from "./service-cloud.ts";

let at: ServiceCloud;
beforeEach(async () => {
  at = await serviceCloud();
});
afterEach(() => at.close());

const WAIT = { maxWaitTime: 30, minDelay: 1, maxDelay: 1 };

async function refusal(sent: Promise<unknown>) {
  const { name, message } = await errorOf(sent);
  return `${name}: ${message}`;
}

describe("CreateService", () => {
  it("refuses what cannot run, in AWS's words", async () => {
    await at.define("web", "web:1");
    const create = (more: Parameters<ServiceCloud["create"]>[0]) =>
      refusal(at.create({ taskDefinition: "web", ...more }));

    expect(await create({ cluster: "other" })).toBe("ClusterNotFoundException: Cluster not found.");
    expect(await create({ taskDefinition: "ghost:1" })).toBe(
      "ClientException: TaskDefinition not found.",
    );
    expect(await create({ networkConfiguration: undefined })).toBe(
      "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    );
    expect(await create({ desiredCount: undefined })).toContain("desiredCount");
    expect(await create({ schedulingStrategy: "DAEMON", desiredCount: undefined })).toContain(
      "DAEMON",
    );
    expect(
      await create({ serviceRegistries: [{ registryArn: "arn:aws:servicediscovery:x" }] }),
    ).toContain("UnsupportedFeatureException: serviceRegistries is outside the local cloud");
    expect(await create({ serviceName: "no spaces" })).toContain("Invalid identifier");
    expect(await create({ deploymentConfiguration: { minimumHealthyPercent: 101 } })).toContain(
      "minimumHealthyPercent must be from 0 to 100, but was 101",
    );
  });

  it("refuses subnets and groups that are not of one VPC", async () => {
    await at.define("web", "web:1");
    const { Vpc } = await at.ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
    const { Subnet } = await at.ec2.send(
      new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.9.1.0/24" }),
    );
    const { GroupId = "" } = await at.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: "far", Description: "far", VpcId: Vpc?.VpcId }),
    );
    const [here = ""] = at.subnets;
    const withNetwork = (subnets: string[], securityGroups: string[] = []) =>
      refusal(
        at.create({
          taskDefinition: "web",
          networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } },
        }),
      );
    expect(await withNetwork([here, Subnet?.SubnetId ?? ""])).toContain("same VPC");
    expect(await withNetwork([here], [GroupId])).toContain(GroupId);
    expect(await withNetwork(["subnet-0123456789abcdef0"])).toContain("InvalidSubnetID.NotFound");
  });

  it("checks load balancers against the task definition and what serves", async () => {
    await at.define("web", "web:1");
    const { arn, loadBalancers } = await at.door();
    const [one = {}] = loadBalancers;
    const create = (more: object) =>
      refusal(at.create({ taskDefinition: "web", loadBalancers: [{ ...one, ...more }] }));
    expect(await create({ containerName: "side" })).toBe(
      "InvalidParameterException: The container side does not exist in the task definition.",
    );
    expect(await create({ containerPort: 80 })).toBe(
      "InvalidParameterException: The container app did not have a container port 80 defined.",
    );
    const lonely = await at.group([]);
    expect(await create({ targetGroupArn: lonely.arn })).toBe(
      `InvalidParameterException: The target group with targetGroupArn ${lonely.arn} does not have an associated load balancer.`,
    );
    const instances = await at.group([], { TargetType: "instance" });
    expect(await create({ targetGroupArn: instances.arn })).toBe(
      `InvalidParameterException: The provided target group ${instances.arn} has target type instance, which is ` +
        "incompatible with the awsvpc network mode specified in the task definition.",
    );
    expect(await create({ targetGroupArn: arn.replace("group-", "ghost-") })).toContain(
      "does not exist",
    );
  });

  it("refuses a name that is taken", async () => {
    await at.define("web", "web:1");
    await at.create({ taskDefinition: "web" });
    expect(await refusal(at.create({ taskDefinition: "web" }))).toBe(
      "InvalidParameterException: Creation of service was not idempotent.",
    );
  });
});

describe("a service", () => {
  it("comes to be stable, is described and listed, and goes when it is deleted", async () => {
    const taskDefinition = await at.define("web", "web:1");
    const created = await at.create({
      taskDefinition: "web",
      desiredCount: 2,
      tags: [{ key: "team", value: "shop" }],
    });
    expect(created).toMatchObject({
      status: "ACTIVE",
      taskDefinition,
      runningCount: 0,
      deployments: [{ status: "PRIMARY", rolloutState: "IN_PROGRESS", desiredCount: 2 }],
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
    });
    await at.until(isStable);
    const client = at.ecs;
    expect(await waitUntilServicesStable({ client, ...WAIT }, { services: ["web"] })).toMatchObject(
      {
        state: "SUCCESS",
      },
    );
    const { services, failures } = await client.send(
      new DescribeServicesCommand({ services: ["web", "ghost"], include: ["TAGS"] }),
    );
    expect(services).toMatchObject([{ tags: [{ key: "team", value: "shop" }], pendingCount: 0 }]);
    expect(services?.[0]).not.toHaveProperty("deploymentController");
    expect(failures).toEqual([
      { arn: "arn:aws:ecs:us-east-1:000000000000:service/default/ghost", reason: "MISSING" },
    ]);
    const { serviceArns } = await client.send(new ListServicesCommand({ launchType: "FARGATE" }));
    expect(serviceArns).toEqual([created.serviceArn]);
    const other = await at.create({ taskDefinition: "web", serviceName: "other", desiredCount: 0 });
    const first = await client.send(new ListServicesCommand({ maxResults: 1 }));
    const { nextToken } = first;
    const rest = await client.send(new ListServicesCommand({ maxResults: 1, nextToken }));
    expect([first.serviceArns, rest.serviceArns]).toEqual([
      [created.serviceArn],
      [other.serviceArn],
    ]);
    expect(rest.nextToken).toBeUndefined();
    const none = await client.send(new ListServicesCommand({ schedulingStrategy: "DAEMON" }));
    expect(none.serviceArns).toEqual([]);

    expect(await refusal(client.send(new DeleteServiceCommand({ service: "web" })))).toBe(
      "InvalidParameterException: The service cannot be stopped while the primary deployment is scaled above 0.",
    );
    const { service } = await client.send(
      new DeleteServiceCommand({ service: "web", force: true }),
    );
    expect(service?.status).toBe("DRAINING");
    await at.until(({ status }) => status === "INACTIVE");
    expect(
      await waitUntilServicesInactive({ client, ...WAIT }, { services: ["web"] }),
    ).toMatchObject({ state: "SUCCESS" });
    expect(await refusal(at.update({ desiredCount: 1 }))).toBe(
      "ServiceNotActiveException: Service was not ACTIVE.",
    );
    expect(await at.create({ taskDefinition: "web", desiredCount: 0 })).toMatchObject({
      status: "ACTIVE",
    });
  });

  it("goes on with a task definition that was deregistered, and scales with it", async () => {
    const taskDefinition = await at.define("web", "web:1");
    await at.create({ taskDefinition });
    await at.until(isStable);
    await at.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
    await at.update({ desiredCount: 2 });
    await at.until((service) => service.runningCount === 2 && isStable(service));
    await at.update({ forceNewDeployment: true });
    await at.until(isStable);
    expect(await refusal(at.update({ taskDefinition }))).toBe(
      "ClientException: TaskDefinition is inactive",
    );
  });

  it("scales without a new deployment", async () => {
    await at.define("web", "web:1");
    await at.create({ taskDefinition: "web", desiredCount: 1 });
    const before = await at.until(isStable);
    await at.update({ desiredCount: 3 });
    const after = await at.until((service) => service.runningCount === 3 && isStable(service));
    expect(after.deployments?.[0]?.id).toBe(before.deployments?.[0]?.id);
    await at.update({ desiredCount: 0 });
    await at.until(({ runningCount }) => runningCount === 0);
  });
});

describe("a rolling update behind a load balancer", () => {
  it("answers every request, and never has fewer healthy targets than the minimum", async () => {
    await at.define("web", "web:1");
    const { arn, listener, loadBalancers } = await at.door();
    await at.create({ taskDefinition: "web", desiredCount: 2, loadBalancers });
    await at.until(isStable);
    await at.define("web", "web:2");
    await at.update({ taskDefinition: "web:2" });
    const answers = new Set<string>();
    const stable = await at.until(isStable, async () => {
      const healthy = (await at.states(arn)).filter((state) => state === "healthy");
      expect(healthy.length).toBeGreaterThanOrEqual(2);
      const response = await listener.call("/");
      expect(response.status).toBe(200);
      answers.add(await response.text());
    });
    expect(answers).toEqual(new Set(["web:1", "web:2"]));
    const messages = messagesOf(stable);
    const id = stable.deployments?.[0]?.id;
    expect(messages[0]).toBe("(service web) has reached a steady state.");
    expect(messages[1]).toBe(`(service web) (deployment ${id}) deployment completed.`);
    expect(messages).toContain(`(service web) deregistered 2 targets in (target-group ${arn})`);
    expect(messages.some((text) => /^\(service web\) registered \d targets in /.test(text))).toBe(
      true,
    );
  });

  it("does not complete with a port that never opens: tasks are replaced, the old ones stay", async () => {
    await at.define("web", "web:1");
    const { listener, loadBalancers } = await at.door();
    await at.create({ taskDefinition: "web", desiredCount: 1, loadBalancers });
    const { deployments } = await at.until(isStable);
    await at.define("web", "deaf:1");
    await at.update({ taskDefinition: "web:2" });
    const after = await at.until(({ deployments: [one] = [] }) => (one?.failedTasks ?? 0) >= 3);
    expect(after.deployments).toMatchObject([
      { status: "PRIMARY", rolloutState: "IN_PROGRESS" },
      { id: deployments?.[0]?.id, status: "ACTIVE", runningCount: 1 },
    ]);
    expect(await (await listener.call("/")).text()).toBe("web:1");
    expect(messagesOf(after).join("\n")).toContain(
      "is unable to consistently start tasks successfully",
    );
  });
});

const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } };

describe("a deployment that fails", () => {
  it("is rolled back by the circuit breaker: a task that exits at once, an image that does not exist", async () => {
    const good = await at.define("web", "web:1");
    await at.create({ taskDefinition: "web", desiredCount: 1, deploymentConfiguration: BREAKER });
    const before = await at.until(isStable);
    const missing = "000000000000.dkr.ecr.us-east-1.amazonaws.com/web:404";
    const executionRoleArn = await createRole(at.cloud, "execution", "ecs-tasks.amazonaws.com");
    for (const image of ["crash:1", missing]) {
      const bad = await at.define("web", image, { executionRoleArn });
      await at.update({ taskDefinition: bad });
      const after = await at.until((one) => one.taskDefinition === good && isStable(one));
      expect(after.deployments?.[0]?.id).toBe(before.deployments?.[0]?.id);
      const messages = messagesOf(after);
      expect(messages).toContain(
        `(service web) rolling back to deployment ${before.deployments?.[0]?.id}.`,
      );
      expect(
        messages.some((text) => text.endsWith("deployment failed: tasks failed to start.")),
      ).toBe(true);
    }
  });

  it("is rolled back by an alarm, also in the bake time; one that fires at the start is not watched", async () => {
    const cloudWatch = at.cloud.client(CloudWatchClient);
    const put = new PutMetricAlarmCommand({
      AlarmName: "bad",
      Namespace: "Shop",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "ignore",
    });
    await cloudWatch.send(put);
    const setTo = (StateValue: "ALARM" | "OK") =>
      cloudWatch.send(
        new SetAlarmStateCommand({ AlarmName: "bad", StateValue, StateReason: "test" }),
      );
    await setTo("OK");
    const alarms = { alarmNames: ["bad"], enable: true, rollback: true };
    const good = await at.define("web", "web:1");
    await at.create({
      taskDefinition: "web",
      desiredCount: 1,
      deploymentConfiguration: { alarms },
    });
    await at.until(isStable);

    await at.update({ taskDefinition: await at.define("web", "web:2") });
    const baking = await at.until(
      ({ deployments: [one, two] = [] }) => one?.runningCount === 1 && two?.runningCount === 0,
    );
    expect(baking.deployments?.[0]?.rolloutState).toBe("IN_PROGRESS");
    await setTo("ALARM");
    const after = await at.until(isStable);
    expect(after.taskDefinition).toBe(good);
    expect(
      messagesOf(after).some((text) => text.endsWith("deployment failed: alarm detected.")),
    ).toBe(true);

    const next = await at.define("web", "web:3");
    await at.update({ taskDefinition: next });
    expect(await at.until(isStable)).toMatchObject({ taskDefinition: next });
  });

  it("says why nothing is placed without container instances", async () => {
    await at.define("web", "web:1", { requiresCompatibilities: ["EC2", "FARGATE"] });
    await at.create({ taskDefinition: "web", launchType: "EC2" });
    const service = await at.until((one) => messagesOf(one).length > 0);
    expect(messagesOf(service)[0]).toContain("(service web) was unable to place a task because");
  });
});
