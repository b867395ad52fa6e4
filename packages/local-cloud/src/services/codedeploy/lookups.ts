import { predefinedConfig } from "./configs/predefined.ts";
import {
  applicationNameRequired,
  deploymentIdRequired,
  invalidDeploymentId,
  noSuchApplication,
  noSuchConfig,
  noSuchDeployment,
  noSuchGroup,
} from "./errors.ts";
import {
  type ApplicationRow,
  type ConfigRow,
  type DeploymentRow,
  type GroupRow,
  groupKey,
  type PlaceState,
} from "./state.ts";

/** @throws {AwsError} ApplicationNameRequired- or ApplicationDoesNotExistException */
export function requireApplication(state: PlaceState, name = ""): ApplicationRow {
  if (name === "") throw applicationNameRequired();
  const row = state.applications.get(name);
  if (row === undefined) throw noSuchApplication(name);
  return row;
}

/** @throws {AwsError} DeploymentGroupDoesNotExistException */
export function requireGroup(state: PlaceState, { id }: ApplicationRow, name = ""): GroupRow {
  const row = state.groups.get(groupKey(id, name));
  if (row === undefined) throw noSuchGroup(name);
  return row;
}

export function groupsOf(state: PlaceState, { id }: ApplicationRow): GroupRow[] {
  return [...state.groups.values()].filter(({ applicationId }) => applicationId === id);
}

export function findConfig(state: PlaceState, name: string): ConfigRow | undefined {
  return predefinedConfig(name) ?? state.configs.get(name);
}

/** @throws {AwsError} DeploymentConfigDoesNotExistException */
export function requireConfig(state: PlaceState, name = ""): ConfigRow {
  const row = findConfig(state, name);
  if (row === undefined) throw noSuchConfig(name);
  return row;
}

/** @throws {AwsError} DeploymentIdRequired- or InvalidDeploymentIdException */
export function findDeployment(state: PlaceState, id: string): DeploymentRow | undefined {
  if (id === "") throw deploymentIdRequired();
  if (!/^d-[A-Z0-9]{9,}$/.test(id)) throw invalidDeploymentId(id);
  return state.deployments.get(id);
}

/** @throws {AwsError} DeploymentIdRequired-, InvalidDeploymentId- or DeploymentDoesNotExistException */
export function requireDeployment(state: PlaceState, id = ""): DeploymentRow {
  const row = findDeployment(state, id);
  if (row === undefined) throw noSuchDeployment(id);
  return row;
}
