/*
 * Protects task sets: services with the controllers EXTERNAL and CODE_DEPLOY, how many tasks each set has, when it
 * is steady, and what may be done with it, as the SDK sees them.
 */
import {
  CreateTaskSetCommand,
  type CreateTaskSetCommandInput,
  DeleteServiceCommand,
  DeleteTaskSetCommand,
  DescribeTaskSetsCommand,
  type Service,
  type TaskSet,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
} from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { messagesOf, type ServiceCloud, serviceCloud } from "./service-cloud.ts";

let at: ServiceCloud;
beforeEach(async () => {
  at = await serviceCloud();
  await at.define("web", "web:1");
});
afterEach(() => at.close());

const WEB = { cluster: "default", service: "web" };

async function external(desiredCount: number): Promise<Service> {
  return at.create({
    desiredCount,
    launchType: undefined,
    networkConfiguration: undefined,
    deploymentController: { type: "EXTERNAL" },
  });
}

async function createSet(more: Partial<CreateTaskSetCommandInput> = {}): Promise<TaskSet> {
  const { taskSet } = await at.ecs.send(
    new CreateTaskSetCommand({
      ...WEB,
      taskDefinition: "web",
      launchType: "FARGATE",
      networkConfiguration: at.network,
      ...more,
    }),
  );
  return taskSet ?? {};
}

const steady = (count: number) => (service: Service) =>
  service.taskSets?.every(({ stabilityStatus }) => stabilityStatus === "STEADY_STATE") === true &&
  service.runningCount === count;

async function refusal(sent: Promise<unknown>) {
  const { name, message } = await errorOf(sent);
  return `${name}: ${message}`;
}

describe("an EXTERNAL service", () => {
  it("takes its task definition and load balancers by its task sets alone", async () => {
    const controller = { deploymentController: { type: "EXTERNAL" } } as const;
    expect(await refusal(at.create({ ...controller, taskDefinition: "web" }))).toBe(
      "InvalidParameterException: TaskDefinition must be blank.",
    );
    const loadBalancers = [{ targetGroupArn: "arn", containerName: "app", containerPort: 8080 }];
    expect(await refusal(at.create({ ...controller, loadBalancers }))).toBe(
      "InvalidParameterException: LoadBalancers must be empty or null.",
    );
  });

  it("runs shares of its desired count, rounded up, and says when they are there", async () => {
    const service = await external(3);
    expect(service).toMatchObject({
      deploymentController: { type: "EXTERNAL" },
      deployments: [],
      taskSets: [],
    });
    const blue = await createSet({ externalId: "blue", tags: [{ key: "colour", value: "blue" }] });
    expect(blue).toMatchObject({
      status: "ACTIVE",
      externalId: "blue",
      scale: { value: 100, unit: "PERCENT" },
      computedDesiredCount: 3,
      stabilityStatus: "STABILIZING",
      tags: [{ key: "colour", value: "blue" }],
    });
    const green = await createSet({ scale: { value: 34, unit: "PERCENT" } });
    expect(green.computedDesiredCount).toBe(2);
    const running = await at.until(steady(5));
    expect(messagesOf(running)).toContain(
      `(service web, taskSet ${green.id}) updated state to STEADY_STATE.`,
    );
    expect(messagesOf(running)[0]).toBe("(service web) has reached a steady state.");

    await at.update({ desiredCount: 6 });
    const grown = await at.until(steady(9));
    expect(grown.taskSets?.map(({ computedDesiredCount }) => computedDesiredCount)).toEqual([6, 3]);

    const { taskSet } = await at.ecs.send(
      new UpdateServicePrimaryTaskSetCommand({ ...WEB, primaryTaskSet: green.id }),
    );
    expect(taskSet?.status).toBe("PRIMARY");
    await at.ecs.send(
      new UpdateTaskSetCommand({ ...WEB, taskSet: blue.taskSetArn, scale: { value: 0 } }),
    );
    const shrunk = await at.until(steady(3));
    expect(shrunk.taskDefinition).toMatch(/web:1$/);
    const { taskSet: gone } = await at.ecs.send(
      new DeleteTaskSetCommand({ ...WEB, taskSet: blue.id }),
    );
    expect(gone?.status).toBe("DRAINING");
    await at.until(({ taskSets }) => taskSets?.length === 1);
    const { taskSets, failures } = await at.ecs.send(
      new DescribeTaskSetsCommand({ ...WEB, taskSets: [blue.id ?? "", green.id ?? ""] }),
    );
    expect(taskSets).toMatchObject([{ id: green.id, status: "PRIMARY", runningCount: 3 }]);
    expect(failures).toMatchObject([{ reason: "MISSING" }]);
  });

  it("refuses what AWS refuses", async () => {
    await external(1);
    const set = await createSet();
    const deletion = (force: boolean) =>
      at.ecs.send(new DeleteTaskSetCommand({ ...WEB, taskSet: set.id, force }));
    expect(await refusal(deletion(false))).toContain("scaled above 0");
    expect(
      await refusal(
        at.ecs.send(new UpdateTaskSetCommand({ ...WEB, taskSet: "123", scale: { value: 1 } })),
      ),
    ).toContain("TaskSetNotFoundException");
    expect(await refusal(createSet({ scale: { value: 101, unit: "PERCENT" } }))).toContain("101");
    expect(await refusal(createSet({ networkConfiguration: undefined }))).toContain("awsvpc");
    for (let count = 1; count < 5; count++) await createSet({ scale: { value: 0 } });
    expect(await refusal(createSet())).toBe(
      "InvalidParameterException: 5 deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.",
    );
    await at.update({ desiredCount: 0 });
    expect(await refusal(at.ecs.send(new DeleteServiceCommand(WEB)))).toBe(
      "InvalidParameterException: The service cannot be stopped while deployments are active.",
    );
    await deletion(true);
    await at.ecs.send(new DeleteServiceCommand({ ...WEB, force: true }));
    const inactive = await at.until(({ status }) => status === "INACTIVE");
    expect(inactive.taskSets).toEqual([]);
  });
});

describe("a service with another controller", () => {
  it("ECS: has no task sets of its user's", async () => {
    await at.create({ taskDefinition: "web" });
    expect(await refusal(createSet())).toBe(
      "InvalidParameterException: Amazon ECS only supports task set management on services configured to use external deployment controllers.",
    );
  });

  it("CODE_DEPLOY: runs one primary task set, and leaves its deployments to CodeDeploy", async () => {
    const { arn, loadBalancers, listener } = await at.door();
    const deploymentController = { type: "CODE_DEPLOY" } as const;
    expect(await refusal(at.create({ taskDefinition: "web", deploymentController }))).toContain(
      "must have a load balancer",
    );
    await at.create({ taskDefinition: "web", deploymentController, loadBalancers });
    const service = await at.until(steady(1));
    expect(service).toMatchObject({
      deployments: [],
      deploymentController,
      taskSets: [{ status: "PRIMARY", scale: { value: 100 }, loadBalancers }],
    });
    expect(await at.states(arn)).toEqual(["healthy"]);
    expect(await (await listener.call("/")).text()).toBe("web:1");
    expect(await refusal(at.update({ taskDefinition: "web" }))).toBe(
      "InvalidParameterException: Unable to update task definition on services with a CODE_DEPLOY deployment controller. " +
        "Use AWS CodeDeploy to trigger a new deployment.",
    );
    expect(await refusal(at.update({ loadBalancers }))).toBe(
      "InvalidParameterException: Unable to update load balancers on services with a CODE_DEPLOY deployment controller. " +
        "Use AWS CodeDeploy to trigger a new deployment.",
    );
    expect(await refusal(at.update({ forceNewDeployment: true }))).toContain("Cannot force");
    expect(await at.update({ desiredCount: 2 })).toMatchObject({ desiredCount: 2 });
    await at.until(steady(2));
  });
});
