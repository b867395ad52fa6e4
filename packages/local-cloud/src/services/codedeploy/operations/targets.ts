import {
  deploymentTarget,
  instanceSummary,
  requireTarget,
  targetIdOf,
  targetStatus,
} from "../deployment-target.ts";
import { refused, tooManyInBatch } from "../errors.ts";
import { BATCH_INSTANCES_MAX, BATCH_TARGETS_MAX } from "../limits.ts";
import { requireDeployment } from "../lookups.ts";
import type { CodeDeployHandlers } from "../sdk.ts";
import type { CodeDeploy, DeploymentRow } from "../state.ts";

export function targetOperations(codedeploy: CodeDeploy) {
  return {
    GetDeploymentTarget(input, context) {
      const state = codedeploy.in(context);
      const row = requireDeployment(state, input.deploymentId);
      requireTargetId(row, input.targetId);
      return { deploymentTarget: deploymentTarget(state, row) };
    },

    BatchGetDeploymentTargets(input, context) {
      const state = codedeploy.in(context);
      const row = requireDeployment(state, input.deploymentId);
      const ids = input.targetIds ?? [];
      if (ids.length === 0) throw targetIdRequired();
      if (ids.length > BATCH_TARGETS_MAX) {
        // Unverified: the text.
        throw refused(
          "DeploymentTargetListSizeExceededException",
          `A deployment to ${row.computePlatform} has ${BATCH_TARGETS_MAX} target, got ${ids.length} ids`,
        );
      }
      for (const id of ids) requireTargetId(row, id);
      return { deploymentTargets: [deploymentTarget(state, row)] };
    },

    ListDeploymentTargets(input, context) {
      const row = requireDeployment(codedeploy.in(context), input.deploymentId);
      const wanted = input.targetFilters?.TargetStatus ?? [];
      const isWanted = wanted.length === 0 || wanted.includes(targetStatus(row));
      const id = targetIdOf(requireTarget(row));
      return { targetIds: isWanted ? [id] : [] };
    },

    GetDeploymentInstance(input, context) {
      const row = requireDeployment(codedeploy.in(context), input.deploymentId);
      requireInstances(row);
      requireInstanceId(row, input.instanceId);
      return { instanceSummary: instanceSummary(row) };
    },

    BatchGetDeploymentInstances(input, context) {
      const row = requireDeployment(codedeploy.in(context), input.deploymentId);
      requireInstances(row);
      const ids = input.instanceIds ?? [];
      if (ids.length > BATCH_INSTANCES_MAX) {
        throw tooManyInBatch("instances", BATCH_INSTANCES_MAX);
      }
      const own = targetIdOf(requireTarget(row));
      const missing = ids.filter((id) => id !== own);
      return {
        instancesSummary: ids.includes(own) ? [instanceSummary(row)] : [],
        // Unverified: the text.
        errorMessage:
          missing.length > 0 ? `The deployment has no instance ${missing.join(", ")}` : undefined,
      };
    },

    ListDeploymentInstances(input, context) {
      const row = requireDeployment(codedeploy.in(context), input.deploymentId);
      requireInstances(row);
      const wanted = input.instanceStatusFilter ?? [];
      const isWanted = wanted.length === 0 || wanted.includes(targetStatus(row));
      const id = targetIdOf(requireTarget(row));
      return { instancesList: isWanted ? [id] : [] };
    },
  } satisfies CodeDeployHandlers;
}

/** Unverified: the texts. */
function targetIdRequired() {
  return refused("DeploymentTargetIdRequiredException", "A deployment target ID is required");
}

function requireTargetId(row: DeploymentRow, id: string | undefined): void {
  if (id === undefined || id === "") throw targetIdRequired();
  if (targetIdOf(requireTarget(row)) === id) return;
  throw refused(
    "DeploymentTargetDoesNotExistException",
    `The target ${id} does not belong to deployment ${row.id}`,
  );
}

function requireInstanceId(row: DeploymentRow, id = ""): void {
  if (targetIdOf(requireTarget(row)) === id) return;
  throw refused(
    "InstanceDoesNotExistException",
    `The instance ${id} does not belong to deployment ${row.id}`,
  );
}

/** These do not work for services. Source: the model's documentation. Unverified: the text. */
function requireInstances({ computePlatform }: DeploymentRow): void {
  if (computePlatform !== "ECS") return;
  throw refused(
    "InvalidComputePlatformException",
    "Deployments of compute platform ECS have targets, no instances: use the operations of deployment targets",
  );
}
