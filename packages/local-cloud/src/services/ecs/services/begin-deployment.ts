import { inServingGroups } from "../deployments/serving-groups.ts";
import type { DeploymentRow, PlaceState, ServiceRow, Workload } from "../state.ts";
import type { DeploymentAlarms } from "./deployment-alarms.ts";
import type { SchedulerParts } from "./service-parts.ts";
import {
  addRevision,
  editService,
  findService,
  isSteered,
  newDeploymentId,
  type ServiceKey,
} from "./service-rows.ts";

/**
 * Begins a deployment of a workload of a service with the ECS controller: its revision, its service deployment,
 * and, for a rolling one, its entry in `deployments`.
 */
export function beginDeployment(
  parts: SchedulerParts & { readonly alarms: DeploymentAlarms },
  state: PlaceState,
  key: ServiceKey,
  { workload, whenWatched }: { readonly workload: Workload; readonly whenWatched: () => void },
): void {
  const before = findService(state, key);
  if (before === undefined) return;
  const { random, clock } = parts.cloud;
  const nowMs = clock.nowMs();
  const source = before.deployments.find(({ rolloutState }) => rolloutState === "COMPLETED");
  const revision = addRevision(state, key, workload, { random, nowMs });
  const id = newDeploymentId(random);
  const reason = `ECS deployment ${id} in progress.`;
  const isRolling = !isSteered(before);

  editService(state, key, ({ deployments, desiredCount }) => ({
    workload,
    currentServiceRevisionArns: revisionsOf(source, revision.arn),
    deployments: isRolling
      ? [
          newDeployment({
            id,
            workload: inServingGroups(workload, deployments),
            desiredCount,
            reason,
            revisionArn: revision.arn,
            nowMs,
          }),
          ...deployments.map((row) => ({ ...row, status: "ACTIVE" as const })),
        ]
      : deployments,
  }));
  const service = findService(state, key);
  if (service === undefined) return;
  const record = parts.deployments().begin(state, service, {
    sourceArn: source?.revisionArn,
    targetArn: revision.arn,
  });
  editService(state, key, () => ({ currentServiceDeploymentArn: record.arn }));
  if (!isRolling) return;
  parts.journal.deployment(state, key, "SERVICE_DEPLOYMENT_IN_PROGRESS", { id, reason });
  parts.deployments().progress(state, record.arn, { status: "IN_PROGRESS" });
  parts.alarms.begin(state, record.arn, service, whenWatched);
}

function newDeployment(of: {
  readonly id: string;
  readonly workload: Workload;
  readonly desiredCount: number;
  readonly reason: string;
  readonly revisionArn: string;
  readonly nowMs: number;
}): DeploymentRow {
  return {
    id: of.id,
    status: "PRIMARY",
    workload: of.workload,
    desiredCount: of.desiredCount,
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: of.reason,
    revisionArn: of.revisionArn,
    createdAtMs: of.nowMs,
    updatedAtMs: of.nowMs,
  };
}

function revisionsOf(source: DeploymentRow | undefined, targetArn: string): readonly string[] {
  return source === undefined ? [targetArn] : [source.revisionArn, targetArn];
}

/** Whether the deployment under way is carried out elsewhere (`ServiceSteering.run`). */
export function isSteeredNow(state: PlaceState, service: ServiceRow): boolean {
  const { currentServiceDeploymentArn: arn } = service;
  const record = arn === undefined ? undefined : state.serviceDeployments.get(arn);
  return (
    record !== undefined && isSteered({ ...service, deploymentConfiguration: record.configuration })
  );
}
