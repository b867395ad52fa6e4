import { refused } from "../errors.ts";
import { findConfig } from "../lookups.ts";
import { noSuchConfig } from "../errors.ts";
import type { ApplicationRow, GroupSettings, PlaceState } from "../state.ts";
import { checkAlarms, checkAutoRollback } from "./check-stops.ts";
import { checkBlueGreen } from "./check-blue-green.ts";
import { checkEcsBalancer } from "./check-balancer.ts";
import { checkTriggers } from "./check-triggers.ts";

/**
 * Holds a group's settings to AWS's rules, all but those that ask other services.
 *
 * Source of the texts: answers of AWS that public rule sets and issues quote.
 * @throws {AwsError}
 */
export function checkGroup(
  state: PlaceState,
  { computePlatform }: ApplicationRow,
  settings: GroupSettings,
): void {
  checkConfigPlatform(state, computePlatform, settings.deploymentConfigName);
  switch (computePlatform) {
    case "Lambda":
      checkLambda(settings);
      break;
    case "ECS":
      checkEcs(settings);
      break;
    case "Server":
      checkServer(settings);
      break;
    default:
      computePlatform satisfies never;
  }
  checkAlarms(settings.alarmConfiguration);
  checkAutoRollback(settings.autoRollbackConfiguration);
  checkTriggers(settings.triggerConfigurations);
}

/** @throws {AwsError} DeploymentConfigDoesNotExistException, InvalidDeploymentConfigNameException */
export function checkConfigPlatform(state: PlaceState, platform: string, name: string): void {
  const config = findConfig(state, name);
  if (config === undefined) throw noSuchConfig(name);
  if (config.computePlatform === platform) return;
  throw refused(
    "InvalidDeploymentConfigNameException",
    `Compute platform of deployment config ${name} does not match expected compute platform, correct compute platform should be ${platform}.`,
  );
}

function checkLambda(settings: GroupSettings): void {
  checkStyle(settings, "For LAMBDA deployment");
  checkNoServers(settings, "LAMBDA");
  if (settings.blueGreenDeploymentConfiguration !== undefined) {
    throw refused(
      "InvalidBlueGreenDeploymentConfigurationException",
      "For Lambda deployment group, blueGreenDeploymentConfiguration can not be specified",
    );
  }
  if (settings.loadBalancerInfo !== undefined) {
    // Unverified: the text, and the next one.
    throw refused(
      "InvalidLoadBalancerInfoException",
      "For LAMBDA deployment group, loadBalancerInfo can not be specified",
    );
  }
  if ((settings.ecsServices ?? []).length > 0) {
    throw refused(
      "InvalidECSServiceException",
      "For LAMBDA deployment group, ecsServices can not be specified",
    );
  }
}

function checkEcs(settings: GroupSettings): void {
  checkStyle(settings, "For ECS deployment");
  checkNoServers(settings, "ECS");
  checkEcsBalancer(settings.loadBalancerInfo);
  checkBlueGreen(settings.blueGreenDeploymentConfiguration);
  const services = settings.ecsServices ?? [];
  const [only] = services;
  if (services.length !== 1 || !only?.clusterName || !only.serviceName) {
    // Unverified: the text.
    throw refused(
      "InvalidECSServiceException",
      `For ECS deployment group, ecsServices must name exactly one service with its cluster, got ${services.length}`,
    );
  }
}

function checkServer(settings: GroupSettings): void {
  const { deploymentStyle: style } = settings;
  const hasPairs = (settings.loadBalancerInfo?.targetGroupPairInfoList ?? []).length > 0;
  if ((settings.ecsServices ?? []).length > 0 || hasPairs) {
    throw refused(
      "InvalidInputException",
      "Server Deployment Groups should not define a value for ecsServices, eksClusters, or targetGroupPairInfoList",
    );
  }
  const isBlueGreen = style?.deploymentType === "BLUE_GREEN";
  if (isBlueGreen && style?.deploymentOption === "WITHOUT_TRAFFIC_CONTROL") {
    throw refused(
      "InvalidDeploymentStyleException",
      "BLUE_GREEN deployment type not supported with WITHOUT_TRAFFIC_CONTROL option",
    );
  }
}

function checkStyle({ deploymentStyle: style }: GroupSettings, start: string): void {
  const { deploymentType, deploymentOption } = style ?? {};
  if (deploymentType === "BLUE_GREEN" && deploymentOption === "WITH_TRAFFIC_CONTROL") return;
  throw refused(
    "InvalidDeploymentStyleException",
    `${start}, the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.`,
  );
}

const SERVER_ONLY = [
  ["ec2TagFilters", "InvalidEC2TagException"],
  ["onPremisesInstanceTagFilters", "InvalidTagException"],
  ["autoScalingGroups", "InvalidAutoScalingGroupException"],
  ["ec2TagSet", "InvalidEC2TagException"],
  ["onPremisesTagSet", "InvalidTagException"],
] as const;

function checkNoServers(settings: GroupSettings, platform: string): void {
  for (const [member, code] of SERVER_ONLY) {
    const value = settings[member];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    throw refused(code, `For ${platform} deployment group, ${member} can not be specified`);
  }
}
