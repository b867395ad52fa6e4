import type { Cloud } from "../../../service.ts";
import type { RunningContainer, TaskRuntime } from "../../../data-plane/tasks/task-runtime.ts";
import { STOP_TIMEOUT_DEFAULT_SECONDS } from "../limits.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import { isChecked, type TaskBook } from "./book.ts";
import { watchHealth } from "./container-health.ts";
import { inNetwork, prepareContainers, startFailure } from "./container-launch.ts";
import { type ContainerRun, dependentsOf, newContainerRun, readiness } from "./container-run.ts";
import { attachInterface, detachInterface } from "./interface.ts";
import { mayRestart } from "./restart-policy.ts";
import { deregisterTask, isDrained, registerTask, targetsOf } from "./targets.ts";
import type { StopCause } from "./tasks.ts";

/** How often a task that drains is looked at. */
const DRAINING_LOOK_MS = 1000;
/** How long a container may wait for others. Source: ecs API reference, ContainerDefinition (startTimeout). */
const START_TIMEOUT_SECONDS = 180;

export interface RunParts {
  readonly cloud: Cloud;
  readonly book: TaskBook;
  readonly runtime: () => Promise<TaskRuntime>;
}

/** One task while it is alive. */
export interface TaskRun {
  begin(): void;
  stop(why: StopCause): void;
  usage(): Promise<{ readonly cpuMs: number; readonly memoryBytes: number } | undefined>;
  /** The cloud stops: what happens from now on is not written down. */
  abandon(): void;
}

/** @param onEnd called when the task is STOPPED. */
export function createTaskRun(
  { cloud, book, runtime }: RunParts,
  state: PlaceState,
  task: TaskRow,
  onEnd: () => void,
): TaskRun {
  const { clock } = cloud;
  const definition = findTaskDefinition(state, task.workload.taskDefinitionArn)?.definition;
  const containers = (definition?.containerDefinitions ?? []).map((own) =>
    newContainerRun({
      definition: own,
      override: task.overrides.containerOverrides?.find(({ name }) => name === own.name),
    }),
  );
  // The first that starts holds the network of all: one that stays is better than one that only prepares.
  const inOrder = [
    ...containers.filter(({ plan }) => plan.definition.essential === true),
    ...containers.filter(({ plan }) => plan.definition.essential !== true),
  ];
  /** Whose network the others of the task share. */
  let holder: ContainerRun | undefined;
  let isStopping = false;
  let isAbandoned = false;
  let isRunning = false;
  /** What changes the containers, one after the other. */
  let work: Promise<void> = Promise.resolve();

  const enqueue = (step: () => Promise<void>): Promise<void> => {
    work = work.then(async () => {
      if (isStopping || isAbandoned) return;
      try {
        await step();
      } catch (error) {
        failToStart(undefined, error);
      }
    });
    return work;
  };

  /** On the clock, so that whoever moves a virtual one waits for it. */
  const soon = (step: () => Promise<void>) =>
    void clock.schedule(clock.nowMs(), () => enqueue(step));

  const failToStart = (container: ContainerRun | undefined, error: unknown) => {
    const said = startFailure(cloud, error);
    if (container !== undefined) {
      const stopped = { lastStatus: "STOPPED" as const, reason: said.container };
      book.changeContainer(state, task, container.name, stopped);
    }
    stop({ code: "TaskFailedToStart", reason: said.task });
  };

  const provision = async () => {
    const network = await attachInterface(cloud, state, task);
    book.change(state, task, { network, pullStartedAtMs: clock.nowMs() });
    if (isStopping || isAbandoned) return;
    book.change(state, task, { lastStatus: "PENDING" });
    await prepareContainers(cloud, state, task, containers, await runtime());
    book.change(state, task, { pullStoppedAtMs: clock.nowMs() });
    limitWaiting();
    await startReady();
  };

  /** Starts what nothing holds back. */
  const startReady = async (): Promise<void> => {
    for (const container of inOrder) {
      if (isStopping) return;
      if (container.phase !== "waiting") continue;
      const now = readiness(container, containers);
      if (now === "hopeless") return giveUp(container);
      if (now === "waiting") continue;
      await start(container);
      // The one that has started may have let an earlier one go.
      return startReady();
    }
    const isComplete = containers.every(({ phase }) => phase !== "waiting");
    if (isComplete && !isRunning) await becomeRunning();
  };

  const start = async (container: ContainerRun) => {
    if (container.launch === undefined) return;
    try {
      if (holder?.phase !== "running") holder = container;
      const launch = inNetwork(container.launch, holder, containers);
      const running = await (await runtime()).start(launch);
      await started(container, running);
    } catch (error) {
      failToStart(container, error);
    }
  };

  const started = async (container: ContainerRun, running: RunningContainer) => {
    container.running = running;
    container.phase = "running";
    container.startedAtMs = clock.nowMs();
    const row = book.changeContainer(state, task, container.name, {
      lastStatus: "RUNNING",
      runtimeId: running.runtimeId,
      exitCode: undefined,
      reason: undefined,
      startedAtMs: container.startedAtMs,
      imageDigest:
        container.launch?.image.kind === "stored" ? container.launch.image.image.digest : undefined,
    });
    const closers: (() => void)[] = [];
    if (row?.network !== undefined) {
      const network = await cloud.port("network");
      for (const [port, at] of running.addresses) {
        closers.push(network.listen(state.place, row.network.address, port, at));
      }
    }
    const { healthCheck } = container.plan.definition;
    if (healthCheck !== undefined && isChecked(healthCheck)) {
      closers.push(
        watchHealth(clock, running, healthCheck, (status) => healthTold(container, status)),
      );
    }
    container.release = () => {
      for (const close of closers) close();
    };
    void running.exited.then((exit) => ended(container, running, exit));
  };

  const healthTold = async (container: ContainerRun, status: "HEALTHY" | "UNHEALTHY") => {
    if (container.health === status || isStopping || isAbandoned) return;
    container.health = status;
    book.changeContainer(state, task, container.name, { healthStatus: status });
    if (!isRunning) await enqueue(startReady);
  };

  const ended = (
    container: ContainerRun,
    running: RunningContainer,
    exit: Awaited<RunningContainer["exited"]>,
  ) => {
    if (isAbandoned || container.running !== running) return;
    container.release();
    container.running = undefined;
    container.phase = "ended";
    container.exit = exit;
    const { restartPolicy, essential } = container.plan.definition;
    const ranForMs = clock.nowMs() - container.startedAtMs;
    const isRestarted = !isStopping && mayRestart(restartPolicy, exit.exitCode, ranForMs);
    const before = state.tasks(task.clusterName).get(task.id);
    const count = before?.containers.find(({ name }) => name === container.name)?.restartCount ?? 0;
    book.changeContainer(state, task, container.name, {
      lastStatus: isRestarted ? "PENDING" : "STOPPED",
      exitCode: exit.exitCode,
      stoppedAtMs: clock.nowMs(),
      ...(exit.isOutOfMemory && {
        reason: "OutOfMemoryError: Container killed due to memory usage",
      }),
      restartCount: isRestarted ? count + 1 : count,
    });
    if (isStopping) return;
    if (isRestarted) {
      container.health = "UNKNOWN";
      soon(() => start(container));
    } else if (essential === true) {
      stop({ code: "EssentialContainerExited", reason: "Essential container in task exited" });
    } else {
      soon(startReady);
    }
  };

  const giveUp = (container: ContainerRun) => {
    const reason = `Task failed to start: container ${container.name} waits for a condition that cannot be met`;
    stop({ code: "TaskFailedToStart", reason });
  };

  const limitWaiting = () => {
    for (const container of containers) {
      const { dependsOn = [], startTimeout = START_TIMEOUT_SECONDS } = container.plan.definition;
      if (dependsOn.length === 0) continue;
      clock.schedule(clock.nowMs() + startTimeout * 1000, () => {
        if (container.phase === "waiting" && !isStopping && !isAbandoned) giveUp(container);
      });
    }
  };

  const becomeRunning = async () => {
    isRunning = true;
    if (isStopping) return;
    const row = book.change(state, task, { lastStatus: "ACTIVATING" });
    const problem = row && (await registerTask({ cloud }, state, row));
    if (isStopping) return;
    if (problem !== undefined) {
      stop({ code: "TaskFailedToStart", reason: problem });
      return;
    }
    book.change(state, task, { lastStatus: "RUNNING", startedAtMs: clock.nowMs() });
  };

  const stop = (why: StopCause) => {
    if (isStopping || isAbandoned) return;
    isStopping = true;
    const row = state.tasks(task.clusterName).get(task.id);
    const hasTargets = row !== undefined && targetsOf(row).length > 0;
    book.change(state, task, {
      desiredStatus: "STOPPED",
      lastStatus: hasTargets ? "DEACTIVATING" : "STOPPING",
      stopCode: why.code,
      stoppedReason: why.reason,
      stoppingAtMs: clock.nowMs(),
    });
    clock.schedule(clock.nowMs(), deactivate);
  };

  const hasDied = () =>
    containers.some(({ plan, phase }) => plan.definition.essential === true && phase === "ended");

  /** One whose containers still run is drained first, for as long as its target groups say. */
  const deactivate = async () => {
    await work;
    const row = state.tasks(task.clusterName).get(task.id);
    if (row === undefined || isAbandoned) return;
    const leftBehind = await deregisterTask({ cloud }, state, row);
    if (leftBehind !== undefined) book.change(state, task, { leftBehind });
    if (hasDied() || !isRunning || targetsOf(row).length === 0) return end();
    const groups = await cloud.port("targetGroups");
    const look = async (): Promise<void> => {
      if (isAbandoned) return;
      if (hasDied() || isDrained(groups, state, row)) return end();
      clock.schedule(clock.nowMs() + DRAINING_LOOK_MS, look);
    };
    return look();
  };

  const end = async () => {
    book.change(state, task, { lastStatus: "STOPPING" });
    const stopping = new Map<ContainerRun, Promise<void>>();
    const stopOne = (container: ContainerRun): Promise<void> => {
      const known = stopping.get(container);
      if (known !== undefined) return known;
      const stopped = (async () => {
        await Promise.all(dependentsOf(container, containers).map(stopOne));
        const { stopTimeout = STOP_TIMEOUT_DEFAULT_SECONDS } = container.plan.definition;
        const { running } = container;
        if (running === undefined) return;
        ended(container, running, await running.stop(stopTimeout * 1000));
      })();
      stopping.set(container, stopped);
      return stopped;
    };
    await Promise.all(containers.map(stopOne));
    if (isAbandoned) return;
    const row = book.change(state, task, {
      lastStatus: "DEPROVISIONING",
      executionStoppedAtMs: clock.nowMs(),
      containers: allStopped(state.tasks(task.clusterName).get(task.id) ?? task),
    });
    if (row !== undefined) await detachInterface(cloud, state, row);
    const last = book.change(state, task, { lastStatus: "STOPPED", stoppedAtMs: clock.nowMs() });
    if (last !== undefined) book.expire(state, last);
    onEnd();
  };

  return {
    begin: () => soon(provision),
    stop,
    async usage() {
      let cpuMs = 0;
      let memoryBytes = 0;
      for (const { running } of containers) {
        const used = await running?.usage();
        cpuMs += used?.cpuMs ?? 0;
        memoryBytes += used?.memoryBytes ?? 0;
      }
      return isRunning && !isStopping ? { cpuMs, memoryBytes } : undefined;
    },
    abandon() {
      isAbandoned = true;
      for (const { release } of containers) release();
    },
  };
}

/** Containers that never ran are STOPPED too when their task is. */
export function allStopped({ containers }: TaskRow): TaskRow["containers"] {
  return containers.map((row) => ({ ...row, lastStatus: "STOPPED" as const }));
}
