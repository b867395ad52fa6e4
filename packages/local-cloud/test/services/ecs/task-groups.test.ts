import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LaunchError } from "../../../src/data-plane/tasks/task-runtime.ts";
import { type GroupBench, startGroupBench } from "./group-bench.ts";

// Protects what services stand on: groups of tasks that stay at their number, in their target groups, whatever ends.

let bench: GroupBench;

beforeEach(async () => {
  bench = await startGroupBench();
});
afterEach(() => bench.close());

const SECOND = 1000;

describe("a group of tasks", () => {
  it("starts what is missing and stops the oldest of what is too many", async () => {
    bench.keep({ count: 3 });
    await bench.advance(SECOND);
    expect(bench.view()).toMatchObject({ runningCount: 3, healthyCount: 0, isSteady: false });
    await bench.advance(SECOND);
    expect(bench.view()).toMatchObject({ runningCount: 3, healthyCount: 3, isSteady: true });
    const [oldest, ...others] = bench.alive();
    bench.keep({ count: 2 });
    await bench.advance(SECOND);
    expect(bench.alive().map(({ id }) => id)).toEqual(others.map(({ id }) => id));
    expect(bench.task(oldest?.id)).toMatchObject({
      lastStatus: "STOPPED",
      stopCode: "ServiceSchedulerInitiated",
      stoppedReason: "Scaling activity initiated by (deployment ecs-svc/1)",
    });
    expect(bench.view()).toMatchObject({ desiredCount: 2, stoppingCount: 0, isSteady: true });
  });

  it("tells EventBridge how its tasks go, as AWS does", async () => {
    bench.keep({ count: 1 });
    await bench.advance(SECOND);
    const [task] = bench.alive();
    bench.keep({ count: 0 });
    await bench.advance(SECOND);
    const seen = bench.events.map(({ detail }) => detail["lastStatus"]);
    expect([...new Set(seen)]).toEqual([
      "PROVISIONING",
      "PENDING",
      "ACTIVATING",
      "RUNNING",
      "STOPPING",
      "DEPROVISIONING",
      "STOPPED",
    ]);
    const last = bench.events.at(-1);
    expect(last).toMatchObject({
      source: "aws.ecs",
      detailType: "ECS Task State Change",
      resources: [task?.arn],
      detail: {
        clusterArn: "arn:aws:ecs:us-east-1:000000000000:cluster/default",
        taskArn: task?.arn,
        group: "service:web",
        startedBy: "ecs-svc/1",
        desiredStatus: "STOPPED",
        stopCode: "ServiceSchedulerInitiated",
        createdAt: "2026-11-21T00:00:00.000Z",
        version: bench.events.length,
        containers: [{ name: "web", lastStatus: "STOPPED", exitCode: 143 }],
      },
    });
  });

  it("leaves protected tasks alone", async () => {
    bench.keep({ count: 2 });
    await bench.advance(SECOND);
    const [oldest, newest] = bench.alive();
    bench.protect(oldest?.id, 60 * SECOND);
    bench.keep({ count: 1 });
    await bench.advance(SECOND);
    expect(bench.alive().map(({ id }) => id)).toEqual([oldest?.id]);
    expect(bench.task(newest?.id)?.lastStatus).toBe("STOPPED");
  });

  it("replaces a task that ends, at once when it had run for long", async () => {
    bench.keep({ count: 1 });
    await bench.advance(120 * SECOND);
    const [first] = bench.alive();
    await bench.runtime.newest("web").exit(1);
    await bench.advance(2 * SECOND);
    expect(bench.alive().map(({ id }) => id)).not.toContain(first?.id);
    expect(bench.view()).toMatchObject({ runningCount: 1, failedCount: 0, isSteady: true });
  });

  it("waits longer each time before it tries again what cannot start", async () => {
    bench.runtime.refuse = () => new LaunchError("CannotPullContainerError", "no such image");
    bench.keep({ count: 1 });
    await bench.advance(SECOND);
    // At once twice, then after 1, 2, 4, ... seconds.
    const tries: number[] = [];
    for (const seconds of [0, 1, 2, 4, 8]) {
      await bench.advance(seconds * SECOND);
      tries.push(bench.all().length);
    }
    expect(tries).toEqual([3, 3, 4, 5, 6]);
    expect(bench.view()).toMatchObject({
      runningCount: 0,
      failedCount: 6,
      lastFailure: expect.stringMatching(
        /^\(task [0-9a-f]{32}\) failed to start: CannotPullContainerError: no such image$/,
      ),
    });
    bench.runtime.refuse = () => undefined;
    bench.groups.forgetFailures("ecs-svc/1");
    await bench.advance(2 * SECOND);
    expect(bench.view()).toMatchObject({ runningCount: 1, failedCount: 0, isSteady: true });
  });

  it("counts a task that ends as soon as it has started as one that never came to be healthy", async () => {
    bench.runtime.started = ({ exit }) => void exit(1);
    bench.keep({ count: 1 });
    await bench.advance(SECOND);
    expect(bench.view()).toMatchObject({
      healthyCount: 0,
      failedCount: bench.all().filter(({ desiredStatus }) => desiredStatus === "STOPPED").length,
      lastFailure: expect.stringContaining("Essential container in task exited"),
    });
    expect(bench.view().failedCount).toBeGreaterThan(0);
  });

  it("tells those who listen, and never while it is being told", async () => {
    const told: string[] = [];
    bench.groups.onChange((id) => void told.push(id));
    bench.keep({ count: 1 });
    expect(told).toEqual([]);
    await bench.advance(2 * SECOND);
    expect(new Set(told)).toEqual(new Set(["ecs-svc/1"]));
    const before = told.length;
    await bench.advance(60 * SECOND);
    expect(told).toHaveLength(before);
  });

  it("places nothing on instances, which are not there", async () => {
    bench.keep({ count: 1, workload: { ...bench.workload, launchType: "EC2" } });
    await bench.advance(SECOND);
    expect(bench.all()).toEqual([]);
    expect(bench.view().lastFailure).toContain("No Container Instances were found");
  });

  it("says when a role cannot be assumed", async () => {
    await bench.call("iam", "DeleteRole", { RoleName: "execution" });
    bench.keep({ count: 1 });
    await bench.advance(SECOND);
    expect(bench.all()).toEqual([]);
    expect(bench.view().lastFailure).toMatch(
      /^failed to launch a task with \(error ECS was unable to assume the role /,
    );
  });

  it("goes on after a restart of the cloud with new tasks in the place of those that went with it", async () => {
    bench.keep({ count: 2 });
    await bench.advance(SECOND);
    const before = bench.alive().map(({ id }) => id);
    await bench.restart();
    expect(before.map((id) => bench.task(id)?.lastStatus)).toEqual(["STOPPED", "STOPPED"]);
    bench.keep({ count: 2 });
    await bench.advance(2 * SECOND);
    expect(bench.view()).toMatchObject({ runningCount: 2, failedCount: 0, isSteady: true });
    expect(bench.alive().some(({ id }) => before.includes(id))).toBe(false);
  });
});

describe("a group behind a load balancer", () => {
  it("registers its tasks, and counts them when they are healthy there", async () => {
    const balanced = await bench.balance();
    bench.runtime.started = (container) => {
      container.status = 500;
    };
    const workload = { ...balanced.workload, healthCheckGraceSeconds: 60 };
    bench.keep({ count: 2, workload });
    await bench.advance(SECOND);
    expect(bench.view()).toMatchObject({ runningCount: 2, healthyCount: 0, isSteady: false });
    for (const container of bench.runtime.containers) container.status = 200;
    await bench.advance(30 * SECOND);
    expect(bench.view()).toMatchObject({ healthyCount: 2, isSteady: true });
    const addresses = bench.alive().map(({ network }) => network?.address);
    const registered = (await balanced.targets()).map(({ id }) => id);
    expect(new Set(registered)).toEqual(new Set(addresses));
  });

  it("drains a task for as long as its target group says before it stops it", async () => {
    const balanced = await bench.balance({ deregistrationSeconds: 20 });
    bench.keep({ count: 1, workload: balanced.workload });
    await bench.advance(30 * SECOND);
    const [task] = bench.alive();
    bench.keep({ count: 0, workload: balanced.workload });
    await bench.advance(10 * SECOND);
    expect(bench.task(task?.id)?.lastStatus).toBe("DEACTIVATING");
    expect(bench.runtime.newest("web").isRunning).toBe(true);
    expect(await balanced.targets()).toMatchObject([{ state: "draining" }]);
    expect(bench.view()).toMatchObject({ runningCount: 0, stoppingCount: 1, isSteady: false });
    await bench.advance(12 * SECOND);
    expect(bench.task(task?.id)?.lastStatus).toBe("STOPPED");
    expect(bench.view()).toMatchObject({ stoppingCount: 0, isSteady: true });
  });

  it("replaces a task that its target group calls unhealthy, once the grace is over", async () => {
    const balanced = await bench.balance();
    bench.runtime.started = (container) => {
      container.status = 500;
    };
    const workload = { ...balanced.workload, healthCheckGraceSeconds: 120 };
    bench.keep({ count: 1, workload });
    await bench.advance(100 * SECOND);
    const [first] = bench.alive();
    expect(bench.all()).toHaveLength(1);
    bench.runtime.started = () => {};
    await bench.advance(60 * SECOND);
    expect(bench.task(first?.id)).toMatchObject({
      desiredStatus: "STOPPED",
      stopCode: "ServiceSchedulerInitiated",
      stoppedReason: `Task failed ELB health checks in (target-group ${balanced.groupArn})`,
    });
    expect(bench.view()).toMatchObject({
      failedCount: 1,
      healthyCount: 1,
      lastFailure: `(port 80) is unhealthy in (target-group ${balanced.groupArn}) due to (reason Health checks failed with these codes: [500])`,
    });
  });
});
