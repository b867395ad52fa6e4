import type { PlaceState, ServiceRow, TaskRow } from "../state.ts";
import type { Journal } from "./journal.ts";
import type { ServiceKey } from "./service-rows.ts";

/**
 * What became of the tasks of a service since it was looked at last, for its events.
 *
 *     (new) ─started→ starting ─containers run→ serving ─deregistered→ draining ─→ stopping ─→ gone
 */
type Phase = "starting" | "serving" | "draining" | "stopping" | "gone";

export interface TaskNews {
  /** Tells what is new. */
  tell(state: PlaceState, service: ServiceRow): void;
  /** Takes things as they are, and tells nothing of them: after a restart of the cloud. */
  accept(state: PlaceState, service: ServiceRow): void;
  forget(serviceArn: string): void;
}

export function createTaskNews(journal: Journal): TaskNews {
  const known = new Map<string, Map<string, Phase>>();

  const tell = (state: PlaceState, service: ServiceRow, isQuiet: boolean) => {
    const before = known.get(service.arn) ?? new Map<string, Phase>();
    const after = new Map<string, Phase>();
    const groups = new Map<string, Changes>();
    for (const task of state.tasks(service.clusterName).values()) {
      if (task.group !== `service:${service.name}`) continue;
      const phase = phaseOf(task);
      const last = before.get(task.id);
      if (phase === last || (phase === "gone" && last === undefined)) {
        if (phase !== "gone") after.set(task.id, phase);
        continue;
      }
      after.set(task.id, phase);
      const id = task.startedBy ?? "";
      const changes = groups.get(id) ?? { started: [], serving: [], draining: [], stopped: [] };
      groups.set(id, changes);
      if (last === undefined) changes.started.push(task);
      if (phase === "serving") changes.serving.push(task);
      if (phase === "draining") changes.draining.push(task);
      if (isStopped(task, phase) && !isEnding(last)) changes.stopped.push(task);
    }
    known.set(service.arn, after);
    if (isQuiet) return;
    for (const [id, changes] of groups) sayChanges(journal, state, service, id, changes);
  };

  return {
    tell: (state, service) => tell(state, service, false),
    accept: (state, service) => tell(state, service, true),
    forget: (arn) => void known.delete(arn),
  };
}

interface Changes {
  readonly started: TaskRow[];
  readonly serving: TaskRow[];
  readonly draining: TaskRow[];
  readonly stopped: TaskRow[];
}

/** Told to go by the service; what ended by itself was not stopped by anybody. */
function isStopped({ stopCode }: TaskRow, phase: Phase): boolean {
  return isEnding(phase) && stopCode === "ServiceSchedulerInitiated";
}

const isEnding = (phase: Phase | undefined) =>
  phase === "draining" || phase === "stopping" || phase === "gone";

function phaseOf({ lastStatus, desiredStatus }: TaskRow): Phase {
  if (lastStatus === "STOPPED") return "gone";
  if (lastStatus === "DEACTIVATING") return "draining";
  if (desiredStatus === "STOPPED") return "stopping";
  return lastStatus === "RUNNING" ? "serving" : "starting";
}

function sayChanges(
  journal: Journal,
  state: PlaceState,
  service: ServiceRow,
  id: string,
  { started, serving, draining, stopped }: Changes,
): void {
  const key: ServiceKey = service;
  // Deployments of the ECS controller are told by the service alone, task sets by their ids.
  const owner =
    service.controller === "ECS"
      ? `(service ${service.name})`
      : `(service ${service.name}, taskSet ${id})`;
  if (started.length > 0) {
    journal.write(state, key, `${owner} has started ${started.length} tasks: ${names(started)}.`);
  }
  for (const [arn, count] of targets(serving)) {
    journal.say(state, key, `registered ${count} targets in (target-group ${arn})`);
  }
  for (const [arn, count] of targets(draining)) {
    journal.say(state, key, `deregistered ${count} targets in (target-group ${arn})`);
  }
  const drained = draining.filter(({ workload }) => workload.loadBalancers.length > 0);
  if (drained.length > 0) {
    const text = `has begun draining connections on ${drained.length} tasks.`;
    journal.write(state, key, `(service ${service.name}, taskSet ${id}) ${text}`);
  }
  if (stopped.length > 0) {
    const text = `has stopped ${stopped.length} running tasks: ${names(stopped)}.`;
    journal.write(state, key, `${owner} ${text}`);
  }
}

const names = (tasks: readonly TaskRow[]) => tasks.map(({ id }) => `(task ${id})`).join(" ");

/** How many targets in which target groups the tasks are. */
function targets(tasks: readonly TaskRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { workload } of tasks) {
    for (const { targetGroupArn } of workload.loadBalancers) {
      if (targetGroupArn === undefined) continue;
      counts.set(targetGroupArn, (counts.get(targetGroupArn) ?? 0) + 1);
    }
  }
  return counts;
}
