import type { PlaceState, ServiceDeploymentRow, ServiceRow } from "./state.ts";

/**
 * Service deployments: the record of how a service with the ECS controller came from one revision to another.
 * BLUE_GREEN, LINEAR and CANARY are carried out here, stage by stage; ROLLING by the scheduler of services, which
 * says here how it goes.
 */
export interface ServiceDeployments {
  /**
   * Begins one. One that is under way is superseded: it ends STOPPED, and what it had begun is taken over or taken
   * down. Call it when the new service row is stored.
   */
  begin(
    state: PlaceState,
    service: ServiceRow,
    revisions: { readonly sourceArn: string | undefined; readonly targetArn: string },
  ): ServiceDeploymentRow;
  /** By the scheduler, of a ROLLING one. */
  progress(
    state: PlaceState,
    arn: string,
    change: Partial<
      Pick<
        ServiceDeploymentRow,
        | "status"
        | "statusReason"
        | "alarms"
        | "failedTaskCount"
        | "rollbackReason"
        | "rollbackStartedAtMs"
        | "finishedAtMs"
        | "stoppedAtMs"
      >
    >,
  ): void;
  /** The service is being deleted: nothing goes on. */
  abandon(state: PlaceState, service: ServiceRow): void;
  /** Goes on with what was under way, after a restart of the cloud. */
  resume(state: PlaceState): void;
  close(): void;
}

/** What the scheduler of services offers to deployments that are carried out elsewhere. */
export interface ServiceSteering {
  /**
   * How many tasks of which revision the service runs from now on, in the groups named by deployment ids; the one
   * marked PRIMARY first. Events of the service and `deployments` of DescribeServices follow from it.
   */
  run(
    state: PlaceState,
    service: { readonly clusterName: string; readonly name: string },
    wanted: readonly {
      readonly id: string;
      readonly revisionArn: string;
      readonly status: "PRIMARY" | "ACTIVE";
      readonly count: number;
      /** Where its tasks are registered: over the target groups of the revision's own load balancers. */
      readonly targetGroupArns: readonly string[];
    }[],
  ): void;
  /** Makes a revision the service's own, after a deployment succeeded or was rolled back. */
  settle(
    state: PlaceState,
    service: { readonly clusterName: string; readonly name: string },
    revisionArn: string,
  ): void;
  /** Adds to the service's events. */
  say(
    state: PlaceState,
    service: { readonly clusterName: string; readonly name: string },
    message: string,
  ): void;
  /** No deployment is under way any more, and no revision was settled on. */
  release(
    state: PlaceState,
    service: { readonly clusterName: string; readonly name: string },
  ): void;
  /** StopServiceDeployment of a ROLLING one; how it goes is told through `progress`. */
  stopRolling(
    state: PlaceState,
    service: { readonly clusterName: string; readonly name: string },
    how: "ABORT" | "ROLLBACK",
    reason: string,
  ): void;
}
