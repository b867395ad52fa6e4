import type { CodeDeployInput } from "../sdk.ts";
import type { ApplicationRow, GroupSettings } from "../state.ts";

const DEFAULT_CONFIGS = {
  Server: "CodeDeployDefault.OneAtATime",
  Lambda: "CodeDeployDefault.LambdaAllAtOnce",
  ECS: "CodeDeployDefault.ECSAllAtOnce",
} as const;

/** What a new group is told, with AWS's defaults. */
export function settingsOf(
  { computePlatform }: ApplicationRow,
  input: CodeDeployInput<"CreateDeploymentGroup">,
): GroupSettings {
  const {
    applicationName: _application,
    deploymentGroupName: _group,
    tags: _tags,
    deploymentConfigName = DEFAULT_CONFIGS[computePlatform],
    serviceRoleArn = "",
    deploymentStyle = {
      deploymentType: "IN_PLACE",
      deploymentOption: "WITHOUT_TRAFFIC_CONTROL",
    },
    outdatedInstancesStrategy = "UPDATE",
    ...rest
  } = input;
  return {
    ...rest,
    deploymentConfigName,
    serviceRoleArn,
    deploymentStyle,
    outdatedInstancesStrategy,
  };
}

/** What is not given stays as it is. */
export function mergeSettings(
  before: GroupSettings,
  input: CodeDeployInput<"UpdateDeploymentGroup">,
): GroupSettings {
  const {
    applicationName: _application,
    currentDeploymentGroupName: _current,
    newDeploymentGroupName: _new,
    deploymentConfigName = before.deploymentConfigName,
    serviceRoleArn = before.serviceRoleArn,
    ...rest
  } = input;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { ...before, ...given, deploymentConfigName, serviceRoleArn };
}
