import type { TaskOverride, TaskStopCode } from "@aws-sdk/client-ecs";
import type { Tags } from "../../tags.ts";
import type { PlaceState, TaskRow, Workload } from "../state.ts";

/** A task to start, its workload already checked (`readWorkload`). */
export interface NewTask {
  readonly clusterName: string;
  /** "service:web" or "family:web" */
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly workload: Workload;
  readonly overrides: TaskOverride;
  readonly enableExecuteCommand: boolean;
  readonly tags: Tags;
}

/** Which task: its row will do. */
export interface TaskRef {
  readonly clusterName: string;
  readonly id: string;
}

/** Why a task ends. */
export interface StopCause {
  readonly code: TaskStopCode;
  /** In AWS's words. */
  readonly reason: string;
}

/**
 * Tasks, from PROVISIONING to STOPPED:
 *
 *   PROVISIONING ─▶ PENDING ─▶ ACTIVATING ─▶ RUNNING ─▶ DEACTIVATING ─▶ STOPPING ─▶ DEPROVISIONING ─▶ STOPPED
 *   interface       images,    targets                  targets drain   containers  interface
 *                   containers registered                               end         goes
 *
 * From any of the first four a task may be stopped; one without targets skips DEACTIVATING.
 */
export interface Tasks {
  /** Stores the task and begins to start it; what goes wrong from here on ends the task, not the call. */
  launch(state: PlaceState, wanted: NewTask): TaskRow;
  /** Begins to stop it; does nothing when it is stopping already. */
  stop(state: PlaceState, task: TaskRef, why: StopCause): void;
  /** Until when a service must leave the task alone. */
  protect(state: PlaceState, task: TaskRef, untilMs: number | undefined): void;
  /** What its containers use now, for metrics. */
  usage(
    task: TaskRef,
  ): Promise<{ readonly cpuMs: number; readonly memoryBytes: number } | undefined>;
  /** Called after each change of a task. */
  onChange(listener: (state: PlaceState, task: TaskRow) => void): void;
  /** Ends what was alive when the cloud stopped: its processes went with it. */
  resume(state: PlaceState): Promise<void>;
  close(): Promise<void>;
}
