// Protects the published policy of releases of ECS services by task sets: of a listener and of a rule, there and back,
// with testers; and not without any one of its permissions.
import { expect, it } from "vitest";
import { ecsDrivers } from "../../src/index.ts";
import { type EcsCloud, ecsCloud, forward, SERVICE, target } from "../support/ecs-cloud.ts";
import {
  proveLeast,
  type ReleaseRole,
  releaseRole,
  type Step,
} from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { trafficSteps } from "../support/release-steps.ts";
import { constantRandom } from "../support/test-clock.ts";

const TESTERS = { header: "x-tester", value: "yes" };

function driversOf(
  cloud: EcsCloud,
  { clients }: ReleaseRole,
  image: string,
  more: Parameters<typeof target>[0] = {},
) {
  return ecsDrivers({
    clients,
    clock: cloud.clock,
    random: constantRandom(0),
    target: target({ testers: TESTERS, ...more }),
    revision: { image },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    propagationMs: 0,
  });
}

function steps(
  cloud: EcsCloud,
  drivers: ReturnType<typeof driversOf>,
  ending: "promoted" | "restored",
): readonly Step[] {
  const { traffic, metrics } = drivers;
  const toMs = cloud.clock.nowMs();
  const window = { fromMs: toMs - 60_000, toMs };
  return [
    ...trafficSteps(traffic, ending),
    {
      name: "compare",
      async run() {
        const { stable } = await traffic.readRoute();
        await metrics.compare([stable], window);
      },
    },
  ];
}

it("lets releases of a listener and of a rule go to their end and back, and no further", async () => {
  const cloud = await ecsCloud();
  const { Rules = [] } = await cloud.elb.createRule({
    ListenerArn: cloud.listenerArn,
    Priority: 10,
    Conditions: [{ Field: "path-pattern", Values: ["/shop/*"] }],
    Actions: [forward([cloud.blue, 100], [cloud.green, 0])],
  });
  const rule = Rules[0]?.RuleArn;
  // A new revision takes over the tags of the one before.
  await cloud.ecs.tagResource({
    resourceArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
    tags: [{ key: "team", value: "shop" }],
  });
  const role = await releaseRole(cloud);
  const statements = await publishedStatements(["ecs-task-sets", "analysis"], {
    REGION: "us-east-1",
    ACCOUNT: "000000000000",
    CLUSTER: SERVICE.cluster,
    SERVICE: SERVICE.service,
    FAMILY: "web",
    TASK_ROLE: "execution",
    LOAD_BALANCER: "shop",
  });
  const all = [
    ...steps(cloud, driversOf(cloud, role, "web:two"), "restored"),
    ...steps(cloud, driversOf(cloud, role, "web:three", { listener: undefined, rule }), "restored"),
    ...steps(cloud, driversOf(cloud, role, "web:four"), "promoted"),
  ];
  expect(await proveLeast(role, statements, all)).toEqual([]);
}, 120_000);
