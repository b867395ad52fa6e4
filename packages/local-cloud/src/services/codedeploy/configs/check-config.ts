import type { TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import { refused } from "../errors.ts";
import { WAIT_MAX_MINUTES } from "../limits.ts";
import type { CodeDeployInput } from "../sdk.ts";
import { planMinutes } from "./traffic-plan.ts";
import { RESERVED_PREFIX } from "./predefined.ts";

type Wanted = CodeDeployInput<"CreateDeploymentConfig">;

/**
 * Holds a configuration of a user to AWS's rules.
 * Source: the model's documentation, and AWS docs, "Create a deployment configuration". Unverified: the texts.
 */
export function checkConfig(wanted: Wanted, platform: "Server" | "Lambda" | "ECS"): void {
  const name = wanted.deploymentConfigName ?? "";
  if (name.startsWith(RESERVED_PREFIX)) {
    throw refused(
      "InvalidDeploymentConfigNameException",
      `The deployment configuration name ${name} is reserved: it begins with ${RESERVED_PREFIX}`,
    );
  }
  if (!/^[\w.+=,@-]+$/.test(name)) {
    throw refused(
      "InvalidDeploymentConfigNameException",
      `The deployment configuration name ${name} has characters other than letters, digits and . _ + = , @ -`,
    );
  }
  if (platform === "Server") checkServer(wanted);
  else checkShifting(wanted, platform);
}

function checkServer({ minimumHealthyHosts, trafficRoutingConfig }: Wanted): void {
  if (trafficRoutingConfig !== undefined) {
    throw invalidRouting("trafficRoutingConfig can be specified for Lambda and ECS only");
  }
  const { type, value } = minimumHealthyHosts ?? {};
  const isPercent = type === "FLEET_PERCENT";
  if (type === undefined || value === undefined || value < 0 || (isPercent && value > 99)) {
    throw refused(
      "InvalidMinimumHealthyHostValueException",
      `minimumHealthyHosts must have a type (HOST_COUNT or FLEET_PERCENT) and a value (0 or more, at most 99 percent), got type ${type}, value ${value}`,
    );
  }
}

function checkShifting(wanted: Wanted, platform: string): void {
  if (wanted.minimumHealthyHosts !== undefined) {
    throw refused(
      "InvalidMinimumHealthyHostValueException",
      `minimumHealthyHosts must be null for compute platform ${platform}`,
    );
  }
  if (wanted.zonalConfig !== undefined) {
    throw refused(
      "InvalidZonalDeploymentConfigurationException",
      `zonalConfig can be specified for Server only, not for ${platform}`,
    );
  }
  const config = wanted.trafficRoutingConfig;
  if (config?.type === undefined) {
    throw invalidRouting(`trafficRoutingConfig must be specified for compute platform ${platform}`);
  }
  checkShares(config);
  const minutes = planMinutes(config);
  if (minutes > WAIT_MAX_MINUTES) {
    throw invalidRouting(
      `the whole shift would take ${minutes} minutes; at most ${WAIT_MAX_MINUTES} are allowed`,
    );
  }
}

function checkShares({ type, timeBasedCanary, timeBasedLinear }: TrafficRoutingConfig): void {
  const isCanary = type === "TimeBasedCanary";
  const isLinear = type === "TimeBasedLinear";
  checkBelongs("timeBasedCanary", timeBasedCanary !== undefined, isCanary, type);
  checkBelongs("timeBasedLinear", timeBasedLinear !== undefined, isLinear, type);
  if (isCanary) {
    checkRange("canaryPercentage", timeBasedCanary?.canaryPercentage, 99);
    checkRange("canaryInterval", timeBasedCanary?.canaryInterval, WAIT_MAX_MINUTES);
  }
  if (isLinear) {
    checkRange("linearPercentage", timeBasedLinear?.linearPercentage, 99);
    checkRange("linearInterval", timeBasedLinear?.linearInterval, WAIT_MAX_MINUTES);
  }
}

function checkBelongs(
  member: string,
  isGiven: boolean,
  isWanted: boolean,
  type: string | undefined,
): void {
  if (isGiven === isWanted) return;
  throw invalidRouting(
    isWanted ? `the type ${type} needs ${member}` : `${member} does not belong to the type ${type}`,
  );
}

function checkRange(name: string, value: number | undefined, most: number): void {
  if (value === undefined || value < 1 || value > most) {
    throw invalidRouting(`${name} must be a whole number from 1 to ${most}, got ${value}`);
  }
}

function invalidRouting(message: string) {
  return refused("InvalidTrafficRoutingConfigurationException", message);
}
