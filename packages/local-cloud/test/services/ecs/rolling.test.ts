/*
 * Protects rolling updates of services: at no moment fewer healthy tasks than the minimum or more tasks than the
 * maximum, whatever order tasks come and go in; that the circuit breaker and alarms end a bad one, and go back to
 * the deployment that completed last; and that one under way goes on after a restart.
 */
import { afterEach, describe, expect, it } from "vitest";
import { KEY, serviceBench, type ServiceBench, workloadOf } from "./service-bench.ts";

const SEED = Number(process.env["TEST_SEED"] ?? 20_261_121);
const STEPS_MAX = 2000;

const open: ServiceBench[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((bench) => bench.close()));
});

function bench(seed = SEED): ServiceBench {
  const made = serviceBench(seed);
  open.push(made);
  return made;
}

/** A service whose first deployment has completed. */
function steady(more: Parameters<ServiceBench["store"]>[0] = {}, seed = SEED): ServiceBench {
  const made = bench(seed);
  made.store(more);
  deploy(made, "web:1");
  made.groups.run(STEPS_MAX);
  expect(made.service().deployments).toMatchObject([{ rolloutState: "COMPLETED" }]);
  return made;
}

function deploy({ scheduler, state }: ServiceBench, taskDefinition: string): void {
  scheduler.deploy(state, KEY, workloadOf(taskDefinition));
}

function countsOf({ state }: ServiceBench) {
  const wanted = [...state.tasks("main").values()].filter(
    ({ desiredStatus }) => desiredStatus === "RUNNING",
  );
  const healthy = wanted.filter(
    ({ lastStatus, healthStatus }) => lastStatus === "RUNNING" && healthStatus === "HEALTHY",
  );
  return { alive: wanted.length, healthy: healthy.length };
}

const definitionsOf = (made: ServiceBench) =>
  new Set(
    [...made.state.tasks("main").values()].map(
      ({ workload }) => workload.taskDefinitionArn.split("/")[1],
    ),
  );

const newestOf = (made: ServiceBench) => made.service().deployments[0]?.id ?? "";

describe("the bounds of a rolling update", () => {
  const BOUNDS = [
    { desiredCount: 4, minimumHealthyPercent: 100, maximumPercent: 200 },
    { desiredCount: 5, minimumHealthyPercent: 50, maximumPercent: 100 },
    { desiredCount: 3, minimumHealthyPercent: 67, maximumPercent: 134 },
    { desiredCount: 1, minimumHealthyPercent: 0, maximumPercent: 100 },
    { desiredCount: 10, minimumHealthyPercent: 90, maximumPercent: 110 },
  ];
  it.each(BOUNDS)("hold at every moment: %j", ({ desiredCount, ...deploymentConfiguration }) => {
    const { minimumHealthyPercent, maximumPercent } = deploymentConfiguration;
    for (let seed = SEED; seed < SEED + 20; seed++) {
      const made = steady({ desiredCount, deploymentConfiguration }, seed);
      const least = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
      const most = Math.floor((desiredCount * maximumPercent) / 100);
      deploy(made, "web:2");
      const check = () => {
        const { alive, healthy } = countsOf(made);
        expect(healthy, `TEST_SEED=${seed}`).toBeGreaterThanOrEqual(least);
        expect(alive, `TEST_SEED=${seed}`).toBeLessThanOrEqual(most);
      };
      check();
      made.groups.run(STEPS_MAX, check);
      expect(countsOf(made)).toEqual({ alive: desiredCount, healthy: desiredCount });
      expect(definitionsOf(made)).toEqual(new Set(["web:2"]));
      expect(made.service().deployments).toMatchObject([
        { status: "PRIMARY", rolloutState: "COMPLETED", desiredCount },
      ]);
    }
  });

  it("say so when they let nothing be stopped or started", () => {
    const made = steady({
      desiredCount: 2,
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 },
    });
    deploy(made, "web:2");
    made.groups.run(STEPS_MAX);
    expect(definitionsOf(made)).toEqual(new Set(["web:1"]));
    expect(made.messages()[0]).toBe(
      "(service web) was unable to stop or start tasks during a deployment because of the service deployment " +
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
    );
  });

  it("hold while the desired count changes on the way", () => {
    const made = steady({ desiredCount: 4 });
    deploy(made, "web:2");
    made.groups.run(5);
    made.state.services("main").set("web", { ...made.service(), desiredCount: 2 });
    made.scheduler.look(made.state, KEY);
    made.groups.run(STEPS_MAX, () => {
      expect(countsOf(made).healthy).toBeGreaterThanOrEqual(2);
    });
    expect(countsOf(made)).toEqual({ alive: 2, healthy: 2 });
    expect(definitionsOf(made)).toEqual(new Set(["web:2"]));
  });
});

describe("a deployment that goes well", () => {
  it("tells of itself in the service's events, in service deployments and on the bus", () => {
    const made = steady({ desiredCount: 1 });
    const id = newestOf(made);
    expect(id).toMatch(/^ecs-svc\/\d{19}$/);
    expect(made.messages()).toEqual([
      "(service web) has reached a steady state.",
      `(service web) (deployment ${id}) deployment completed.`,
      expect.stringMatching(/^\(service web\) has started 1 tasks: \(task [0-9a-f]{32}\)\.$/),
    ]);
    expect(made.record()).toMatchObject({ status: "SUCCESSFUL", sourceRevisionArn: undefined });
    expect(made.service().currentServiceDeploymentArn).toBeUndefined();
    expect(made.events.map(({ detailType, detail }) => [detailType, detail["eventName"]])).toEqual([
      ["ECS Deployment State Change", "SERVICE_DEPLOYMENT_IN_PROGRESS"],
      ["ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED"],
      ["ECS Service Action", "SERVICE_STEADY_STATE"],
    ]);
    // What AWS sends, and nothing else: a rule that asks for the cluster finds nothing there either.
    expect(made.events[1]?.detail).toEqual({
      eventType: "INFO",
      eventName: "SERVICE_DEPLOYMENT_COMPLETED",
      deploymentId: id,
      updatedAt: expect.stringMatching(/^2026-11-21T[\d:.]+Z$/),
      reason: `ECS deployment ${id} completed.`,
    });
    expect(made.events[2]?.detail).toEqual({
      eventType: "INFO",
      eventName: "SERVICE_STEADY_STATE",
      clusterArn: expect.stringMatching(/^arn:aws:ecs:us-east-1:000000000000:cluster\/\w+$/),
      createdAt: expect.stringMatching(/^2026-11-21T[\d:.]+Z$/),
    });
  });

  it("replaces one that is under way", () => {
    const made = steady();
    deploy(made, "web:2");
    made.groups.run(6);
    deploy(made, "web:3");
    made.groups.run(STEPS_MAX, () => expect(countsOf(made).healthy).toBeGreaterThanOrEqual(4));
    expect(definitionsOf(made)).toEqual(new Set(["web:3"]));
    expect(made.service().deployments).toHaveLength(1);
  });

  it("goes on after a restart, within its bounds", () => {
    const deploymentConfiguration = { minimumHealthyPercent: 75, maximumPercent: 125 };
    for (let seed = SEED; seed < SEED + 20; seed++) {
      const made = steady({ desiredCount: 4, deploymentConfiguration }, seed);
      deploy(made, "web:2");
      made.groups.run(1);
      const before = countsOf(made);
      made.restart();
      expect(countsOf(made)).toEqual(before);
      made.groups.run(STEPS_MAX, () => {
        const { alive, healthy } = countsOf(made);
        expect(healthy, `TEST_SEED=${seed}`).toBeGreaterThanOrEqual(3);
        expect(alive, `TEST_SEED=${seed}`).toBeLessThanOrEqual(5);
      });
      expect(definitionsOf(made)).toEqual(new Set(["web:2"]));
      expect(made.record()).toMatchObject({ status: "SUCCESSFUL" });
    }
  });
});

const breaker = (rollback: boolean) => ({
  deploymentConfiguration: {
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    deploymentCircuitBreaker: { enable: true, rollback },
  },
});

describe("the circuit breaker", () => {
  it("goes back to the deployment that completed last", () => {
    const made = steady(breaker(true));
    const good = newestOf(made);
    made.groups.fates.set("web:2", "fails");
    deploy(made, "web:2");
    const bad = newestOf(made);
    made.groups.run(STEPS_MAX, () => expect(countsOf(made).healthy).toBeGreaterThanOrEqual(4));
    expect(made.service().deployments).toMatchObject([
      { id: good, status: "PRIMARY", rolloutState: "COMPLETED" },
    ]);
    expect(made.service().workload?.taskDefinitionArn).toMatch(/web:1$/);
    expect(made.record()).toMatchObject({
      status: "ROLLBACK_SUCCESSFUL",
      failedTaskCount: 3,
      rollbackReason: "ECS deployment circuit breaker: tasks failed to start.",
    });
    const messages = made.messages();
    expect(messages.slice(0, 2)).toEqual([
      "(service web) has reached a steady state.",
      `(service web) (deployment ${good}) deployment completed.`,
    ]);
    expect(messages).toContain(`(service web) rolling back to deployment ${good}.`);
    expect(messages).toContain(
      `(service web) (deployment ${bad}) deployment failed: tasks failed to start.`,
    );
    expect(made.events.map(({ detail }) => detail["reason"])).toContain(
      `ECS deployment circuit breaker: rolling back to deploymentId ${good}.`,
    );
  });

  it("goes back also when no task of the old one is left", () => {
    const { deploymentConfiguration } = breaker(true);
    const made = steady({
      desiredCount: 1,
      deploymentConfiguration: {
        ...deploymentConfiguration,
        minimumHealthyPercent: 0,
        maximumPercent: 100,
      },
    });
    const good = newestOf(made);
    made.groups.fates.set("web:2", "fails");
    deploy(made, "web:2");
    made.groups.run(STEPS_MAX, () => expect(countsOf(made).alive).toBeLessThanOrEqual(1));
    expect(made.service().deployments).toMatchObject([{ id: good, rolloutState: "COMPLETED" }]);
    expect(countsOf(made)).toEqual({ alive: 1, healthy: 1 });
  });

  it("leaves a failed deployment where it is without rollback, and starts nothing more", () => {
    const made = steady(breaker(false));
    made.groups.fates.set("web:2", "neverHealthy");
    deploy(made, "web:2");
    made.groups.run(STEPS_MAX);
    expect(made.service().deployments).toMatchObject([
      {
        status: "PRIMARY",
        rolloutState: "FAILED",
        rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
      },
      { status: "ACTIVE", rolloutState: "COMPLETED", desiredCount: 4 },
    ]);
    expect(countsOf(made)).toEqual({ alive: 4, healthy: 4 });
    expect(made.record()).toMatchObject({ status: "STOPPED" });
  });

  it("waits for half of the desired count, and has nothing to go back to at first", () => {
    const made = bench();
    made.store({ ...breaker(true), desiredCount: 10 });
    made.groups.fates.set("web:1", "fails");
    deploy(made, "web:1");
    made.groups.run(STEPS_MAX);
    expect(made.record()?.failedTaskCount).toBe(5);
    expect(made.service().deployments).toMatchObject([{ rolloutState: "FAILED" }]);
    expect(countsOf(made).alive).toBe(0);
  });

  it("is not there unless asked for: the service is impaired, and goes on trying", () => {
    const made = steady();
    made.groups.fates.set("web:2", "fails");
    deploy(made, "web:2");
    made.groups.run(200);
    expect(made.service().deployments).toMatchObject([
      { rolloutState: "IN_PROGRESS" },
      { rolloutState: "COMPLETED", desiredCount: 4 },
    ]);
    expect(made.messages()).toContain(
      "(service web) is unable to consistently start tasks successfully. For more information, see the " +
        "Troubleshooting section of the Amazon ECS Developer Guide.",
    );
    expect(made.events.map(({ detail }) => detail["eventName"])).toContain(
      "SERVICE_TASK_START_IMPAIRED",
    );
  });
});

describe("StopServiceDeployment of a rolling deployment", () => {
  it("goes back, or leaves things as they stand", () => {
    for (const how of ["ROLLBACK", "ABORT"] as const) {
      const made = steady();
      deploy(made, "web:2");
      made.groups.run(4);
      made.scheduler.steering.stopRolling(made.state, KEY, how, "Stopped by the user.");
      made.groups.run(STEPS_MAX, () => expect(countsOf(made).healthy).toBeGreaterThanOrEqual(4));
      const wanted = how === "ROLLBACK" ? "COMPLETED" : "FAILED";
      expect(made.service().deployments[0]).toMatchObject({ rolloutState: wanted });
    }
  });
});
