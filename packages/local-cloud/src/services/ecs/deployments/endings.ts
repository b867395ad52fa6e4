import type { Cloud } from "../../../service.ts";
import type { ServiceSteering } from "../service-deployments.ts";
import type { ServiceDeploymentRow } from "../state.ts";
import type { Book, Underway } from "./book.ts";
import { tellDeployment } from "./events.ts";
import type { TurningPoint } from "./plan.ts";
import { BREAKER_TRIPPED, NO_CANDIDATE } from "./reasons.ts";

/** How deployments turn back and end. */
export interface Endings {
  /** Everything of the plan is done, forward or back. */
  finish(at: Underway): void;
  /** It ends where it stands: traffic and tasks stay as they are. */
  stop(at: Underway, reason: string): void;
  /** Back to the source revision, at once. */
  turnBack(at: Underway, reason: string): void;
}

export function createEndings(parts: {
  readonly cloud: Cloud;
  readonly book: Book;
  readonly steering: ServiceSteering;
}): Endings {
  const { cloud, book, steering } = parts;
  const { clock } = cloud;
  const fail = (at: Underway, reason: string) =>
    tellDeployment(cloud, at.state, at.row, {
      name: "SERVICE_DEPLOYMENT_FAILED",
      deploymentId: at.progress.greenId,
      reason,
    });
  const monitored = (at: Underway): Partial<ServiceDeploymentRow> =>
    at.row.alarms.status === "MONITORING"
      ? { alarms: { ...at.row.alarms, status: "MONITORING_COMPLETE" } }
      : {};
  return {
    finish(at) {
      const { state, service, row, progress } = at;
      const finishedAtMs = clock.nowMs();
      if (progress.turned === undefined) {
        book.change(at, { row: { ...monitored(at), status: "SUCCESSFUL", finishedAtMs } });
        steering.settle(state, service, row.targetRevisionArn);
        return;
      }
      // Unverified: how a hook that fails on the way back shows. The way back is gone to its end all the same.
      const failure = progress.rollbackFailure;
      book.change(at, {
        row:
          failure === undefined
            ? { status: "ROLLBACK_SUCCESSFUL", finishedAtMs }
            : { status: "ROLLBACK_FAILED", statusReason: failure, finishedAtMs },
      });
      steering.settle(state, service, row.sourceRevisionArn ?? row.targetRevisionArn);
    },

    stop(at, reason) {
      const nowMs = clock.nowMs();
      book.change(at, {
        row: {
          ...monitored(at),
          status: "STOPPED",
          statusReason: reason,
          stoppedAtMs: nowMs,
          finishedAtMs: nowMs,
        },
      });
      fail(at, reason);
      steering.release(at.state, at.service);
    },

    turnBack(at, reason) {
      const { state, service, row } = at;
      const nowMs = clock.nowMs();
      fail(at, reason);
      steering.say(
        state,
        service,
        `(service ${service.name}) (deployment ${at.progress.greenId}) deployment failed: ${reason}`,
      );
      if (row.sourceRevisionArn === undefined) {
        // Unverified: whether the tasks of a first deployment stay. Those that never served are stopped here.
        if (row.productionWeight === 0) steering.run(state, service, []);
        book.change(at, {
          row: {
            ...monitored(at),
            status: "ROLLBACK_FAILED",
            statusReason: NO_CANDIDATE,
            rollbackReason: reason,
            rollbackStartedAtMs: nowMs,
            finishedAtMs: nowMs,
          },
        });
        steering.release(state, service);
        return;
      }
      book.change(at, {
        row: {
          ...monitored(at),
          status: "ROLLBACK_IN_PROGRESS",
          statusReason: reason,
          rollbackReason: reason,
          rollbackStartedAtMs: nowMs,
        },
        progress: { turned: turningPoint(row), step: 0, stepStartedAtMs: undefined },
      });
      tellDeployment(cloud, state, row, {
        name: "SERVICE_DEPLOYMENT_IN_PROGRESS",
        deploymentId: at.progress.blueId ?? at.progress.greenId,
        // Unverified: the words, but for the circuit breaker's.
        reason: `ECS deployment${reason === BREAKER_TRIPPED ? " circuit breaker" : ""}: rolling back to deploymentId ${at.progress.blueId ?? ""}.`,
      });
    },
  };
}

function turningPoint(row: ServiceDeploymentRow): TurningPoint {
  return {
    production: row.productionWeight > 0,
    test: row.testWeight > 0,
    scalesUp: row.lifecycleStage === "CLEAN_UP",
  };
}
