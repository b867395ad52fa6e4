// Protects the users of a container service while ECS itself shifts them, by BLUE_GREEN and CANARY: 100 requests a second
// over kept connections, with real programs behind a real load balancer, and none is lost on the way there or back.
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

it("loses no request while ECS shifts by itself: blue to green, by a canary, and back", async () => {
  const first = await at.define("1");
  const { Rules } = await at.elb.describeRules({ ListenerArn: at.listenerArn });
  await at.service({
    taskDefinition: first,
    ...at.placedIn(at.blue, {
      alternateTargetGroupArn: at.green,
      productionListenerRule: Rules?.[0]?.RuleArn,
      roleArn: at.roleArn,
    }),
    deploymentConfiguration: { strategy: "BLUE_GREEN", bakeTimeInMinutes: 0 },
  });
  await at.stable(first);
  await users.phase();

  const second = await at.define("2");
  await at.ecs.updateService({ service: "web", taskDefinition: second });
  await at.stable(second);
  await expectServed(users, ["1", "2"]);

  const third = await at.define("3");
  await at.ecs.updateService({
    service: "web",
    taskDefinition: third,
    deploymentConfiguration: {
      strategy: "CANARY",
      canaryConfiguration: { canaryPercent: 30, canaryBakeTimeInMinutes: 0 },
      bakeTimeInMinutes: 0,
    },
  });
  await at.stable(third);
  await expectServed(users, ["2", "3"]);

  // The bad version has all traffic while it bakes; its failures are its own.
  const fourth = await at.define("4", "bad");
  await at.ecs.updateService({
    service: "web",
    taskDefinition: fourth,
    deploymentConfiguration: { strategy: "BLUE_GREEN", bakeTimeInMinutes: 5 },
  });
  await vi.waitFor(() => expect(users.told().byVersion["4"]?.failed).toBeGreaterThan(20), SOON);
  const { serviceDeployments = [] } = await at.ecs.listServiceDeployments({ service: "web" });
  await at.ecs.stopServiceDeployment({
    serviceDeploymentArn: serviceDeployments[0]?.serviceDeploymentArn,
    stopType: "ROLLBACK",
  });
  await at.stable(third);
  const { lost, byVersion } = await users.phase();
  expect(lost).toEqual([]);
  expect(byVersion).toMatchObject({ 3: { failed: 0 }, 4: { good: 0 } });
  await vi.waitFor(() => expect(users.told().sent).toBeGreaterThan(100), SOON);
  await expectServed(users, ["3"]);
  expect(at.warnings).toEqual([]);
}, 300_000);
