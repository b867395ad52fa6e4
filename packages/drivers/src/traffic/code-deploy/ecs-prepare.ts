import { type PlatformEnd, type Prepared, RolloutError } from "@headgate/core";
import { mustBeAlone, stableSet } from "../ecs-task-sets/prepare.ts";
import { taskSetOf } from "../ecs-task-sets/route.ts";
import { ensureTaskDefinition } from "../ecs/task-definition.ts";
import { describeFailures, readTaskFailures } from "../ecs/task-failures.ts";
import type { DeployApi } from "./deploy-api.ts";
import type { DeploymentView } from "./deployment.ts";
import type { EcsDeployment } from "./ecs-deployment.ts";
import { READY_HINT, readyWaitMinutes } from "./ready-wait.ts";

/** Of the fifteen minutes that a preparation has, what is left for tasks to start and hooks to run. */
const READY_MS = 780_000;
const CALL_MS = 25_000;
const PAUSE_MS = 5000;
/** Who has no room, or fails, is not asked as often as one looks. */
const BEFORE_ASKING_AGAIN_MS = 15_000;
/** Ours: as many tasks may fail before the version counts as one that does not start. CodeDeploy itself waits an hour. */
const FAILURES = 3;

/** Deploys the new version as far as CodeDeploy's ready wait: its tasks run, and have no traffic. */
export async function prepareCanary(deployment: EcsDeployment): Promise<Prepared> {
  const { api, calls, options, place, shifter, readRoute } = deployment;
  const { clock, revision } = options;
  mustHold(readyWaitMinutes(await api.group()), deployment);
  const route = await readRoute();
  mustBeAlone(place, route);
  const current = stableSet(place, route);
  const { version, registered, arn } = await ensureTaskDefinition(calls, {
    current: current.taskDefinitionArn,
    container: place.container,
    revision,
  });
  if (arn === current.taskDefinitionArn) {
    throw new RolloutError(
      "REVISION_UNCHANGED",
      `${place.label} already runs the revision: ${version}`,
      {
        hint: "There is nothing to roll out. Was the image pushed under another tag or digest?",
      },
    );
  }
  const ends = { stable: route.stable, canary: version };
  const ended = await untilReady(deployment, ends, clock.nowMs() + READY_MS);
  const { token } = await shifter.readRoute();
  return { ...ends, published: registered, token, ...(ended && { ended }) };
}

/** @returns how it ended, when one of the functions that CodeDeploy asks before the wait did not pass. */
async function untilReady(
  deployment: EcsDeployment,
  { stable, canary }: { readonly stable: string; readonly canary: string },
  untilMs: number,
): Promise<PlatformEnd | undefined> {
  const { api, shifter, options } = deployment;
  const { clock } = options;
  const limits = { deadlineMs: CALL_MS };
  const { ids: before, route } = await shifter.look(limits);
  const change = { stable, canary, token: route.token };
  let [endMs, lookedMs] = [untilMs, clock.nowMs()];
  for (;;) {
    const { own, running, route: live } = await shifter.look(limits);
    const isOurs = own !== undefined && shifter.isFor(own, change);
    const isNew = own !== undefined && !before.includes(own.id);
    if (isOurs && own.isReady) return undefined;
    if (isOurs && isNew && !own.isRunning) {
      const ended = live.course?.ended;
      if (ended?.hook !== undefined) return ended;
      throw unusable(own, canary);
    }
    if (!isOurs || !own.isRunning) {
      if (running !== undefined) throw busy(running);
      const failure = await shifter.start(change, limits);
      if (clock.nowMs() + PAUSE_MS > endMs) throw notMade(api, failure);
      if (failure !== undefined) await clock.sleep(BEFORE_ASKING_AGAIN_MS);
    } else {
      const failures = await failedTasks(deployment, canary);
      const isLate = clock.nowMs() + PAUSE_MS > endMs;
      // Nobody else would take away what does not come up.
      if (failures !== undefined || isLate) await api.stop(own.id, true, limits);
      if (failures !== undefined) throw doesNotStart(canary, failures);
      if (isLate) throw late(own, canary);
    }
    await clock.sleep(PAUSE_MS);
    // CodeDeploy gives a function an hour, and ends the deployment after that by itself.
    if (live.course?.asks !== undefined) endMs += clock.nowMs() - lookedMs;
    lookedMs = clock.nowMs();
  }
}

/** Without the wait CodeDeploy would go on to shift traffic before any hook was asked. */
function mustHold(minutes: number, { api }: EcsDeployment): void {
  if (minutes > 0) return;
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `deployment group ${api.place.deploymentGroup} does not wait before it shifts traffic`,
    { hint: READY_HINT },
  );
}

function unusable({ id, status, error }: DeploymentView, canary: string): RolloutError {
  const why = error === undefined ? "no reason given" : `${error.code}, ${error.message}`;
  return new RolloutError(
    "CANARY_UNUSABLE",
    `${canary} did not come as far as its traffic: CodeDeploy deployment ${id} is ${status}: ${why}`,
    { hint: "Look at the deployment's events, and at the service's stopped tasks." },
  );
}

function busy({ id, status }: DeploymentView): RolloutError {
  return new RolloutError(
    "TARGET_UNSUITABLE",
    `deployment ${id} is ${status}, and CodeDeploy runs one at a time in a group`,
    { hint: `Let it end, or: aws deploy stop-deployment --deployment-id ${id}` },
  );
}

/** CodeDeploy does not say that it made it, and does not show it either. */
function notMade({ place }: DeployApi, cause: RolloutError | undefined): RolloutError {
  const why = cause === undefined ? "AWS does not list it" : cause.message;
  return new RolloutError(
    "TIMED_OUT",
    `there is no deployment of deployment group ${place.deploymentGroup} after ${READY_MS / 60_000} minutes of asking for one: ${why}`,
    { hint: "Try again when CodeDeploy answers, or has room for one more deployment.", cause },
  );
}

/** What is wrong with the version's tasks, once enough of them have failed. */
async function failedTasks(
  { calls, place, readRoute }: EcsDeployment,
  version: string,
): Promise<string | undefined> {
  const { service } = await readRoute();
  const set = taskSetOf(service, version);
  if (set === undefined) return undefined;
  const name = { cluster: place.clusterArn, service: place.serviceName };
  const failures = await readTaskFailures(calls, name, set.id);
  if (failures.length < FAILURES) return undefined;
  return describeFailures(failures, service, set.createdAtMs);
}

function doesNotStart(canary: string, failures: string): RolloutError {
  return new RolloutError("CANARY_UNUSABLE", `tasks of ${canary} do not stay up: ${failures}`, {
    hint: "Look at the container's logs. The deployment was stopped; stable serves all traffic.",
  });
}

function late(own: DeploymentView, canary: string): RolloutError {
  return new RolloutError(
    "TIMED_OUT",
    `${canary} is not ready after ${READY_MS / 60_000} minutes: deployment ${own.id} is ${own.status}`,
    { hint: "Its tasks may not become healthy, or a hook of the deployment still runs." },
  );
}
