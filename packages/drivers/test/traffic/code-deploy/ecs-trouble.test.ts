// Protects releases of services through CodeDeploy where CodeDeploy falters: what it does not answer is looked for and
// not made twice, every wait ends and says why, and what was deleted in the middle does not keep users on the canary.
import { type LiveRoute, weightBps } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { canary, PLACE } from "../../support/deploy-group.ts";
import { ecsCloud } from "../../support/ecs-cloud.ts";
import { ecsDeployDriver, ecsDeployGroup } from "../../support/ecs-deploy-group.ts";
import { expectError } from "../../support/expect-error.ts";
import { refusal, type SeenRequest } from "../../support/fault-proxy.ts";

const ROUTING = canary(10, 1);
const TENTH = weightBps(1000);
const GROUP = {
  applicationName: PLACE.application,
  deploymentGroupName: PLACE.deploymentGroup,
};

const asks = (name: string) => (request: SeenRequest) => request.action === name;

async function start() {
  const cloud = await ecsCloud("CODE_DEPLOY");
  const group = await ecsDeployGroup(cloud, ROUTING);
  return { cloud, group, driver: ecsDeployDriver(cloud, ROUTING) };
}

/** With a tenth of the users on the canary. */
async function atATenth() {
  const started = await start();
  const { stable, canary: version, token } = await started.driver.prepare();
  const ends = { stable, canary: version };
  const live = await started.driver.setWeight({ ...ends, weight: TENTH, token });
  return { ...started, ends, live };
}

const backOnStable = ({ stable, weight }: LiveRoute) =>
  expect([stable, weight]).toEqual(["web:1", 0]);

describe("a deployment that was asked for", () => {
  it("is made once when the answer is lost, and AWS throttles and fails on the way", async () => {
    const { cloud, driver, group } = await start();
    cloud.proxy.inject(asks("CreateDeployment"), "throttle", 2);
    cloud.proxy.inject(asks("CreateDeployment"), "loseAnswer");
    cloud.proxy.inject(asks("ListDeployments"), "serverError", 3);
    cloud.proxy.inject(asks("BatchGetDeployments"), "throttle", 3);
    expect(await driver.prepare()).toMatchObject({ canary: "web:2" });
    expect(await group.deployments()).toHaveLength(1);
  });

  it("is found by the next process, whether its tasks start or it waits, and not made again", async () => {
    const { cloud, driver, group } = await start();
    // The process is gone before it hears of the deployment.
    cloud.proxy.inject(asks("CreateDeployment"), "loseAnswer");
    cloud.proxy.before(asks("CreateDeployment"), () => {
      cloud.proxy.inject(asks("ListDeployments"), "deny");
      return Promise.resolve();
    });
    await expectError(driver.prepare(), "AWS_DENIED");
    const next = await ecsDeployDriver(cloud, ROUTING).prepare();
    expect(next).toMatchObject({ stable: "web:1", canary: "web:2" });
    expect(await ecsDeployDriver(cloud, ROUTING).prepare()).toEqual(next);
    expect(await group.deployments()).toHaveLength(1);
  });

  it.each([
    ["fails every time", "serverError" as const, "AWS did not answer codedeploy:CreateDeployment"],
    [
      "has no room for it",
      refusal(400, "DeploymentLimitExceededException", "10 deployments run already."),
      "10 deployments run already",
    ],
  ])("is given up when CodeDeploy %s, with AWS's words", async (_, fault, says) => {
    const { cloud, driver, group } = await start();
    cloud.proxy.inject(asks("CreateDeployment"), fault, Infinity);
    const startMs = cloud.clock.nowMs();
    const error = await expectError(driver.prepare(), "TIMED_OUT");
    expect(error.message).toContain("no deployment of deployment group prod after 13 minutes");
    expect(error.message).toContain(says);
    expect(cloud.clock.nowMs() - startMs).toBeLessThan(15 * 60_000);
    expect(await group.deployments()).toEqual([]);
  });
});

describe("turning back", () => {
  it("gets through a CodeDeploy that fails and throttles, and stops the deployment once", async () => {
    const { cloud, driver, group, ends, live } = await atATenth();
    cloud.proxy.inject(asks("StopDeployment"), "serverError", 2);
    cloud.proxy.inject(asks("StopDeployment"), "throttle", 2);
    cloud.proxy.inject(asks("StopDeployment"), "loseAnswer");
    cloud.proxy.inject(asks("BatchGetDeployments"), "serverError", 3);
    backOnStable(await driver.restore({ ...ends, token: live.token }));
    cloud.proxy.inject(asks("ListDeployments"), "throttle", 3);
    await driver.cleanUp({ ...ends, live: "web:1" });
    const [rollback, stopped, ...others] = await group.deployments();
    expect([rollback?.creator, stopped?.status, others]).toEqual([
      "codeDeployRollback",
      "Stopped",
      [],
    ]);
  });

  it("ends before the controller gives up on it, and says what was refused, while CodeDeploy answers nothing", async () => {
    const { cloud, driver, ends, live } = await atATenth();
    const startMs = cloud.clock.nowMs();
    cloud.proxy.inject(asks("StopDeployment"), "throttle", Infinity);
    const error = await expectError(
      driver.restore({ ...ends, token: live.token }),
      "AWS_THROTTLED",
    );
    expect(error.message).toContain("codedeploy:StopDeployment for deployment d-");
    expect(cloud.clock.nowMs() - startMs).toBeLessThan(30_000);
  });
});

describe("what is deleted at a weight", () => {
  it("the application: its deployment is watched on, and stopped with its rollback", async () => {
    const { driver, group, ends, live } = await atATenth();
    await group.deploy.deleteApplication(GROUP);
    expect(await driver.readRoute()).toEqual(live);
    backOnStable(await driver.restore({ ...ends, token: live.token }));
    await driver.cleanUp({ ...ends, live: "web:1" });
  });

  it("the group, so that nobody stops the deployment: the weights are put back all the same", async () => {
    const { cloud, driver, group, ends, live } = await atATenth();
    await group.deploy.deleteDeploymentGroup(GROUP);
    const gone = refusal(400, "DeploymentGroupDoesNotExistException", "No group of that name.");
    cloud.proxy.inject(asks("StopDeployment"), gone, Infinity);
    backOnStable(await driver.restore({ ...ends, token: live.token }));
    expect(await cloud.get()).toContain("one");
  });

  it("the service: it is named, and no weight is written", async () => {
    const { cloud, driver, ends, live } = await atATenth();
    await cloud.ecs.deleteService({ cluster: "shop", service: "web", force: true });
    // Until its tasks are gone it is only DRAINING.
    await cloud.advance(60_000);
    const before = await cloud.actions();
    const error = await expectError(
      driver.restore({ ...ends, token: live.token }),
      "TARGET_NOT_FOUND",
    );
    expect(error.message).toContain('had, and has no more, a service "web"');
    expect(await cloud.actions()).toEqual(before);
  });
});
