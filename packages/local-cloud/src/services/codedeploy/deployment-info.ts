import type { DeploymentInfo } from "@aws-sdk/client-codedeploy";
import { withoutContent } from "./revisions/locations.ts";
import type { DeploymentRow } from "./state.ts";

/** A deployment as GetDeployment tells it. Those of functions and services have no overview. */
export function deploymentInfo(row: DeploymentRow): DeploymentInfo {
  const { settings, progress } = row;
  const dateOf = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs));
  const isBlueGreen = row.computePlatform === "ECS";
  return {
    applicationName: row.applicationName,
    deploymentGroupName: row.groupName,
    deploymentConfigName: row.configName,
    deploymentId: row.id,
    previousRevision: row.previousRevision && withoutContent(row.previousRevision),
    revision: withoutContent(row.revision),
    status: row.status,
    errorInformation: row.error,
    createTime: new Date(row.createdAtMs),
    startTime: dateOf(row.startedAtMs),
    completeTime: dateOf(row.completedAtMs),
    description: row.description,
    creator: row.creator,
    ignoreApplicationStopFailures: row.ignoreApplicationStopFailures,
    autoRollbackConfiguration: settings.autoRollbackConfiguration,
    updateOutdatedInstancesOnly: row.updateOutdatedInstancesOnly,
    rollbackInfo: row.rollbackInfo,
    deploymentStyle: settings.deploymentStyle,
    instanceTerminationWaitTimeStarted: progress.isTerminationWaiting,
    blueGreenDeploymentConfiguration: isBlueGreen
      ? settings.blueGreenDeploymentConfiguration
      : undefined,
    loadBalancerInfo: isBlueGreen ? settings.loadBalancerInfo : undefined,
    fileExistsBehavior: row.fileExistsBehavior,
    deploymentStatusMessages: [],
    computePlatform: row.computePlatform,
    overrideAlarmConfiguration: row.overrideAlarmConfiguration,
  };
}
