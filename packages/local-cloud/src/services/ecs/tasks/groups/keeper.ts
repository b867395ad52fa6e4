import { AwsError } from "../../../../aws-error.ts";
import type { TargetGroupPort } from "../../../../data-plane/ports.ts";
import type { Cloud } from "../../../../service.ts";
import type { Place } from "../../../../telemetry/metric-sink.ts";
import { findTaskDefinition } from "../../lookups.ts";
import type { PlaceState, TaskRow } from "../../state.ts";
import type { TaskGroup, TaskGroups, TaskGroupView } from "../../task-groups.ts";
import type { Tasks } from "../tasks.ts";
import { checkRoles } from "../workload.ts";
import { isAlive, type KeptGroup, membersOf, newKeptGroup, viewOf } from "./kept-group.ts";
import { healthOfMember, UNCHECKED_RUN_MS } from "./member-health.ts";
import { REGISTERING_FAILED } from "../targets.ts";
import { waitAfterMs, wasShort } from "./pace.ts";
import { unreadableGroups } from "./unreadable-groups.ts";

/** How often target groups are asked while a task waits for them, and when none does. */
const LOOK_MS = 1000;
const STEADY_LOOK_MS = 5000;

const NOTHING: TaskGroupView = {
  desiredCount: 0,
  pendingCount: 0,
  runningCount: 0,
  healthyCount: 0,
  failedCount: 0,
  lastFailure: undefined,
  stoppingCount: 0,
  isSteady: true,
};

/** Source: AWS docs, Amazon ECS service event messages. */
const NO_INSTANCE =
  "was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

/** Keeps groups at their numbers: looks at a group whenever one of its tasks changes, and while something waits. */
export function createTaskGroups(parts: {
  readonly cloud: Cloud;
  readonly in: (place: Place) => PlaceState;
  readonly tasks: Tasks;
}): TaskGroups {
  const { cloud, tasks } = parts;
  const { clock } = cloud;
  const kept = new Map<string, KeptGroup>();
  const listeners: ((id: string) => void)[] = [];
  let isClosed = false;
  let targetGroups: TargetGroupPort | undefined;

  const plan = (one: KeptGroup, atMs: number) => {
    one.next?.cancel();
    one.next = clock.schedule(atMs, () => look(one));
  };
  const planNow = (one: KeptGroup) => {
    if (one.isDue || isClosed) return;
    one.isDue = true;
    plan(one, clock.nowMs());
  };
  const isKept = (one: KeptGroup) => !isClosed && kept.get(one.group.id) === one;

  const look = async (one: KeptGroup) => {
    one.isDue = false;
    if (!isKept(one)) return;
    if (one.group.workload.loadBalancers.length > 0) {
      targetGroups ??= await cloud.port("targetGroups");
    }
    const unreadable = await unreadableGroups(cloud, one.group);
    if (!isKept(one)) return;
    judge(one, unreadable);
    settleEnds(one);
    await adjust(one);
    if (!isKept(one)) return;
    tell(one);
    planNext(one);
  };

  /** Who is healthy, and who must go because it is not. */
  const judge = (one: KeptGroup, unreadable: ReadonlyMap<string, string>) => {
    const { state, group } = one;
    const healthy = new Set<string>();
    for (const row of membersOf(one).filter(isAlive)) {
      const groups = { targetGroups, unreadable };
      const health = healthOfMember(groups, state, row, clock.nowMs());
      const [denied] = row.lastStatus === "RUNNING" ? unreadable.values() : [];
      const isUnknown = health.kind === "waiting" && denied !== undefined;
      if (isUnknown) one.lastFailure = denied;
      // Nobody tells that what was healthy is not any more.
      if (health.kind === "healthy" || (isUnknown && one.healthy.has(row.id))) {
        healthy.add(row.id);
        if (!one.everHealthy.has(row.id)) one.everHealthy.add(row.id);
        continue;
      }
      const graceMs = group.workload.healthCheckGraceSeconds * 1000;
      const isSpared = clock.nowMs() - (row.startedAtMs ?? clock.nowMs()) < graceMs;
      if (health.kind === "waiting" || isSpared) continue;
      one.lastFailure = health.reason;
      one.settled.add(row.id);
      fail(one, row);
      tasks.stop(state, row, { code: "ServiceSchedulerInitiated", reason: health.stoppedReason });
    }
    one.healthy = healthy;
  };

  /** Takes note of tasks that ended although nobody here wanted them to. */
  const settleEnds = (one: KeptGroup) => {
    for (const row of membersOf(one)) {
      if (row.leftBehind !== undefined && !one.leftBehind.has(row.id)) {
        one.leftBehind.add(row.id);
        one.lastFailure = row.leftBehind;
      }
      if (isAlive(row) || one.settled.has(row.id)) continue;
      one.settled.add(row.id);
      if (row.stopCode === "UserInitiated" || row.stopCode === "TerminationNotice") continue;
      if (!one.everHealthy.has(row.id)) {
        const why = row.stoppedReason ?? "it ended";
        one.lastFailure = why.startsWith(REGISTERING_FAILED)
          ? why
          : `(task ${row.id}) failed to start: ${why}`;
      }
      fail(one, row);
    }
  };

  const fail = (one: KeptGroup, row: TaskRow) => {
    const wasHealthy = one.everHealthy.has(row.id);
    if (!wasHealthy) one.failedCount++;
    const wasLong = wasHealthy && !wasShort(row.startedAtMs, row.stoppingAtMs ?? clock.nowMs());
    one.failuresInARow = wasLong ? 0 : one.failuresInARow + 1;
    one.notBeforeMs = clock.nowMs() + waitAfterMs(one.failuresInARow);
  };

  const adjust = async (one: KeptGroup) => {
    const alive = membersOf(one).filter(isAlive);
    const surplus = alive.length - one.group.count;
    if (surplus > 0) return stopSurplus(one, alive, surplus);
    if (surplus === 0 || clock.nowMs() < one.notBeforeMs) return;
    if (one.group.workload.launchType === "EC2" || one.group.workload.launchType === "EXTERNAL") {
      one.lastFailure = NO_INSTANCE;
      return;
    }
    const problem = await rolesProblem(one);
    if (!isKept(one)) return;
    if (problem !== undefined) {
      one.failedCount++;
      one.failuresInARow++;
      one.lastFailure = `failed to launch a task with (error ${problem})`;
      one.notBeforeMs = clock.nowMs() + Math.max(1000, waitAfterMs(one.failuresInARow));
      return;
    }
    const missing = one.group.count - membersOf(one).filter(isAlive).length;
    for (let started = 0; started < missing; started++) launch(one);
  };

  const launch = ({ state, group }: KeptGroup) => {
    tasks.launch(state, {
      clusterName: group.clusterName,
      group: `service:${group.serviceName}`,
      startedBy: group.id,
      workload: group.workload,
      overrides: {},
      enableExecuteCommand: group.enableExecuteCommand,
      tags: group.taskTags,
    });
  };

  const rolesProblem = async ({ state, group }: KeptGroup): Promise<string | undefined> => {
    const definition = findTaskDefinition(state, group.workload.taskDefinitionArn)?.definition;
    const { taskRoleArn, executionRoleArn } = definition ?? {};
    try {
      await checkRoles({ cloud }, state, [taskRoleArn, executionRoleArn]);
      return undefined;
    } catch (error) {
      if (error instanceof AwsError) return error.message;
      throw error;
    }
  };

  /** The newest that are not healthy go first, then the oldest. Protected ones stay. */
  const stopSurplus = (one: KeptGroup, alive: readonly TaskRow[], surplus: number) => {
    const free = alive.filter(({ protectedUntilMs = 0 }) => protectedUntilMs <= clock.nowMs());
    const unhealthy = free.filter(({ id }) => !one.healthy.has(id)).reverse();
    const healthy = free.filter(({ id }) => one.healthy.has(id));
    for (const row of [...unhealthy, ...healthy].slice(0, surplus)) {
      one.settled.add(row.id);
      tasks.stop(one.state, row, {
        code: "ServiceSchedulerInitiated",
        reason: `Scaling activity initiated by (deployment ${one.group.id})`,
      });
    }
  };

  const tell = (one: KeptGroup) => {
    const view = viewOf(one);
    if (view.isSteady && view.desiredCount > 0) one.failuresInARow = 0;
    const said = JSON.stringify(view);
    if (said === one.told) return;
    one.told = said;
    for (const listener of listeners) listener(one.group.id);
  };

  const planNext = (one: KeptGroup) => {
    if (one.isDue) return;
    const { group } = one;
    const members = membersOf(one);
    const nowMs = clock.nowMs();
    const alive = members.filter(isAlive);
    const times: number[] = [];
    if (alive.length < group.count && one.notBeforeMs > nowMs) times.push(one.notBeforeMs);
    for (const { id, startedAtMs } of alive) {
      const countsAtMs = (startedAtMs ?? 0) + UNCHECKED_RUN_MS;
      if (countsAtMs > nowMs && !one.healthy.has(id)) times.push(countsAtMs);
    }
    const isAsked = group.workload.loadBalancers.length > 0;
    const isWaiting = alive.some(
      ({ id, lastStatus, healthStatus }) =>
        lastStatus === "RUNNING" &&
        !one.healthy.has(id) &&
        (isAsked || healthStatus === "UNHEALTHY"),
    );
    if (isWaiting) times.push(nowMs + LOOK_MS);
    else if (isAsked && alive.length > 0) times.push(nowMs + STEADY_LOOK_MS);
    if (alive.length > group.count) times.push(nowMs + STEADY_LOOK_MS);
    if (times.length > 0) plan(one, Math.min(...times));
  };

  tasks.onChange((_state, { startedBy }) => {
    const one = startedBy === undefined ? undefined : kept.get(startedBy);
    if (one !== undefined) planNow(one);
  });

  return {
    keep(group: TaskGroup) {
      const known = kept.get(group.id);
      const one = known ?? newKeptGroup(group, parts.in(group));
      one.group = group;
      kept.set(group.id, one);
      planNow(one);
    },
    view(_place, _clusterName, id) {
      const one = kept.get(id);
      return one === undefined ? NOTHING : viewOf(one);
    },
    forget(id) {
      kept.get(id)?.next?.cancel();
      kept.delete(id);
    },
    forgetFailures(id) {
      const one = kept.get(id);
      if (one === undefined) return;
      one.failedCount = 0;
      one.failuresInARow = 0;
      one.lastFailure = undefined;
      one.notBeforeMs = 0;
      planNow(one);
    },
    onChange: (listener) => void listeners.push(listener),
    async close() {
      isClosed = true;
      for (const one of kept.values()) one.next?.cancel();
      kept.clear();
    },
  };
}
