import type { TaskRuntime } from "../../../data-plane/tasks/task-runtime.ts";
import type { Cloud } from "../../../service.ts";
import { containerArn, taskArn } from "../arns.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import { keepTags } from "../tagging.ts";
import { createTaskBook } from "./book.ts";
import { detachInterface } from "./interface.ts";
import { allStopped, createTaskRun, type TaskRun } from "./task-run.ts";
import { deregisterTask } from "./targets.ts";
import type { NewTask, StopCause, Tasks } from "./tasks.ts";

/** Ours: on AWS a task does not end with the control plane. */
const LOST: StopCause = {
  code: "TerminationNotice",
  reason: "The local cloud that ran the task was stopped",
};

/** Starts tasks, keeps what runs of them, and writes down how they go. */
export function createTasks(cloud: Cloud, runtime: () => Promise<TaskRuntime>): Tasks {
  const book = createTaskBook(cloud);
  const runs = new Map<string, TaskRun>();

  return {
    launch(state, wanted) {
      const row = newTaskRow(cloud, state, wanted);
      const run = createTaskRun({ cloud, book, runtime }, state, row, () => runs.delete(row.id));
      runs.set(row.id, run);
      cloud.store.transaction(() => {
        keepTags(state, row.arn, wanted.tags);
        book.add(state, row);
      });
      run.begin();
      return row;
    },
    stop: (_state, { id }, why) => runs.get(id)?.stop(why),
    protect: (state, task, untilMs) => void book.change(state, task, { protectedUntilMs: untilMs }),
    usage: async ({ id }) => runs.get(id)?.usage(),
    onChange: book.listen,
    async resume(state) {
      for (const { name } of state.clusters.values()) {
        for (const row of state.tasks(name).values()) {
          if (row.lastStatus !== "STOPPED") await bury(row, state);
          else book.expire(state, row);
        }
      }
    },
    async close() {
      book.close();
      for (const run of runs.values()) run.abandon();
      runs.clear();
    },
  };

  async function bury(row: TaskRow, state: PlaceState): Promise<void> {
    const { clock } = cloud;
    const last = book.change(state, row, {
      desiredStatus: "STOPPED",
      lastStatus: "STOPPED",
      stopCode: row.stopCode ?? LOST.code,
      stoppedReason: row.stoppedReason ?? LOST.reason,
      stoppingAtMs: row.stoppingAtMs ?? clock.nowMs(),
      executionStoppedAtMs: clock.nowMs(),
      stoppedAtMs: clock.nowMs(),
      containers: allStopped(row),
    });
    if (last !== undefined) book.expire(state, last);
    await deregisterTask({ cloud }, state, row);
    await detachInterface(cloud, state, row);
  }
}

function newTaskRow({ random, clock }: Cloud, state: PlaceState, wanted: NewTask): TaskRow {
  const { tags: _tags, ...given } = wanted;
  const id = random.hex(32);
  const definition = findTaskDefinition(state, wanted.workload.taskDefinitionArn)?.definition;
  return {
    ...given,
    id,
    arn: taskArn(state.place, wanted.clusterName, id),
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    healthStatus: "UNKNOWN",
    containers: (definition?.containerDefinitions ?? []).map((own) => ({
      name: own.name ?? "",
      arn: containerArn(state.place, wanted.clusterName, id, random.uuid()),
      image: own.image ?? "",
      imageDigest: undefined,
      cpu: own.cpu ?? 0,
      memory: own.memory,
      runtimeId: undefined,
      lastStatus: "PENDING",
      healthStatus: "UNKNOWN",
      exitCode: undefined,
      reason: undefined,
      restartCount: 0,
      startedAtMs: undefined,
      stoppedAtMs: undefined,
    })),
    network: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    version: 1,
    protectedUntilMs: undefined,
    createdAtMs: clock.nowMs(),
    pullStartedAtMs: undefined,
    pullStoppedAtMs: undefined,
    startedAtMs: undefined,
    stoppingAtMs: undefined,
    executionStoppedAtMs: undefined,
    stoppedAtMs: undefined,
  };
}
