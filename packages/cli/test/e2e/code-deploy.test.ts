// Protects releases through a team's CodeDeploy deployment group from the command line: a real function with real
// users, a real deployment. What is good goes out and back again, what is bad or stopped comes back and is told.
import { CodeDeploy } from "@aws-sdk/client-codedeploy";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { serviceRole } from "../support/service-role.ts";
import { nextRelease, openTestShop, type TestShop, until } from "../support/test-shop.ts";

const GROUP = { applicationName: "shop", deploymentGroupName: "prod" };
const CANARY = { canary: { steps: [{ setWeight: "10%" }, { pause: "1m" }] } };

let shop: TestShop;
let deploy: CodeDeploy;
beforeAll(async () => {
  shop = await openTestShop();
  const access = {
    endpoint: shop.cloud.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const serviceRoleArn = await serviceRole(access, "codedeploy-role", "codedeploy.amazonaws.com");
  deploy = new CodeDeploy(access);
  await deploy.createApplication({ ...GROUP, computePlatform: "Lambda" });
  await deploy.createDeploymentConfig({
    deploymentConfigName: "one-minute",
    computePlatform: "Lambda",
    trafficRoutingConfig: {
      type: "TimeBasedCanary",
      timeBasedCanary: { canaryPercentage: 10, canaryInterval: 1 },
    },
  });
  await deploy.createDeploymentGroup({
    ...GROUP,
    serviceRoleArn,
    deploymentConfigName: "one-minute",
    deploymentStyle: {
      deploymentType: "BLUE_GREEN",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    },
  });
});
afterEach(() => shop.settle());
afterAll(async () => {
  deploy.destroy();
  await shop.close();
});

/** A folder that releases through the group. */
function release(failureRate: number, spec: Readonly<Record<string, unknown>>) {
  const { functionName, alias } = shop;
  const via = { codeDeploy: { application: "shop", deploymentGroup: "prod" } };
  const target = { lambda: { function: functionName, alias, via } };
  return shop.release(nextRelease(failureRate), { target, deadline: "5m", ...spec });
}

async function deployments() {
  const { deployments: deploymentIds = [] } = await deploy.listDeployments(GROUP);
  if (deploymentIds.length === 0) return [];
  return (await deploy.batchGetDeployments({ deploymentIds })).deploymentsInfo ?? [];
}

it("releases a good version by a deployment, and rolls it back by another", async () => {
  const before = await shop.route();
  const folder = release(0, { strategy: { allAtOnce: {} } });
  const plan = await folder.run("plan");
  expect(plan.stdout).toContain("by CodeDeploy shop/prod");
  expect(await folder.run("deploy")).toMatchObject({ exitCode: 0, stderr: "" });
  const after = await shop.route();
  expect(Number(after.stable)).toBeGreaterThan(Number(before.stable));
  const [deployment] = await deployments();
  expect(deployment?.status).toBe("Succeeded");
  expect(deployment?.description).toContain(`${before.stable} to ${after.stable}`);
  expect(await folder.run("rollback")).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await shop.route()).stable).toBe(before.stable);
  expect(await deployments()).toHaveLength(2);
});

it("takes a bad version out by the comparison: the deployment is stopped and rolled back", async () => {
  const before = await shop.route();
  const folder = release(0.5, { strategy: CANARY, analysis: { minTime: "10s" } });
  expect(await folder.run("deploy")).toMatchObject({ exitCode: 10, stderr: "" });
  expect(await shop.route()).toEqual(before);
  const [rollback, stopped] = await deployments();
  expect(rollback).toMatchObject({ status: "Succeeded", creator: "codeDeployRollback" });
  expect(stopped).toMatchObject({ status: "Stopped", errorInformation: { code: "MANUAL_STOP" } });
});

it("turns back when somebody stops the deployment, and says what CodeDeploy said", async () => {
  const before = await shop.route();
  const folder = release(0, { strategy: CANARY });
  const { finished } = folder.start("deploy");
  await until("a tenth for the canary", shop.route, ({ percent }) => Math.round(percent) === 10);
  const [running] = await deployments();
  const { deploymentId } = running ?? {};
  await deploy.stopDeployment({ deploymentId, autoRollbackEnabled: false });
  expect((await finished).exitCode).toBe(11);
  expect(await shop.route()).toEqual(before);
  const why = await folder.run("why");
  expect(why.stdout).toContain("MANUAL_STOP");
});

it("refuses a strategy that the deployment configuration does not have, before anything is changed", async () => {
  const known = (await deployments()).length;
  const folder = release(0, { strategy: { linear: { step: "10%", every: "1m" } } });
  const { exitCode, stdout, stderr } = await folder.run("deploy");
  expect(exitCode).toBe(20);
  expect(`${stdout}${stderr}`).toContain("one-minute shifts 10% at once, 100% after 1m");
  expect(await deployments()).toHaveLength(known);
});
