import type { ErrorInformation } from "@aws-sdk/client-codedeploy";
import {
  type CodeDeploy,
  type DeploymentRow,
  type LifecycleEventRow,
  newDeploymentId,
  type PlaceState,
} from "../state.ts";
import type { Notices } from "./notices.ts";
import { platformOf } from "./platforms.ts";
import { NOT_BEGUN } from "./progress.ts";
import type { Run } from "./stage.ts";

export interface Ending {
  /** Ends a deployment where it stands, and makes the one that undoes it when that is wanted. */
  end(run: Run, status: "Succeeded" | "Failed" | "Stopped", error?: ErrorInformation): undefined;
}

export function createEnding(
  codedeploy: CodeDeploy,
  parts: {
    readonly notices: Notices;
    readonly start: (state: PlaceState, row: DeploymentRow) => void;
  },
): Ending {
  return {
    end(run, status, error) {
      const before = run.row();
      const wantsRollback = status !== "Succeeded" && isRollbackWanted(before, status);
      const rollback = codedeploy.cloud.store.transaction(() => {
        run.save({
          status,
          completedAtMs: run.nowMs(),
          events: before.events.map((event) => closed(event, run.nowMs())),
          error: error && { code: error.code, message: error.message },
        });
        changeGroup(run, status);
        return wantsRollback ? makeRollback(codedeploy, run) : undefined;
      });
      parts.notices.ended(run);
      if (rollback !== undefined) {
        parts.notices.rollingBack(run);
        parts.start(run.state, rollback);
      }
      return undefined;
    },
  };
}

/** What runs has failed, and the rest is skipped. Source: observed answers of AWS. */
function closed(event: LifecycleEventRow, nowMs: number): LifecycleEventRow {
  if (event.status === "Pending") return { ...event, status: "Skipped" };
  if (event.status !== "InProgress") return event;
  return { ...event, status: "Failed", endedAtMs: nowMs };
}

function changeGroup(run: Run, status: DeploymentRow["status"]): void {
  const { id, groupId } = run.row();
  for (const [key, group] of run.state.groups.entries()) {
    if (group.id !== groupId || status !== "Succeeded") continue;
    run.state.groups.set(key, { ...group, lastSuccessfulId: id });
  }
}

/**
 * A deployment that has changed nothing has nothing to undo, and a rollback is not rolled back.
 * Unverified: that the end of the ready wait counts as DEPLOYMENT_FAILURE.
 */
function isRollbackWanted(row: DeploymentRow, status: "Failed" | "Stopped"): boolean {
  const hasBegun = row.events.some((event) => event.status !== "Pending");
  if (!hasBegun || row.creator === "codeDeployRollback") return false;
  const { enabled = false, events = [] } = row.settings.autoRollbackConfiguration ?? {};
  if (row.stop?.by === "user") {
    return (
      row.stop.autoRollbackEnabled ?? (enabled && events.includes("DEPLOYMENT_STOP_ON_REQUEST"))
    );
  }
  if (row.stop?.by === "alarm" && status === "Stopped") {
    return enabled && events.includes("DEPLOYMENT_STOP_ON_ALARM");
  }
  return enabled && events.includes("DEPLOYMENT_FAILURE");
}

/** Source of the messages: observed answers of AWS. Unverified: that hooks are not called again. */
function makeRollback(codedeploy: CodeDeploy, run: Run): DeploymentRow {
  const row = run.row();
  const nowMs = run.nowMs();
  const id = newDeploymentId(codedeploy);
  const {
    startedAtMs: _started,
    completedAtMs: _completed,
    stop: _stop,
    description: _description,
    ...rest
  } = row;
  const rollback: DeploymentRow = {
    ...rest,
    ...platformOf(row).reverse(row),
    id,
    routing: { type: "AllAtOnce" },
    creator: "codeDeployRollback",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    status: "Created",
    error: undefined,
    hooks: {},
    hookRuns: [],
    events: [],
    progress: NOT_BEGUN,
    rollbackInfo: {
      rollbackTriggeringDeploymentId: row.id,
      rollbackMessage: `Deployment ${id} is triggered to roll back deployment ${row.id}.`,
    },
  };
  run.state.deployments.set(id, rollback);
  run.save({
    rollbackInfo: {
      rollbackDeploymentId: id,
      rollbackMessage: `Deployment ${row.id} terminated. Automatic rollback is triggered with a DeploymentId ${id}.`,
    },
  });
  for (const [key, group] of run.state.groups.entries()) {
    if (group.id !== row.groupId) continue;
    const targetRevision = rollback.revision;
    run.state.groups.set(key, { ...group, lastAttemptedId: id, targetRevision });
  }
  return rollback;
}
