// Protects what is said before a release of a service by CodeDeploy: the deployment group names everything a second time,
// and what it names otherwise than the specification would be done otherwise than people think.
import type { CreateDeploymentGroupCommandInput } from "@aws-sdk/client-codedeploy";
import { describe, expect, it } from "vitest";
import { canary } from "../../support/deploy-group.ts";
import { ecsCloud, forward, target } from "../../support/ecs-cloud.ts";
import { ecsDeployDriver, ecsDeployGroup } from "../../support/ecs-deploy-group.ts";

const ROUTING = canary(10, 5);
type Cloud = Awaited<ReturnType<typeof ecsCloud>>;

async function found(
  parts: {
    readonly group?: (cloud: Cloud) => Promise<Partial<CreateDeploymentGroupCommandInput>>;
    readonly target?: (cloud: Cloud) => Promise<Parameters<typeof target>[0]>;
  } = {},
) {
  const cloud = await ecsCloud("CODE_DEPLOY");
  await ecsDeployGroup(cloud, ROUTING, {}, (await parts.group?.(cloud)) ?? {});
  const own = target((await parts.target?.(cloud)) ?? {});
  return ecsDeployDriver(cloud, ROUTING, { target: own }).preflight();
}

async function bad(...parts: Parameters<typeof found>) {
  const all = (await found(...parts)).filter(({ outcome }) => outcome !== "ok");
  for (const { hint } of all) expect(hint).not.toBe("");
  return all.map(({ check, outcome, detail }) => `${outcome} ${check}: ${detail}`);
}

describe("before a release of a service by CodeDeploy", () => {
  it("looks at the service as without CodeDeploy: its tasks, network, weights and who else writes them", async () => {
    const all = await found();
    expect(all.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    const said = new Map(all.map(({ check, detail }) => [check, detail]));
    expect(said.get("a task set serves")).toMatch(/PRIMARY, 2 of 2 tasks run/);
    expect(said.get("the canary's tasks have a network")).toContain("as stable's: subnets subnet-");
    expect(said.has("other tools keep out of the weights, with this")).toBe(true);
    expect(said.get("the canary can be tested before it has traffic")).toBe(
      "the deployment group has no test listener",
    );
  });

  it("refuses a test listener that is not the group's, which CodeDeploy would leave as it is", async () => {
    const problems = await bad({
      target: async ({ elb, loadBalancerArn, blue }) => {
        await elb.createListener({
          LoadBalancerArn: loadBalancerArn,
          Protocol: "HTTP",
          Port: 81,
          DefaultActions: [forward([blue, 100])],
        });
        return { testListener: "shop:81" };
      },
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("the deployment group's is none: CodeDeploy leads testers there");
  });

  it("refuses target groups that the group does not shift between", async () => {
    const problems = await bad({
      async group({ blue, listenerArn, group }) {
        const targetGroups = [{ name: blue.name }, { name: (await group("other")).name }];
        const prodTrafficRoute = { listenerArns: [listenerArn] };
        return {
          loadBalancerInfo: { targetGroupPairInfoList: [{ targetGroups, prodTrafficRoute }] },
        };
      },
    });
    expect(problems).toEqual([
      "problem the deployment group is this service's: it shifts between web-blue and other; target.ecs.targetGroups are web-blue and web-green",
    ]);
  });

  it("warns of alarms that stop a deployment where it stands", async () => {
    const alarmConfiguration = { enabled: true, alarms: [{ name: "shop-errors" }] };
    const events: ["DEPLOYMENT_STOP_ON_ALARM"] = ["DEPLOYMENT_STOP_ON_ALARM"];
    const [warning, ...others] = await bad({ group: async () => ({ alarmConfiguration }) });
    expect(others).toEqual([]);
    expect(warning).toMatch(/^warning a stopped deployment is rolled back: .*where it stands/);
    const autoRollbackConfiguration = { enabled: true, events };
    const group = async () => ({ alarmConfiguration, autoRollbackConfiguration });
    expect(await bad({ group })).toEqual([]);
  });
});
