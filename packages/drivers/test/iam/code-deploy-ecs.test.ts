// Protects the published policy of releases of ECS services that CodeDeploy shifts, there and back; and not without any
// one of its permissions.
import { expect, it } from "vitest";
import { canary, type DeployGroup, PLACE } from "../support/deploy-group.ts";
import { type EcsCloud, ecsCloud, SERVICE } from "../support/ecs-cloud.ts";
import { ecsDeployDriver, ecsDeployGroup } from "../support/ecs-deploy-group.ts";
import {
  proveLeast,
  type ReleaseRole,
  releaseRole,
  type Step,
} from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { trafficSteps } from "../support/release-steps.ts";

const ROUTING = canary(10, 1);

async function cloudWithGroup(): Promise<{ cloud: EcsCloud; group: DeployGroup }> {
  const cloud = await ecsCloud("CODE_DEPLOY");
  const group = await ecsDeployGroup(cloud, ROUTING);
  return { cloud, group };
}

function steps(
  cloud: EcsCloud,
  { clients }: ReleaseRole,
  image: string,
  ending: "promoted" | "restored",
  /** What somebody does before the release turns back. */
  elsewhere?: Step,
): readonly Step[] {
  const traffic = ecsDeployDriver(cloud, ROUTING, {
    clients,
    revision: { kind: "image", image },
  });
  const wait = { name: "wait for CodeDeploy's own time", run: () => cloud.advance(45_000) };
  return trafficSteps(traffic, ending).flatMap((step) => {
    if (step.name === "promote") return [wait, step];
    return step.name === "restore" && elsewhere !== undefined ? [elsewhere, step] : [step];
  });
}

it("lets a release go to its end and back, and no further", async () => {
  const { cloud, group } = await cloudWithGroup();
  const stopped = {
    name: "somebody stops the deployment where it stands",
    run: () => group.stop(false),
  };
  // A new revision takes over the tags of the one before.
  await cloud.ecs.tagResource({
    resourceArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
    tags: [{ key: "team", value: "shop" }],
  });
  const role = await releaseRole(cloud);
  const statements = await publishedStatements(["code-deploy-ecs"], {
    REGION: "us-east-1",
    ACCOUNT: "000000000000",
    CLUSTER: SERVICE.cluster,
    SERVICE: SERVICE.service,
    FAMILY: "web",
    TASK_ROLE: "execution",
    LOAD_BALANCER: "shop",
    APPLICATION: PLACE.application,
    DEPLOYMENT_GROUP: PLACE.deploymentGroup,
  });
  const all = [
    ...steps(cloud, role, "web:two", "restored"),
    ...steps(cloud, role, "web:three", "restored", stopped),
    ...steps(cloud, role, "web:four", "promoted"),
  ];
  expect(await proveLeast(role, statements, all)).toEqual([]);
}, 120_000);
