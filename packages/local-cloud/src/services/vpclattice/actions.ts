import type { RuleAction } from "@aws-sdk/client-vpc-lattice";
import type { Action } from "../../data-plane/vpc-lattice/routing.ts";
import { conflict, invalid } from "./errors.ts";
import { targetGroupOf } from "./identifiers.ts";
import { requireActive } from "./lifecycle.ts";
import { FIXED_STATUSES, WEIGHT_DEFAULT } from "./limits.ts";
import type { Lattice, PlaceState, ServiceRow } from "./state.ts";
import { servicesUsing } from "./usage.ts";

/**
 * Reads the action of a listener or a rule of `service`.
 * @throws {AwsError} ValidationException, ResourceNotFoundException, ConflictException
 */
export function readAction(
  lattice: Lattice,
  state: PlaceState,
  service: ServiceRow,
  given: RuleAction | undefined,
): Action {
  if (given?.fixedResponse !== undefined) {
    const { statusCode = 0 } = given.fixedResponse;
    if (!FIXED_STATUSES.includes(statusCode)) {
      throw invalid(
        `Fixed response status code ${statusCode} is not supported. Supported: ${FIXED_STATUSES.join(", ")}`,
        "fixedResponse.statusCode",
      );
    }
    return { kind: "fixedResponse", statusCode };
  }
  const groups = given?.forward?.targetGroups;
  if (groups === undefined) throw invalid("An action must be forward or fixedResponse", "action");
  const targetGroups = groups.map(({ targetGroupIdentifier, weight = WEIGHT_DEFAULT }) => {
    const groupId = usableGroup(lattice, state, service, targetGroupIdentifier);
    return { groupId, weight };
  });
  if (new Set(targetGroups.map(({ groupId }) => groupId)).size < targetGroups.length) {
    throw invalid("A target group is named more than once", "forward.targetGroups");
  }
  return { kind: "forward", targetGroups };
}

function usableGroup(
  lattice: Lattice,
  state: PlaceState,
  service: ServiceRow,
  identifier: string | undefined,
): string {
  const group = targetGroupOf(state, identifier);
  const name = { type: "TARGET_GROUP", id: group.id } as const;
  requireActive(lattice, group, name);
  if (group.config.protocol === "TCP") {
    throw invalid(
      `TargetGroup ${group.id} has the protocol TCP, which only TLS_PASSTHROUGH listeners forward to`,
      "forward.targetGroups",
    );
  }
  // Source: AWS docs, "Target groups in VPC Lattice": one service may use a target group.
  const other = servicesUsing(state, group.id).find((id) => id !== service.id);
  if (other !== undefined) throw conflict(name, `is used by another service: ${other}`);
  return group.id;
}

export function actionShape(action: Action) {
  if (action.kind === "fixedResponse") return { fixedResponse: { statusCode: action.statusCode } };
  const targetGroups = action.targetGroups.map(({ groupId, weight }) => ({
    targetGroupIdentifier: groupId,
    weight,
  }));
  return { forward: { targetGroups } };
}
