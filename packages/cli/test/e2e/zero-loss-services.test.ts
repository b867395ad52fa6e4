// Protects the users of a container service from what ECS itself does to its tasks: 100 requests a second over kept
// connections, with real programs behind a real load balancer, and none of them is lost to a task that comes or goes.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type ContainerCloud, containerCloud } from "../support/container-cloud.ts";
import { expectServed, type SteadyUsers, steadyUsers } from "../support/steady-users.ts";

let at: ContainerCloud;
let users: SteadyUsers;
beforeEach(async () => {
  at = await containerCloud();
  users = steadyUsers(at.url);
});
afterEach(async () => {
  await users.stop();
  await at.close();
});

const SOON = { timeout: 120_000, interval: 200 };

/** Two tasks of version 1 that serve; what users met before is forgotten. */
async function start(): Promise<string> {
  const first = await at.define("1");
  await at.service({ taskDefinition: first, ...at.placedIn(at.blue) });
  await at.stable(first);
  await at.targets(2);
  await users.phase();
  return first;
}

it("loses no request in a rolling update, nor in one that the circuit breaker takes back", async () => {
  await start();
  const second = await at.define("2");
  await at.ecs.updateService({
    service: "web",
    taskDefinition: second,
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
  await at.stable(second);
  await at.targets(2);
  await expectServed(users, ["1", "2"]);

  const third = await at.define("3", "crashes");
  await at.ecs.updateService({ service: "web", taskDefinition: third });
  await vi.waitFor(async () => {
    const { serviceDeployments = [] } = await at.ecs.listServiceDeployments({ service: "web" });
    expect(serviceDeployments[0]?.status).toBe("ROLLBACK_SUCCESSFUL");
  }, SOON);
  await at.stable(second);
  await expectServed(users, ["2"]);
  expect(at.warnings).toEqual([]);
}, 240_000);

it("loses no request when a task is stopped, targets are taken out, and the service grows and shrinks", async () => {
  const first = await start();
  const [task] = await at.tasks();
  await at.ecs.stopTask({ task: task?.taskArn });
  await vi.waitFor(async () => {
    const running = await at.tasks();
    expect(running.map(({ lastStatus }) => lastStatus)).toEqual(["RUNNING", "RUNNING"]);
    expect(running.map(({ taskArn }) => taskArn)).not.toContain(task?.taskArn);
  }, SOON);
  await at.targets(2);
  await expectServed(users, ["1"]);

  await at.ecs.updateService({ service: "web", desiredCount: 4 });
  await at.targets(4);
  await at.ecs.updateService({ service: "web", desiredCount: 2 });
  await at.stable(first);
  await at.targets(2);
  await expectServed(users, ["1"]);

  const { TargetHealthDescriptions = [] } = await at.elb.describeTargetHealth({
    TargetGroupArn: at.blue,
  });
  const Targets = TargetHealthDescriptions.slice(0, 1).map(({ Target }) => ({ Id: Target?.Id }));
  await at.elb.deregisterTargets({ TargetGroupArn: at.blue, Targets });
  await at.targets(1);
  await expectServed(users, ["1"]);
  expect(at.warnings).toEqual([]);
}, 240_000);

it("loses what a killed task was answering, and nothing once that is seen", async () => {
  await start();
  const [task] = await at.tasks();
  const details = task?.attachments?.flatMap(({ details: own = [] }) => own) ?? [];
  const address = details.find(({ name }) => name === "privateIPv4Address")?.value;
  // A task that is a process tells its number. Nobody can keep what it had begun: AWS answers those with 502 too.
  process.kill(Number(task?.containers?.[0]?.runtimeId), "SIGKILL");
  await vi.waitFor(async () => {
    const { TargetHealthDescriptions = [] } = await at.elb.describeTargetHealth({
      TargetGroupArn: at.blue,
    });
    const gone = TargetHealthDescriptions.find(({ Target }) => Target?.Id === address);
    expect([undefined, "draining"]).toContain(gone?.TargetHealth?.State);
  }, SOON);
  const { lost } = await users.phase();
  expect(lost.filter((why) => why !== "status 502")).toEqual([]);
  await vi.waitFor(async () => {
    const running = await at.tasks();
    expect(running.map(({ lastStatus }) => lastStatus)).toEqual(["RUNNING", "RUNNING"]);
    expect(running.map(({ taskArn }) => taskArn)).not.toContain(task?.taskArn);
  }, SOON);
  await at.targets(2);
  await expectServed(users, ["1"]);
}, 240_000);
