import { checkConfigPlatform } from "../groups/check-group.ts";
import { checkAlarms, checkAutoRollback } from "../groups/check-stops.ts";
import {
  deploymentIdRequired,
  groupIsDeploying,
  groupNameRequired,
  refused,
  tooManyInBatch,
} from "../errors.ts";
import type { Engine } from "../execution/engine.ts";
import { NOT_BEGUN } from "../execution/progress.ts";
import { deploymentInfo } from "../deployment-info.ts";
import { BATCH_DEPLOYMENTS_MAX } from "../limits.ts";
import {
  findDeployment,
  requireApplication,
  requireConfig,
  requireDeployment,
  requireGroup,
} from "../lookups.ts";
import { readLocation } from "../revisions/locations.ts";
import { registerRevision } from "../revisions/register.ts";
import type { CodeDeployHandlers, CodeDeployInput } from "../sdk.ts";
import {
  type ApplicationRow,
  type CodeDeploy,
  type DeploymentRow,
  type GroupRow,
  groupKey,
  isCompleted,
  newDeploymentId,
  type PlaceState,
} from "../state.ts";
import { checkDescription } from "./revisions.ts";

export function deploymentOperations(codedeploy: CodeDeploy, engine: Engine) {
  return {
    CreateDeployment(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      if (input.deploymentGroupName === undefined) throw groupNameRequired();
      const group = requireGroup(state, application, input.deploymentGroupName);
      const row = newDeployment(codedeploy, state, { application, group, input });
      codedeploy.cloud.store.transaction(() => {
        state.deployments.set(row.id, row);
        registerRevision(state, application, row.revision, {
          nowMs: row.createdAtMs,
          isUsed: true,
        });
        state.groups.set(groupKey(application.id, group.name), {
          ...group,
          lastAttemptedId: row.id,
          targetRevision: row.revision,
        });
      });
      engine.start(state, row);
      return { deploymentId: row.id };
    },

    GetDeployment(input, context) {
      const state = codedeploy.in(context);
      return { deploymentInfo: deploymentInfo(requireDeployment(state, input.deploymentId)) };
    },

    /** Those that are not there are left out. Source: the model, which gives it no DeploymentDoesNotExistException. */
    BatchGetDeployments(input, context) {
      const state = codedeploy.in(context);
      const ids = input.deploymentIds ?? [];
      if (ids.length > BATCH_DEPLOYMENTS_MAX) {
        throw tooManyInBatch("deployments", BATCH_DEPLOYMENTS_MAX);
      }
      if (ids.length === 0) throw deploymentIdRequired();
      const rows = ids.flatMap((id) => findDeployment(state, id) ?? []);
      return { deploymentsInfo: rows.map(deploymentInfo) };
    },
  } satisfies CodeDeployHandlers;
}

interface Wanted {
  readonly application: ApplicationRow;
  readonly group: GroupRow;
  readonly input: CodeDeployInput<"CreateDeployment">;
}

/** @throws {AwsError} as CreateDeployment does. */
function newDeployment(
  codedeploy: CodeDeploy,
  state: PlaceState,
  { application, group, input }: Wanted,
): DeploymentRow {
  const { computePlatform } = application;
  if (computePlatform === "Server") {
    throw refused(
      "InvalidInputException",
      `The local cloud deploys to Lambda and ECS; the application ${application.name} is for Server, which has no instances here.`,
    );
  }
  const revision = readLocation(input.revision, computePlatform);
  checkDescription(input.description);
  const configName = input.deploymentConfigName ?? group.settings.deploymentConfigName;
  checkConfigPlatform(state, computePlatform, configName);
  checkAlarms(input.overrideAlarmConfiguration);
  checkAutoRollback(input.autoRollbackConfiguration);
  checkServerOnly(input, computePlatform);
  const other = [...state.deployments.values()].find(
    (row) => row.groupId === group.id && !isCompleted(row),
  );
  if (other !== undefined) throw groupIsDeploying(group.name, other.id);
  const nowMs = codedeploy.cloud.clock.nowMs();
  const { autoRollbackConfiguration = group.settings.autoRollbackConfiguration } = input;
  const last = state.deployments.get(group.lastSuccessfulId ?? "");
  return {
    id: newDeploymentId(codedeploy),
    applicationId: application.id,
    applicationName: application.name,
    groupId: group.id,
    groupName: group.name,
    computePlatform,
    configName,
    routing: requireConfig(state, configName).trafficRoutingConfig ?? { type: "AllAtOnce" },
    revision,
    previousRevision: last?.revision,
    description: input.description,
    creator: "user",
    ignoreApplicationStopFailures: input.ignoreApplicationStopFailures ?? false,
    updateOutdatedInstancesOnly: input.updateOutdatedInstancesOnly ?? false,
    fileExistsBehavior: input.fileExistsBehavior ?? "DISALLOW",
    settings: { ...group.settings, autoRollbackConfiguration },
    overrideAlarmConfiguration: input.overrideAlarmConfiguration,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    status: "Created",
    hooks: {},
    hookRuns: [],
    events: [],
    progress: NOT_BEGUN,
  };
}

/** Source of the rules: the model's documentation of the exceptions. Unverified: the texts. */
function checkServerOnly(input: CodeDeployInput<"CreateDeployment">, platform: string): void {
  const refuse = (code: string, member: string) =>
    refused(code, `${member} is for EC2/On-Premises deployments; for ${platform} leave it out`);
  if (input.ignoreApplicationStopFailures === true) {
    throw refuse(
      "InvalidIgnoreApplicationStopFailuresValueException",
      "ignoreApplicationStopFailures",
    );
  }
  if (input.updateOutdatedInstancesOnly === true) {
    throw refuse("InvalidUpdateOutdatedInstancesOnlyValueException", "updateOutdatedInstancesOnly");
  }
  if (input.targetInstances !== undefined) {
    throw refuse("InvalidTargetInstancesException", "targetInstances");
  }
}
