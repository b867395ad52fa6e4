import type { Place } from "../../telemetry/metric-sink.ts";
import type { Tags } from "../tags.ts";
import type { Workload } from "./state.ts";

/**
 * Tasks of one kind that are kept at a number: those of a rolling deployment, of a task set, of a service
 * revision. Each is registered in the workload's target groups when its containers run, and deregistered and
 * drained before it is stopped; one that ends by itself, or is found unhealthy, is replaced, slower each time.
 */
export interface TaskGroup extends Place {
  /** "ecs-svc/1234567890123456789": the tasks' `startedBy`. */
  readonly id: string;
  readonly clusterName: string;
  readonly serviceName: string;
  readonly workload: Workload;
  /** How many there should be. */
  readonly count: number;
  /** Given to every new task. */
  readonly taskTags: Tags;
  readonly enableExecuteCommand: boolean;
}

export interface TaskGroupView {
  readonly desiredCount: number;
  readonly pendingCount: number;
  readonly runningCount: number;
  /** Running, not UNHEALTHY by their containers' checks, and healthy (or not checked, or unused) in each target group. */
  readonly healthyCount: number;
  /** Tasks that never came to be healthy, since the group began or since `forgetFailures`. */
  readonly failedCount: number;
  /** The newest failure, for a service's events: "(task 0123...) failed to start: CannotPullContainerError ...". */
  readonly lastFailure: string | undefined;
  /** Tasks that are still draining or stopping. */
  readonly stoppingCount: number;
  /** `healthyCount` is `desiredCount`, and nothing is pending or stopping. */
  readonly isSteady: boolean;
}

export interface TaskGroups {
  /** Keeps the group so from now on: also after a restart of the cloud, once it was said again. */
  keep(group: TaskGroup): void;
  /** All zero for an id that is not kept. */
  view(place: Place, clusterName: string, id: string): TaskGroupView;
  /** Ends keeping it. Its tasks must be gone: keep it at 0 first. */
  forget(id: string): void;
  forgetFailures(id: string): void;
  /** Called after anything changed in a group (a task started, failed, became healthy, ended); never inside `keep`. */
  onChange(listener: (id: string) => void): void;
  close(): Promise<void>;
}
