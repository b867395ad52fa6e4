// Protects that a service which ECS deploys by itself is released like any other by the real command line: real tasks,
// a real load balancer, real users who notice nothing, and old tasks that go only at the end.
import { IAM } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, it } from "vitest";
import { trafficSince } from "../../src/demo/traffic.ts";
import { killedAfterEach } from "../support/command-line.ts";
import { type EcsShop, openEcsShop } from "../support/ecs-shop.ts";
import { nextRelease, until } from "../support/test-shop.ts";

const SHOP = { cluster: "shop", service: "web" };

let shop: EcsShop;
beforeAll(async () => {
  shop = await openEcsShop();
  await handOver(shop);
});
const running = killedAfterEach();
afterAll(() => shop.close());

/** The same service once more, with the ECS deployment controller. */
async function handOver({ ecs, elb, groups, listenerArn }: EcsShop): Promise<void> {
  const iam = new IAM({
    endpoint: await endpointOf(ecs),
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const { Role } = await iam.createRole({
    RoleName: "balancer",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "ecs.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      ],
    }),
  });
  iam.destroy();
  const { Rules = [] } = await elb.describeRules({ ListenerArn: listenerArn });
  const rule = Rules.find(({ IsDefault }) => IsDefault === true)?.RuleArn;
  const forwards = [groups.blue, groups.green].map((TargetGroupArn, index) => ({
    TargetGroupArn,
    Weight: index === 0 ? 100 : 0,
  }));
  await elb.modifyListener({
    ListenerArn: listenerArn,
    DefaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups: forwards } }],
  });
  const described = async () => {
    const { services = [] } = await ecs.describeServices({
      cluster: SHOP.cluster,
      services: [SHOP.service],
    });
    return services[0];
  };
  const set = (await described())?.taskSets?.[0];
  const [balancer] = set?.loadBalancers ?? [];
  await ecs.deleteService({ ...SHOP, force: true });
  await until("the service to be gone", described, (one) => one?.status === "INACTIVE");
  await ecs.createService({
    cluster: SHOP.cluster,
    serviceName: SHOP.service,
    desiredCount: 2,
    taskDefinition: set?.taskDefinition,
    launchType: "FARGATE",
    networkConfiguration: set?.networkConfiguration,
    loadBalancers: [
      {
        ...balancer,
        advancedConfiguration: {
          alternateTargetGroupArn: groups.green,
          productionListenerRule: rule,
          roleArn: Role?.Arn,
        },
      },
    ],
  });
  await until(
    "its tasks to run",
    described,
    (one) => one?.currentServiceDeployment === undefined && one?.runningCount === 2,
  );
}

async function endpointOf({ config }: EcsShop["ecs"]): Promise<string> {
  const { protocol = "http:", hostname = "", port = 0 } = (await config.endpoint?.()) ?? {};
  return `${protocol}//${hostname}:${port}`;
}

/** Versions with tasks, and how the service is deployed. */
async function served() {
  const { services = [] } = await shop.ecs.describeServices({
    cluster: SHOP.cluster,
    services: [SHOP.service],
  });
  const { deployments = [], deploymentConfiguration } = services[0] ?? {};
  return {
    versions: deployments
      .filter(({ desiredCount = 0 }) => desiredCount > 0)
      .map(({ taskDefinition }) => taskDefinition?.split("/").at(-1)),
    strategy: deploymentConfiguration?.strategy,
    hooks: deploymentConfiguration?.lifecycleHooks ?? [],
  };
}

it("plans and releases a version in ECS's own steps without a failure", async () => {
  const users = shop.traffic.counts();
  const code = nextRelease();
  const strategy = { linear: { step: "40%", every: "300ms" } };
  shop.write({ image: await shop.image(code) }, { strategy });
  const before = await served();
  const plan = await shop.run("plan");
  expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
  expect(plan.stdout).toContain("ecs service web of cluster shop by its own deployments");
  expect(plan.stdout).toContain("LINEAR: steps of 40%");
  expect(await served()).toEqual(before);

  const { exitCode, stdout, stderr } = await shop.run("deploy");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("40% on the canary, read back");
  expect(stdout).toContain("80% on the canary, read back");
  expect(await shop.version()).toBe(code.version);
  expect(await shop.state()).toMatchObject({ weights: { "shop-green": 100 } });
  const after = await served();
  expect(after).toEqual({
    ...before,
    versions: [expect.not.stringMatching(before.versions[0] ?? "")],
  });
  expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
});

it("has ECS turn back when a person aborts, and leaves the service as it was", async () => {
  const [before, state] = [await served(), await shop.state()];
  const users = shop.traffic.counts();
  const strategy = { canary: { steps: [{ setWeight: "30%" }, { pause: "50s" }] } };
  shop.write({ image: await shop.image(nextRelease()) }, { strategy });
  const deploy = shop.start("deploy");
  running.push(deploy);
  await deploy.line(/30% on the canary, read back/);
  expect(await shop.state()).toMatchObject({ weights: { "shop-blue": 30, "shop-green": 70 } });
  const abort = await shop.run("abort", "--reason", "support sees errors");
  expect(abort).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await deploy.finished).exitCode).toBe(11);
  expect(await shop.state()).toEqual(state);
  expect(await served()).toEqual(before);
  expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
});
