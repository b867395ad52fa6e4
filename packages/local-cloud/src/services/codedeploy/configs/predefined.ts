import type { TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { ConfigRow } from "../state.ts";

export const RESERVED_PREFIX = "CodeDeployDefault.";

/** When AWS made them is not said; any fixed time will do. */
const CREATED = new Date("2016-01-01T00:00:00Z");

const ALL_AT_ONCE: TrafficRoutingConfig = { type: "AllAtOnce" };

function canary(canaryPercentage: number, canaryInterval: number): TrafficRoutingConfig {
  return { type: "TimeBasedCanary", timeBasedCanary: { canaryPercentage, canaryInterval } };
}

function linear(linearPercentage: number, linearInterval: number): TrafficRoutingConfig {
  return { type: "TimeBasedLinear", timeBasedLinear: { linearPercentage, linearInterval } };
}

/**
 * The configurations that every account has.
 * Source: AWS docs, "Working with deployment configurations in CodeDeploy".
 */
const LAMBDA: Readonly<Record<string, TrafficRoutingConfig>> = {
  LambdaCanary10Percent5Minutes: canary(10, 5),
  LambdaCanary10Percent10Minutes: canary(10, 10),
  LambdaCanary10Percent15Minutes: canary(10, 15),
  LambdaCanary10Percent30Minutes: canary(10, 30),
  LambdaLinear10PercentEvery1Minute: linear(10, 1),
  LambdaLinear10PercentEvery2Minutes: linear(10, 2),
  LambdaLinear10PercentEvery3Minutes: linear(10, 3),
  LambdaLinear10PercentEvery10Minutes: linear(10, 10),
  LambdaAllAtOnce: ALL_AT_ONCE,
};

const ECS: Readonly<Record<string, TrafficRoutingConfig>> = {
  ECSLinear10PercentEvery1Minutes: linear(10, 1),
  ECSLinear10PercentEvery3Minutes: linear(10, 3),
  ECSCanary10Percent5Minutes: canary(10, 5),
  ECSCanary10Percent15Minutes: canary(10, 15),
  ECSAllAtOnce: ALL_AT_ONCE,
};

const SERVER: Readonly<Record<string, ConfigRow["minimumHealthyHosts"]>> = {
  AllAtOnce: { type: "FLEET_PERCENT", value: 0 },
  HalfAtATime: { type: "FLEET_PERCENT", value: 50 },
  OneAtATime: { type: "HOST_COUNT", value: 1 },
};

export const PREDEFINED: ReadonlyMap<string, ConfigRow> = new Map(
  [
    ...Object.entries(LAMBDA).map(([name, trafficRoutingConfig]) => ({
      name,
      more: { computePlatform: "Lambda" as const, trafficRoutingConfig },
    })),
    ...Object.entries(ECS).map(([name, trafficRoutingConfig]) => ({
      name,
      more: { computePlatform: "ECS" as const, trafficRoutingConfig },
    })),
    ...Object.entries(SERVER).map(([name, minimumHealthyHosts]) => ({
      name,
      more: { computePlatform: "Server" as const, minimumHealthyHosts },
    })),
  ].map(({ name, more }, index) => {
    const deploymentConfigName = `${RESERVED_PREFIX}${name}`;
    const deploymentConfigId = `00000000-0000-4000-8000-${String(index + 1).padStart(12, "0")}`;
    return [
      deploymentConfigName,
      { deploymentConfigId, deploymentConfigName, createTime: CREATED, ...more },
    ];
  }),
);

export function predefinedConfig(name: string): ConfigRow | undefined {
  return PREDEFINED.get(name);
}
