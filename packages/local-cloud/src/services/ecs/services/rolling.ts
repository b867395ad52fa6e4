import type { DeploymentRow, PlaceState, ServiceRow } from "../state.ts";
import type { DeploymentAlarms } from "./deployment-alarms.ts";
import type { FailureNews } from "./failure-news.ts";
import { saySteady } from "./journal.ts";
import { createRollingFailures } from "./rolling-failure.ts";
import { planRolling } from "./rolling-plan.ts";
import type { SchedulerParts } from "./service-parts.ts";
import {
  editDeployment,
  editService,
  findService,
  primaryOf,
  type ServiceKey,
} from "./service-rows.ts";

/**
 * Rolling deployments of services with the ECS controller:
 *
 *     IN_PROGRESS ─all tasks healthy, old ones gone, alarms quiet→ COMPLETED
 *          └─ too many tasks failed, or an alarm → FAILED ─rollback→ the one before is PRIMARY, IN_PROGRESS
 */
export interface Rolling {
  /** Does what is to be done now. */
  look(state: PlaceState, key: ServiceKey): void;
  /** Ends the deployment under way: where it stands, or back to the one before. */
  stop(state: PlaceState, key: ServiceKey, how: "ABORT" | "ROLLBACK", reason: string): void;
}

export function createRolling(
  parts: SchedulerParts & { readonly alarms: DeploymentAlarms; readonly failureNews: FailureNews },
  /** Looks again when the time has come. */
  lookAt: (state: PlaceState, key: ServiceKey, atMs: number) => void,
): Rolling {
  const { keeper, journal, alarms, cloud } = parts;
  const failures = createRollingFailures(parts);
  /** Until when a deployment whose tasks are all there is watched. */
  const bakeUntil = new Map<string, number>();

  /** Gives each deployment its tasks. */
  const balance = (state: PlaceState, service: ServiceRow, primary: DeploymentRow): void => {
    const old = replacedFirst(service.deployments);
    const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.deploymentConfiguration;
    const countOf = (row: DeploymentRow) => {
      const view = keeper.view(state, service, row.id);
      const isFailed = row.rolloutState === "FAILED";
      return {
        id: row.id,
        count: isFailed ? row.desiredCount : view.desiredCount,
        alive: view.pendingCount + view.runningCount,
        healthy: view.healthyCount,
        isFailed,
      };
    };
    const { counts, isStuck } = planRolling(
      { desiredCount: service.desiredCount, minimumHealthyPercent, maximumPercent },
      countOf(primary),
      old.map(countOf),
    );
    for (const row of [primary, ...old]) {
      const count = counts.get(row.id) ?? 0;
      keeper.keep(state, service, { id: row.id, workload: row.workload, count });
      const isWhole = row === primary && row.rolloutState !== "FAILED";
      const desiredCount = isWhole ? service.desiredCount : count;
      if (row.desiredCount === desiredCount) continue;
      editDeployment(state, service, row.id, { desiredCount, updatedAtMs: cloud.clock.nowMs() });
    }
    const text =
      "was unable to stop or start tasks during a deployment because of the service deployment " +
      "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.";
    const last = findService(state, service)?.events[0]?.message;
    if (isStuck && last !== `(service ${service.name}) ${text}`) journal.say(state, service, text);
  };

  /** Takes away old deployments that have no tasks any more. */
  const clear = (state: PlaceState, service: ServiceRow, isSettled: boolean): void => {
    for (const row of service.deployments) {
      if (row.status === "PRIMARY" || !keeper.isGone(state, service, row.id)) continue;
      // The one that a failed deployment would go back to stays, without tasks, while one is under way.
      if (!isSettled && row.rolloutState === "COMPLETED") continue;
      keeper.forget(row.id);
      editService(state, service, ({ deployments }) => ({
        deployments: deployments.filter(({ id }) => id !== row.id),
      }));
    }
  };

  const complete = (state: PlaceState, service: ServiceRow, { id }: DeploymentRow): void => {
    const reason = `ECS deployment ${id} completed.`;
    const nowMs = cloud.clock.nowMs();
    bakeUntil.delete(id);
    parts.groups.forgetFailures(id);
    editDeployment(state, service, id, {
      rolloutState: "COMPLETED",
      rolloutStateReason: reason,
      updatedAtMs: nowMs,
    });
    journal.say(state, service, `(deployment ${id}) deployment completed.`);
    journal.deployment(state, service, "SERVICE_DEPLOYMENT_COMPLETED", { id, reason });
    const arn = service.currentServiceDeploymentArn;
    const record = arn === undefined ? undefined : state.serviceDeployments.get(arn);
    if (arn === undefined || record === undefined) return;
    const isBack = record.rollbackStartedAtMs !== undefined;
    parts.deployments().progress(state, arn, {
      status: isBack ? "ROLLBACK_SUCCESSFUL" : "SUCCESSFUL",
      finishedAtMs: nowMs,
      ...(record.alarms.status === "MONITORING"
        ? { alarms: { status: "MONITORING_COMPLETE", triggered: [] } }
        : {}),
    });
    editService(state, service, () => ({ currentServiceDeploymentArn: undefined }));
  };

  /** Whether its alarms have been quiet for as long as they are watched. */
  const isBaked = (state: PlaceState, service: ServiceRow, { id }: DeploymentRow): boolean => {
    const arn = service.currentServiceDeploymentArn;
    if (arn !== undefined && alarms.isBeginning(arn)) return false;
    const record = arn === undefined ? undefined : state.serviceDeployments.get(arn);
    if (record === undefined || record.rollbackStartedAtMs !== undefined) return true;
    const nowMs = cloud.clock.nowMs();
    const known = bakeUntil.get(id);
    const until = known ?? nowMs + alarms.bakeMs(state, record);
    if (known === undefined) {
      bakeUntil.set(id, until);
      if (until > nowMs) lookAt(state, service, until);
    }
    return until <= nowMs;
  };

  const look: Rolling["look"] = (state, key) => {
    const service = findService(state, key);
    const primary = service && primaryOf(service);
    if (service === undefined || primary === undefined) return;
    const view = keeper.view(state, service, primary.id);
    parts.failureNews.tell(state, service, primary.id, view);
    if (primary.rolloutState === "IN_PROGRESS" && failures.check(state, service, primary, view)) {
      bakeUntil.delete(primary.id);
      return look(state, key);
    }
    balance(state, service, primary);

    const isThere = keeper.view(state, service, primary.id);
    const isSteady = isThere.isSteady && isThere.desiredCount === service.desiredCount;
    const oldIsGone = service.deployments.every(
      ({ id, status }) => status === "PRIMARY" || keeper.isGone(state, service, id),
    );
    if (!isSteady) bakeUntil.delete(primary.id);
    const isDone =
      primary.rolloutState === "IN_PROGRESS" &&
      isSteady &&
      oldIsGone &&
      isBaked(state, service, primary);
    if (isDone) complete(state, service, primary);
    const isSettled = isDone || primary.rolloutState === "COMPLETED";
    const now = findService(state, key);
    if (now === undefined) return;
    clear(state, now, isSettled);
    if (isSettled && isSteady && oldIsGone) saySteady(journal, state, key);
  };

  return {
    look,
    stop(state, key, how, reason) {
      const service = findService(state, key);
      const primary = service && primaryOf(service);
      if (service === undefined || primary?.rolloutState !== "IN_PROGRESS") return;
      bakeUntil.delete(primary.id);
      failures.stop(state, service, primary, { how, reason });
      look(state, key);
    },
  };
}

/** Those being replaced, in the order in which they go: what failed or never completed first, then the oldest. */
function replacedFirst(deployments: readonly DeploymentRow[]): readonly DeploymentRow[] {
  const old = deployments.filter(({ status }) => status !== "PRIMARY");
  const rank = ({ rolloutState }: DeploymentRow) =>
    ({ FAILED: 0, IN_PROGRESS: 1, COMPLETED: 2 })[rolloutState];
  return old.toSorted((a, b) => rank(a) - rank(b) || a.createdAtMs - b.createdAtMs);
}
