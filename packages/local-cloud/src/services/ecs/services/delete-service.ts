import { invalid } from "../errors.ts";
import { requireCluster } from "../lookups.ts";
import type { EcsInput } from "../sdk.ts";
import type { PlaceState, ServiceRow } from "../state.ts";
import type { ServiceScheduler } from "./scheduler.ts";
import type { ServiceParts } from "./service-parts.ts";
import { editService } from "./service-rows.ts";
import { requireActive } from "./update-service.ts";

/**
 * Begins to delete a service:
 *
 *     ACTIVE ─DeleteService→ DRAINING ─its tasks are gone→ INACTIVE
 *
 * @returns the service as it is DRAINING, which AWS answers with also when it had no tasks.
 * @throws ServiceNotFoundException, ServiceNotActiveException, InvalidParameterException
 */
export function deleteService(
  parts: ServiceParts,
  scheduler: ServiceScheduler,
  state: PlaceState,
  input: EcsInput<"DeleteService">,
): ServiceRow {
  const cluster = requireCluster(state, input.cluster);
  const row = requireActive(state, cluster.name, input.service);
  const isForced = input.force === true || row.schedulingStrategy === "DAEMON";
  if (row.desiredCount > 0 && !isForced) {
    throw invalid(
      row.controller === "ECS"
        ? "The service cannot be stopped while the primary deployment is scaled above 0."
        : "The service cannot be stopped while it is scaled above 0.",
    );
  }
  // Source: an answer of AWS that terraform-provider-aws tries again after.
  const hasSets = state.taskSets(row.clusterName, row.name).size > 0;
  if (row.controller === "EXTERNAL" && hasSets && !isForced) {
    throw invalid("The service cannot be stopped while deployments are active.");
  }
  const draining: ServiceRow = {
    ...row,
    status: "DRAINING",
    desiredCount: 0,
    deployments: row.deployments.map((deployment) => ({ ...deployment, desiredCount: 0 })),
  };
  editService(state, row, () => draining);
  parts.deployments().abandon(state, draining);
  editService(state, row, () => ({ currentServiceDeploymentArn: undefined }));
  scheduler.look(state, row);
  return draining;
}
