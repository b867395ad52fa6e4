import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { type PreflightFinding, RolloutError, type VersionId } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import { isAwsException } from "../../aws/errors.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import type { CapacityLook } from "../../hooks/capacity.ts";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";
import { ecsCalls, type EcsCalls } from "./calls.ts";
import type { EcsDriver } from "./options.ts";
import { lastPart } from "./place.ts";
import { readService, type ServiceView, versionOf } from "./service.ts";
import { describeHealth, readTargetHealth } from "./target-health.ts";
import { mustBeActive, readTaskDefinition } from "./task-definition.ts";

interface Parts {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly driver: Pick<EcsDriver, "groupOf" | "place">;
}

/**
 * Whether a version could take all traffic: the cluster and its task definition are active, its roles are there, all
 * of its tasks run, and it has as many healthy targets as stable has.
 */
export function serviceCapacity(parts: Parts): CapacityLook {
  const calls = ecsCalls(parts);
  const { driver } = parts;
  return async ({ stable, canary = stable }) => {
    const { clusterArn: cluster, serviceArn } = await driver.place();
    const service = await readService(calls, { cluster, service: serviceArn });
    const looked = await Promise.all([
      lookAt(`cluster ${lastPart(cluster)}`, () => clusterLooked(calls, cluster)),
      lookAt(`tasks of ${canary}`, () => tasksLooked(service, canary)),
      lookAt(`targets of ${canary}`, () => targetsLooked(calls, driver, { stable, canary })),
    ]);
    return [...looked, ...(await definitionFindings(calls, parts, canary))];
  };
}

async function clusterLooked({ ecs }: EcsCalls, cluster: string): Promise<Looked> {
  const { clusters = [] } = await ecs("DescribeClusters", `cluster ${cluster}`, (client, options) =>
    client.describeClusters({ clusters: [cluster] }, options),
  );
  const status = clusters[0]?.status ?? "gone";
  if (status === "ACTIVE") return status;
  return problem(`it is ${status}`, "ECS starts no tasks there: wait until it is ACTIVE.");
}

/** A task set says how many tasks it should have, and so does a deployment of a service that ECS releases. */
function tasksLooked({ taskSets, raw }: ServiceView, version: VersionId): Looked {
  const set = taskSets.find((one) => one.version === version && one.status !== "DRAINING");
  const deployment = raw.deployments?.find(
    (one) => versionOf(one.taskDefinition ?? "") === version,
  );
  const { desiredCount = 0, runningCount = 0, pendingCount = 0 } = set ?? deployment ?? {};
  if (set === undefined && deployment === undefined) {
    return problem("there are none", "They are gone, or were never made: deploy again.");
  }
  const text = `${runningCount} of ${desiredCount} run`;
  if (desiredCount === 0) return problem(`${text}: it is scaled to nothing`, "Scale it up first.");
  if (runningCount >= desiredCount) return text;
  return problem(`${text}, ${pendingCount} pending`, "Wait until all of them run.");
}

async function targetsLooked(
  calls: EcsCalls,
  driver: Pick<EcsDriver, "groupOf">,
  { stable, canary }: { readonly stable: VersionId; readonly canary: VersionId },
): Promise<Looked> {
  const healthOf = async (version: VersionId) => {
    const group = await driver.groupOf(version);
    return group === undefined ? undefined : readTargetHealth(calls, group);
  };
  const [found, wanted] = await Promise.all([healthOf(canary), healthOf(stable)]);
  if (found === undefined) {
    return problem(`${canary} is in neither target group`, "Its tasks are gone: deploy again.");
  }
  const text = describeHealth(found);
  if (wanted === undefined || found.healthy >= wanted.healthy) return text;
  return problem(`${text}; stable has ${wanted.healthy}`, "Wait until as many are healthy.");
}

/** Whether more tasks of it could be started, which is what a service does when it grows or loses one. */
async function definitionFindings(
  calls: EcsCalls,
  parts: Parts,
  version: VersionId,
): Promise<readonly PreflightFinding[]> {
  let definition: TaskDefinition | undefined;
  const finding = await lookAt(`task definition ${version}`, async () => {
    const found = await readTaskDefinition(calls, version);
    mustBeActive(found.definition);
    ({ definition } = found);
    return "ACTIVE";
  });
  const { executionRoleArn, taskRoleArn } = definition ?? {};
  const roles = [...new Set([executionRoleArn, taskRoleArn])].filter((arn) => arn !== undefined);
  const looks = roles.map((arn) => lookAt(`role ${lastPart(arn)}`, () => roleLooked(parts, arn)));
  return [finding, ...(await Promise.all(looks))];
}

/** Who may not read roles cannot know: that is no reason to turn back. */
async function roleLooked({ clients, run }: Parts, arn: string): Promise<Looked> {
  const RoleName = lastPart(arn);
  const client = await clients.iam();
  try {
    await run({ action: "iam:GetRole", subject: `role ${RoleName}` }, (abortSignal) =>
      client.getRole({ RoleName }, { abortSignal }),
    );
    return "it is there";
  } catch (error) {
    if (isAwsException(error, "NoSuchEntityException")) {
      return problem("there is no such role: no further task can start", `Make it again: ${arn}.`);
    }
    if (!(error instanceof RolloutError) || error.code !== "AWS_DENIED") throw error;
    return warning(`it was not looked at: ${error.message}`, error.hint);
  }
}
