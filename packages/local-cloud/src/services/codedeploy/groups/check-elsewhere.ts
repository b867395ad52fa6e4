import { invalidRole, refused } from "../errors.ts";
import type { CodeDeploy, GroupRow, GroupSettings, PlaceState } from "../state.ts";

/** The service role must exist and let CodeDeploy assume it. */
export async function checkRole(
  { cloud }: CodeDeploy,
  { place }: PlaceState,
  serviceRoleArn: string,
): Promise<void> {
  if (serviceRoleArn === "") throw refused("RoleRequiredException", "The service role is required");
  const roles = await cloud.port("roles");
  const trust = roles.trusts(place.account, serviceRoleArn, "codedeploy.amazonaws.com");
  if (trust !== "trusted") throw invalidRole(serviceRoleArn);
}

/** The service must exist, be deployed by CodeDeploy, and belong to no other group. */
export async function checkService(
  { cloud }: CodeDeploy,
  state: PlaceState,
  group: { readonly id: string | undefined; readonly settings: GroupSettings },
): Promise<void> {
  const { clusterName: cluster = "", serviceName: service = "" } =
    group.settings.ecsServices?.[0] ?? {};
  const other = [...state.groups.values()].find(
    (row) => row.id !== group.id && deploysTo(row, cluster, service),
  );
  if (other !== undefined) {
    // Unverified: the text.
    throw refused(
      "ECSServiceMappingLimitExceededException",
      `The ECS service ${cluster}:${service} is already associated with the deployment group ${other.name}`,
    );
  }
  const services = await cloud.port("containerServices");
  const view = services.find({ ...state.place, cluster, service });
  if (view === undefined || view.status !== "ACTIVE") {
    // Unverified: the text.
    throw refused(
      "InvalidECSServiceException",
      `The ECS service ${service} could not be found in cluster ${cluster}`,
    );
  }
  if (view.controller !== "CODE_DEPLOY") {
    throw refused(
      "InvalidECSServiceException",
      "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.",
    );
  }
}

function deploysTo({ settings }: GroupRow, cluster: string, service: string): boolean {
  return (settings.ecsServices ?? []).some(
    (each) => each.clusterName === cluster && each.serviceName === service,
  );
}
