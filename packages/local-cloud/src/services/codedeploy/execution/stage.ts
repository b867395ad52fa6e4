import type { ErrorCode } from "@aws-sdk/client-codedeploy";
import type { CodeDeploy, DeploymentRow, PlaceState } from "../state.ts";

/** How a look at a stage ended. */
export type StageResult =
  | { readonly kind: "done" }
  /** There was nothing to do: the event is told as Skipped. */
  | { readonly kind: "skipped" }
  /** To be looked at again at `untilMs`, or when something wakes the deployment before. */
  | { readonly kind: "wait"; readonly untilMs: number }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "stopped"; readonly code: ErrorCode; readonly message: string };

/** One deployment as a stage works with it. */
export interface Run {
  readonly codedeploy: CodeDeploy;
  readonly state: PlaceState;
  /** As it is stored now: read it again after each `save`. */
  row(): DeploymentRow;
  /** Durable when it returns. */
  save(changes: Partial<DeploymentRow>): void;
  nowMs(): number;
  /** When the present stage began. */
  stageStartedAtMs(): number;
}

/**
 * One thing that a deployment does. It is called again and again until it does not say "wait", also after a restart
 * of the cloud: what it has done is in the row, and doing it twice must not harm.
 */
export interface Stage {
  /** The lifecycle event, when users see one. */
  readonly event?: string;
  look(run: Run): StageResult | Promise<StageResult>;
}

export const DONE: StageResult = { kind: "done" };
export const SKIPPED: StageResult = { kind: "skipped" };

export function failed(code: ErrorCode, message: string): StageResult {
  return { kind: "failed", code, message };
}
