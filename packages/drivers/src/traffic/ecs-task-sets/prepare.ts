import { type Prepared, RolloutError, type VersionId } from "@headgate/core";
import { poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { EcsCalls } from "../ecs/calls.ts";
import type { EcsPlace, GroupPlace } from "../ecs/place.ts";
import {
  ensureTaskDefinition,
  type EcsRevision,
  portOf,
  readTaskDefinition,
} from "../ecs/task-definition.ts";
import { describeRoute, type EcsRoute, otherGroup, taskSetIn, taskSetOf } from "./route.ts";
import { CHANGE_MS, type Shifter } from "./shift.ts";
import { isMadeHere, MADE_BY, type TaskSetApi } from "./task-set-api.ts";
import { untilHealthy } from "./task-set-health.ts";
import type { TestersWay } from "./testers.ts";

export interface TaskSetPreparation {
  readonly calls: EcsCalls;
  readonly clock: Clock;
  readonly place: EcsPlace;
  readonly sets: TaskSetApi;
  readonly shifter: Shifter;
  readonly testers: TestersWay;
  readonly revision: EcsRevision;
}

/** Draining ends with the deregistration delay; with what comes after it, `prepare` must end in fifteen minutes. */
const GONE_MS = 240_000;

/** The steps that make the canary's task set exist and be healthy, with no traffic on it. */
export async function prepareCanary(preparation: TaskSetPreparation): Promise<Prepared> {
  const { calls, clock, place, shifter, testers, revision } = preparation;
  const route = await shifter.readRoute();
  mustBeAlone(place, route);
  const stable = stableSet(place, route);
  const idle = otherGroup(place, route.stableGroupArn);
  const { arn, version, registered } = await ensureTaskDefinition(calls, {
    current: stable.taskDefinitionArn,
    container: place.container,
    revision,
  });
  if (arn === stable.taskDefinitionArn) throw unchanged(place, version);
  const port = portOf(
    (await readTaskDefinition(calls, arn)).definition,
    place.container,
    place.port,
  );
  // Only what a listener or rule names is health-checked, and takes a task set's tasks at all.
  await shifter.attach(clock.nowMs() + CHANGE_MS);
  await makeRoom(preparation, idle, version);
  await ensureTaskSet(preparation, { version, arn, port, idle });
  try {
    await untilHealthy({ ...preparation, group: idle, version });
  } catch (error) {
    if (error instanceof RolloutError && error.code === "CANARY_UNUSABLE") {
      await takeDown(preparation, idle);
    }
    throw error;
  }
  await testers.open(idle.arn);
  const { token } = await shifter.readRoute();
  return { stable: route.stable, canary: version, published: registered, token };
}

/** @throws {RolloutError} TARGET_UNSUITABLE */
export function mustBeAlone(place: EcsPlace, route: EcsRoute): void {
  const { forward, stableGroupArn } = route;
  const isOne = place.groups.some(({ arn }) => arn === stableGroupArn);
  const serving = forward.groups.filter(({ weight }) => weight > 0);
  if (isOne && serving.length === 1 && serving[0]?.arn === stableGroupArn) return;
  const names = place.groups.map(({ name }) => name).join(" and ");
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    serving.length === 0
      ? `${place.action.label} gives no target group any traffic`
      : `${place.action.label} does not lead to one of ${names} alone: ${describeRoute(route)}`,
    {
      hint: "Finish or undo the other release first: one of the two target groups, the one with the primary task set, must have all of the traffic.",
    },
  );
}

/** @throws {RolloutError} TARGET_UNSUITABLE */
export function stableSet(place: EcsPlace, { service, stableGroupArn, stable }: EcsRoute) {
  const set = taskSetIn(service, stableGroupArn);
  if (set !== undefined) return set;
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `${place.label} has no task set in the target group that serves: ${stable}`,
    {
      hint: "Give the service a task set there (aws ecs create-task-set), and make it primary (update-service-primary-task-set).",
    },
  );
}

function unchanged({ label }: EcsPlace, version: VersionId): RolloutError {
  return new RolloutError("REVISION_UNCHANGED", `${label} already runs the revision: ${version}`, {
    hint: "There is nothing to roll out. Was the image pushed under another tag or digest?",
  });
}

/** What an earlier release left in the idle group goes, when Headgate made it; it has no traffic. */
async function makeRoom(
  preparation: TaskSetPreparation,
  idle: GroupPlace,
  version: VersionId,
): Promise<void> {
  const { clock, sets, place } = preparation;
  const left = taskSetIn(await sets.readService(), idle.arn);
  if (left !== undefined && left.version !== version) {
    if (!isMadeHere(left)) {
      throw new RolloutError(
        "TARGET_UNSUITABLE",
        `target group ${idle.name} holds task set ${left.id} of ${left.version}, which Headgate did not make`,
        {
          hint: `It has no traffic. If nobody needs it: aws ecs delete-task-set --cluster ${place.clusterArn} --service ${place.serviceName} --task-set ${left.id} --force`,
        },
      );
    }
    await sets.delete(left, true);
  }
  await poll({
    clock,
    deadlineMs: GONE_MS,
    waitingFor: `target group ${idle.name} to be free`,
    read: () => sets.readService(),
    settled: ({ taskSets }) =>
      taskSets.some((set) => set.groupArns.includes(idle.arn) && set.version !== version)
        ? undefined
        : true,
    describe: ({ taskSets }) =>
      taskSets.map((set) => `${set.id} ${set.version} ${set.status}`).join(", "),
  });
}

async function ensureTaskSet(
  { sets, place }: TaskSetPreparation,
  wanted: {
    readonly version: VersionId;
    readonly arn: string;
    readonly port: number;
    readonly idle: GroupPlace;
  },
): Promise<void> {
  const { version, arn, port, idle } = wanted;
  const service = await sets.readService();
  const existing = taskSetIn(service, idle.arn);
  if (existing !== undefined) {
    if (existing.scalePercent !== 100) await sets.scale(existing, 100);
    return;
  }
  const model = service.taskSets.find(({ status }) => status === "PRIMARY") ?? service.taskSets[0];
  if (model === undefined) return;
  try {
    await sets.create({
      model,
      taskDefinitionArn: arn,
      groupArn: idle.arn,
      container: place.container,
      port,
      externalId: `${MADE_BY}${version}`,
    });
  } catch (error) {
    // Our own attempt whose answer was lost.
    if (taskSetOf(await sets.readService(), version) === undefined) throw refused(error, version);
  }
}

/** ECS's own words say what is wrong with network, port or capacity. */
function refused(error: unknown, version: VersionId): unknown {
  if (!(error instanceof RolloutError) || error.code !== "AWS_REFUSED") return error;
  return new RolloutError("CANARY_UNUSABLE", `no task set of ${version}: ${error.message}`, {
    hint: "The task set is made like the one that serves: its subnets, security groups and launch type must still be there.",
    cause: error,
  });
}

/** A canary that never had traffic needs no draining. */
async function takeDown({ sets }: TaskSetPreparation, idle: GroupPlace): Promise<void> {
  const left = taskSetIn(await sets.readService(), idle.arn);
  if (left !== undefined && left.status !== "PRIMARY") await sets.delete(left, true);
}
