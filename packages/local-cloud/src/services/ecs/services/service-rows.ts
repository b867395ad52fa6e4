import { serviceRevisionArn } from "../arns.ts";
import type { Random } from "../../../random.ts";
import type {
  DeploymentRow,
  PlaceState,
  ServiceRevisionRow,
  ServiceRow,
  Workload,
} from "../state.ts";

/** Which service of a place. */
export interface ServiceKey {
  readonly clusterName: string;
  readonly name: string;
}

export function findService(state: PlaceState, key: ServiceKey): ServiceRow | undefined {
  return state.services(key.clusterName).get(key.name);
}

/** Stores a change of a service, made to what its row is at this moment. */
export function editService(
  state: PlaceState,
  key: ServiceKey,
  change: (row: ServiceRow) => Partial<ServiceRow>,
): void {
  const row = findService(state, key);
  if (row === undefined) return;
  state.services(key.clusterName).set(key.name, { ...row, ...change(row) });
}

export function editDeployment(
  state: PlaceState,
  key: ServiceKey,
  id: string,
  change: Partial<DeploymentRow>,
): void {
  editService(state, key, ({ deployments }) => ({
    deployments: deployments.map((row) => (row.id === id ? { ...row, ...change } : row)),
  }));
}

export const primaryOf = ({ deployments }: ServiceRow) =>
  deployments.find(({ status }) => status === "PRIMARY");

const DIGITS = "0123456789";

/** "ecs-svc/1234567890123456789" */
export function newDeploymentId(random: Random): string {
  return `ecs-svc/${random.string(1, DIGITS.slice(1))}${random.string(18, DIGITS)}`;
}

/** Stores a workload as a revision of the service. */
export function addRevision(
  state: PlaceState,
  key: ServiceKey,
  workload: Workload,
  { random, nowMs }: { readonly random: Random; readonly nowMs: number },
): ServiceRevisionRow {
  const id = `${random.string(1, DIGITS.slice(1))}${random.string(18, DIGITS)}`;
  const row: ServiceRevisionRow = {
    arn: serviceRevisionArn(state.place, key.clusterName, key.name, id),
    clusterName: key.clusterName,
    serviceName: key.name,
    workload,
    createdAtMs: nowMs,
  };
  state.serviceRevisions.set(row.arn, row);
  return row;
}

/** Whether deployments of the service are carried out by `ServiceDeployments` and not by the scheduler. */
export function isSteered({
  controller,
  deploymentConfiguration,
}: Pick<ServiceRow, "controller" | "deploymentConfiguration">): boolean {
  const { strategy = "ROLLING" } = deploymentConfiguration;
  return controller === "ECS" && strategy !== "ROLLING";
}
