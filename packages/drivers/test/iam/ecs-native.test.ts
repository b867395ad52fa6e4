// Protects the published policy of releases of ECS services by ECS's own deployments, there and back; and not without
// any one of its permissions.
import { RolloutError, weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { forward, SERVICE } from "../support/ecs-cloud.ts";
import { type NativeCloud, nativeCloud, nativeDriver } from "../support/ecs-native-cloud.ts";
import {
  proveLeast,
  type ReleaseRole,
  releaseRole,
  type Step,
} from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { trafficSteps } from "../support/release-steps.ts";

function steps(
  cloud: NativeCloud,
  { clients }: ReleaseRole,
  image: string,
  ending: "promoted" | "restored",
): readonly Step[] {
  const traffic = nativeDriver(cloud, {
    clients,
    revision: { kind: "image", image },
    strategy: { kind: "canary", weight: weightBps(1000) },
  });
  const done = trafficSteps(traffic, ending);
  const shift = done.findIndex(({ name }) => name === "shift a tenth");
  return [
    ...done.slice(0, shift + 1),
    {
      name: "bring back a weight that somebody moved",
      async run() {
        await cloud.listen(forward([cloud.blue, 50], [cloud.green, 50]));
        const { stable, canary = "", token } = await traffic.readRoute();
        await traffic.setWeight({ stable, canary, weight: weightBps(1000), token });
      },
    },
    ...done.slice(shift + 1),
    {
      name: "leave a route alone that is not its own",
      async run() {
        const { stable } = await traffic.readRoute();
        const change = { stable, canary: "web:99", weight: weightBps(1000), token: "another" };
        await traffic.setWeight(change).catch((error: unknown) => {
          const isSeen = error instanceof RolloutError && error.code === "ROUTE_CHANGED_ELSEWHERE";
          if (!isSeen) throw error;
        });
      },
    },
  ];
}

it("lets a release go to its end and back, and no further", async () => {
  const cloud = await nativeCloud();
  // A new revision takes over the tags of the one before.
  await cloud.ecs.tagResource({
    resourceArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
    tags: [{ key: "team", value: "shop" }],
  });
  const role = await releaseRole(cloud);
  const statements = await publishedStatements(["ecs-native", "analysis"], {
    REGION: "us-east-1",
    ACCOUNT: "000000000000",
    CLUSTER: SERVICE.cluster,
    SERVICE: SERVICE.service,
    FAMILY: "web",
    TASK_ROLE: "execution",
    LOAD_BALANCER: "shop",
  });
  const all = [
    ...steps(cloud, role, "web:two", "restored"),
    ...steps(cloud, role, "web:three", "promoted"),
  ];
  expect(await proveLeast(role, statements, all)).toEqual([]);
}, 120_000);
