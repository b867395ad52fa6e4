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

/** Tasks, from PROVISIONING to STOPPED. */
export interface Tasks {
  /** Stores the task and begins to start it; what goes wrong from here on ends the task, not the call. */
  launch(state: PlaceState, wanted: NewTask): TaskRow;
  /** Begins to stop it; does nothing when it is stopping already. */
  stop(
    state: PlaceState,
    task: { readonly clusterName: string; readonly id: string },
    why: { readonly code: TaskStopCode; readonly reason: string },
  ): void;
  /** Called after each change of a task. */
  onChange(listener: (state: PlaceState, task: TaskRow) => void): void;
  close(): Promise<void>;
}
