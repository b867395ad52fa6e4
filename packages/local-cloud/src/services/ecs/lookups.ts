import { lastPart } from "./arns.ts";
import {
  clusterInactive,
  clusterNotFound,
  serviceNotFound,
  taskDefinitionInactive,
  taskDefinitionNotFound,
} from "./errors.ts";
import type { ClusterRow, PlaceState, ServiceRow, TaskDefinitionRow } from "./state.ts";

/** @param nameOrArn left out: "default". */
export function findCluster(
  state: PlaceState,
  nameOrArn: string | undefined,
): ClusterRow | undefined {
  return state.clusters.get(lastPart(nameOrArn ?? "default"));
}

/** @throws ClusterNotFoundException, of an inactive one too. */
export function requireCluster(state: PlaceState, nameOrArn: string | undefined): ClusterRow {
  const row = findCluster(state, nameOrArn);
  if (row === undefined) throw clusterNotFound();
  if (row.status === "INACTIVE") throw clusterInactive();
  return row;
}

/** An INACTIVE one too. @throws ServiceNotFoundException */
export function requireService(
  state: PlaceState,
  clusterName: string,
  nameOrArn: string | undefined,
): ServiceRow {
  const row = state.services(clusterName).get(lastPart(nameOrArn ?? ""));
  if (row === undefined) throw serviceNotFound();
  return row;
}

/** By family (its latest ACTIVE revision), "family:revision" or ARN, whatever its status. */
export function findTaskDefinition(
  state: PlaceState,
  nameOrArn: string | undefined,
): TaskDefinitionRow | undefined {
  const name = lastPart(nameOrArn ?? "");
  if (name.includes(":")) return state.taskDefinitions.get(name);
  let latest: TaskDefinitionRow | undefined;
  for (const row of state.taskDefinitions.values()) {
    if (row.family !== name || row.status !== "ACTIVE") continue;
    if (latest === undefined || row.revision > latest.revision) latest = row;
  }
  return latest;
}

/** One that tasks may be started from. @throws ClientException */
export function requireTaskDefinition(
  state: PlaceState,
  nameOrArn: string | undefined,
): TaskDefinitionRow {
  const row = findTaskDefinition(state, nameOrArn);
  if (row === undefined) throw taskDefinitionNotFound();
  if (row.status !== "ACTIVE") throw taskDefinitionInactive();
  return row;
}
