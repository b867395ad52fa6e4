import type {
  TargetHealthReasonEnum,
  TargetHealthStateEnum,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { GroupRow, PlaceState, TargetRow } from "../state.ts";
import { targetKey } from "../state.ts";
import { balancerUsing } from "../usage.ts";
import type { HealthBook } from "./health-book.ts";

export interface TargetStatus {
  readonly State: TargetHealthStateEnum;
  readonly Reason?: TargetHealthReasonEnum | undefined;
  readonly Description?: string | undefined;
}

/**
 * What DescribeTargetHealth says of a target.
 * Source: botocore elbv2 model, TargetHealth; AWS docs, "Target health status".
 */
export function statusOf(
  state: PlaceState,
  group: GroupRow,
  row: TargetRow | undefined,
  book: HealthBook,
): TargetStatus {
  if (row === undefined) {
    return {
      State: "unused",
      Reason: "Target.NotRegistered",
      Description: "Target is not registered to the target group",
    };
  }
  if (row.drainedAtMs !== undefined) {
    return {
      State: "draining",
      Reason: "Target.DeregistrationInProgress",
      Description: "Target deregistration is in progress",
    };
  }
  if (balancerUsing(state, group.arn) === undefined) {
    return {
      State: "unused",
      Reason: "Target.NotInUse",
      Description: "Target group is not configured to receive traffic from the load balancer",
    };
  }
  if (!group.check.isEnabled) {
    return {
      State: "unavailable",
      Reason: "Target.HealthCheckDisabled",
      Description: "Health checks are not enabled for this target",
    };
  }
  const health = book.of(group.arn, targetKey(row));
  if (health === undefined) {
    return {
      State: "initial",
      Reason: "Elb.RegistrationInProgress",
      Description: "Target registration is in progress",
    };
  }
  switch (health.status) {
    case "healthy":
      return { State: "healthy" };
    case "initial":
      return {
        State: "initial",
        Reason: "Elb.InitialHealthChecking",
        Description: "Initial health checks in progress",
      };
    case "unhealthy":
      return {
        State: "unhealthy",
        Reason: health.failure?.reason ?? "Target.FailedHealthChecks",
        Description: health.failure?.description ?? "Health checks failed",
      };
    default:
      return health.status satisfies never;
  }
}
