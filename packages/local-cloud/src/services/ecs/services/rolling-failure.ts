import { breakerThreshold } from "../deployments/circuit-breaker.ts";
import type { DeploymentRow, PlaceState, ServiceRow } from "../state.ts";
import type { TaskGroupView } from "../task-groups.ts";
import type { DeploymentAlarms } from "./deployment-alarms.ts";
import type { SchedulerParts } from "./service-parts.ts";
import { editDeployment, editService } from "./service-rows.ts";

/** Why a deployment ends without success. */
interface Failure {
  /** Of the deployment: "ECS deployment circuit breaker: tasks failed to start." */
  readonly reason: string;
  /** For the service's events: "tasks failed to start" */
  readonly event: string;
  /** "ECS deployment circuit breaker" */
  readonly by: string;
  readonly rollback: boolean;
  readonly triggered: readonly string[];
}

/** How rolling deployments fail, and what becomes of the service then. */
export interface RollingFailures {
  /** @returns whether the deployment has just failed. */
  check(
    state: PlaceState,
    service: ServiceRow,
    primary: DeploymentRow,
    view: TaskGroupView,
  ): boolean;
  stop(
    state: PlaceState,
    service: ServiceRow,
    primary: DeploymentRow,
    stop: { readonly how: "ABORT" | "ROLLBACK"; readonly reason: string },
  ): void;
}

export function createRollingFailures(
  parts: SchedulerParts & { readonly alarms: DeploymentAlarms },
): RollingFailures {
  const { cloud, journal, keeper } = parts;

  const recordOf = (state: PlaceState, { currentServiceDeploymentArn: arn }: ServiceRow) =>
    arn === undefined ? undefined : state.serviceDeployments.get(arn);

  const failureOf = (
    state: PlaceState,
    service: ServiceRow,
    { failedCount }: TaskGroupView,
  ): Failure | undefined => {
    const { deploymentCircuitBreaker: breaker, alarms } = service.deploymentConfiguration;
    const record = recordOf(state, service);
    const triggered = record === undefined ? [] : parts.alarms.triggered(state, record);
    if (triggered.length > 0) {
      return {
        // Unverified: the text of the reason; that of the event is AWS's.
        reason: "ECS deployment alarm: alarm detected.",
        event: "alarm detected",
        by: "ECS deployment alarm",
        rollback: alarms?.rollback === true,
        triggered,
      };
    }
    if (breaker?.enable !== true || failedCount < breakerThreshold(breaker, service.desiredCount)) {
      return undefined;
    }
    return {
      reason: "ECS deployment circuit breaker: tasks failed to start.",
      event: "tasks failed to start",
      by: "ECS deployment circuit breaker",
      rollback: breaker.rollback === true,
      triggered: [],
    };
  };

  /** Healthy tasks as they were seen last, by deployment. */
  const healthy = new Map<string, number>();
  /**
   * One more healthy task begins the count anew, unless the breaker is told not to.
   * Source: ecs API reference, DeploymentCircuitBreaker, `resetOnHealthyTask`.
   */
  const forgetFailed = (
    { deploymentConfiguration: { deploymentCircuitBreaker: breaker } }: ServiceRow,
    { id }: DeploymentRow,
    { healthyCount, failedCount }: TaskGroupView,
  ): boolean => {
    const isMore = healthyCount > (healthy.get(id) ?? 0);
    healthy.set(id, healthyCount);
    if (!isMore || failedCount === 0 || breaker?.resetOnHealthyTask === false) return false;
    parts.groups.forgetFailures(id);
    return true;
  };

  /** Makes the last deployment that completed the PRIMARY one again. */
  const goBack = (
    state: PlaceState,
    service: ServiceRow,
    failed: DeploymentRow,
    { previous, by }: { readonly previous: DeploymentRow; readonly by: string },
  ) => {
    const nowMs = cloud.clock.nowMs();
    const reason = `${by}: rolling back to deploymentId ${previous.id}.`;
    parts.groups.forgetFailures(previous.id);
    editDeployment(state, service, failed.id, { status: "ACTIVE", updatedAtMs: nowMs });
    editDeployment(state, service, previous.id, {
      status: "PRIMARY",
      rolloutState: "IN_PROGRESS",
      rolloutStateReason: reason,
      updatedAtMs: nowMs,
    });
    editService(state, service, ({ deployments }) => ({
      workload: previous.workload,
      currentServiceRevisionArns: [previous.revisionArn],
      deployments: [
        ...deployments.filter(({ id }) => id === previous.id),
        ...deployments.filter(({ id }) => id !== previous.id),
      ],
    }));
    journal.say(state, service, `rolling back to deployment ${previous.id}.`);
    const { id } = previous;
    journal.deployment(state, service, "SERVICE_DEPLOYMENT_IN_PROGRESS", { id, reason });
  };

  const fail = (
    state: PlaceState,
    service: ServiceRow,
    primary: DeploymentRow,
    failure: Failure,
  ): void => {
    const nowMs = cloud.clock.nowMs();
    healthy.delete(primary.id);
    const { reason, event, by, triggered } = failure;
    const { id } = primary;
    const { failedCount, healthyCount } = keeper.view(state, service, id);
    editDeployment(state, service, id, {
      // Source: ecs API reference, Deployment: one that is FAILED launches no new tasks.
      desiredCount: healthyCount,
      rolloutState: "FAILED",
      rolloutStateReason: reason,
      updatedAtMs: nowMs,
    });
    journal.say(state, service, `(deployment ${id}) deployment failed: ${event}.`);
    journal.deployment(state, service, "SERVICE_DEPLOYMENT_FAILED", { id, reason });

    const record = recordOf(state, service);
    const isBackAlready = record?.rollbackStartedAtMs !== undefined;
    const previous = service.deployments.find(
      (row) => row.id !== id && row.rolloutState === "COMPLETED",
    );
    const isGoingBack = failure.rollback && previous !== undefined && !isBackAlready;
    if (record !== undefined) {
      parts.deployments().progress(state, record.arn, {
        status: isGoingBack
          ? "ROLLBACK_IN_PROGRESS"
          : isBackAlready
            ? "ROLLBACK_FAILED"
            : "STOPPED",
        statusReason: reason,
        failedTaskCount: failedCount,
        ...(triggered.length > 0 ? { alarms: { status: "TRIGGERED", triggered } } : {}),
        ...(isGoingBack
          ? { rollbackReason: reason, rollbackStartedAtMs: nowMs }
          : { finishedAtMs: nowMs }),
      });
    }
    if (isGoingBack) goBack(state, service, primary, { previous, by });
    else editService(state, service, () => ({ currentServiceDeploymentArn: undefined }));
  };

  return {
    check(state, service, primary, view) {
      const record = recordOf(state, service);
      const { failedCount } = view;
      if (forgetFailed(service, primary, view)) return false;
      if (record !== undefined && record.rollbackStartedAtMs === undefined) {
        if (record.failedTaskCount !== failedCount) {
          parts.deployments().progress(state, record.arn, { failedTaskCount: failedCount });
        }
      }
      const failure = failureOf(state, service, view);
      if (failure === undefined) return false;
      fail(state, service, primary, failure);
      return true;
    },
    stop(state, service, primary, { how, reason }) {
      const rollback = how === "ROLLBACK";
      const by = "ECS deployment";
      fail(state, service, primary, { reason, event: "stopped", by, rollback, triggered: [] });
    },
  };
}
