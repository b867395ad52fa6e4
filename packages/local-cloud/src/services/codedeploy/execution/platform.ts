import type { ErrorCode, RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { DeploymentRow, TargetRow } from "../state.ts";
import type { Run, Stage, StageResult } from "./stage.ts";

export type Prepared =
  | {
      readonly kind: "ready";
      readonly target: TargetRow;
      readonly hooks: Readonly<Record<string, string>>;
    }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string };

/** What functions and services do differently. */
export interface Platform {
  /** Reads the AppSpec and finds the target. */
  prepare(run: Run, content: string): Promise<Prepared>;
  /** Whether the target can be deployed to as it is now. */
  check(run: Run): Promise<StageResult>;
  stages(row: DeploymentRow): readonly Stage[];
  /** The deployment that undoes this one, which has a target. */
  reverse(row: DeploymentRow): {
    readonly configName: string;
    readonly target: TargetRow;
    readonly revision: RevisionLocation;
  };
}
