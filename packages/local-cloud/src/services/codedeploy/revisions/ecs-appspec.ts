import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import type { EcsTargetRow } from "../state.ts";
import { AppSpecProblem, lowerKeys, readAppSpec, textOf } from "./appspec.ts";

export const ECS_HOOK_EVENTS = [
  "BeforeInstall",
  "AfterInstall",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
];

/** What an AppSpec says of the replacement task set. */
export type EcsAppSpec = Pick<
  EcsTargetRow,
  | "taskDefinition"
  | "containerName"
  | "containerPort"
  | "platformVersion"
  | "network"
  | "capacityProviders"
>;

/**
 * Source: AWS docs, "AppSpec 'resources' section for Amazon ECS deployments".
 * @throws {AppSpecProblem}
 */
export function readEcsAppSpec(content: string): {
  readonly spec: EcsAppSpec;
  readonly hooks: Readonly<Record<string, string>>;
} {
  const { properties, hooks } = readAppSpec(content, {
    resourceType: "AWS::ECS::Service",
    hookEvents: ECS_HOOK_EVENTS,
  });
  const loadBalancer = sectionOf(properties, "LoadBalancerInfo");
  if (loadBalancer === undefined) throw new AppSpecProblem("LoadBalancerInfo must be given.");
  const port = textOf(loadBalancer, "ContainerPort");
  const containerPort = Number(port);
  if (!/^\d+$/.test(port) || containerPort < 1 || containerPort > 65_535) {
    throw new AppSpecProblem(`ContainerPort must be a number from 1 to 65535, got "${port}".`);
  }
  const hasPlatform = properties["platformversion"] !== undefined;
  return {
    hooks,
    spec: {
      taskDefinition: textOf(properties, "TaskDefinition"),
      containerName: textOf(loadBalancer, "ContainerName"),
      containerPort,
      platformVersion: hasPlatform ? textOf(properties, "PlatformVersion") : undefined,
      network: networkOf(properties),
      capacityProviders: capacityOf(properties),
    },
  };
}

function networkOf(properties: JsonObject): EcsAppSpec["network"] {
  const configuration = sectionOf(properties, "NetworkConfiguration");
  const vpc = configuration && sectionOf(configuration, "AwsvpcConfiguration");
  if (vpc === undefined) return undefined;
  return {
    subnets: textsOf(vpc, "Subnets"),
    securityGroups: textsOf(vpc, "SecurityGroups"),
    assignPublicIp: publicIpOf(vpc["assignpublicip"]),
  };
}

/** DISABLED when left out, as in a service. */
function publicIpOf(value: unknown): "ENABLED" | "DISABLED" {
  if (value === undefined || value === null || value === "DISABLED") return "DISABLED";
  if (value === "ENABLED") return "ENABLED";
  throw new AppSpecProblem(
    `AssignPublicIp must be ENABLED or DISABLED, got ${JSON.stringify(value)}.`,
  );
}

function capacityOf(properties: JsonObject): EcsAppSpec["capacityProviders"] {
  const value = properties["capacityproviderstrategy"];
  if (value === undefined || value === null) return undefined;
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  if (items.length === 0) {
    throw new AppSpecProblem("CapacityProviderStrategy must be a list of one item or more.");
  }
  return items.map((item) => {
    if (!isJsonObject(item)) {
      throw new AppSpecProblem("Every item of CapacityProviderStrategy must be a mapping.");
    }
    const share = lowerKeys(item);
    return {
      capacityProvider: textOf(share, "CapacityProvider"),
      base: wholeOf(share, "Base"),
      weight: wholeOf(share, "Weight"),
    };
  });
}

/** Undefined when it is not given. */
function wholeOf(properties: JsonObject, name: string): number | undefined {
  const value = properties[name.toLowerCase()];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new AppSpecProblem(`${name} must be a whole number, got ${JSON.stringify(value)}.`);
}

function sectionOf(properties: JsonObject, name: string): JsonObject | undefined {
  const value = properties[name.toLowerCase()];
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw new AppSpecProblem(`${name} must be a mapping.`);
  return lowerKeys(value);
}

function textsOf(properties: JsonObject, name: string): string[] {
  const value = properties[name.toLowerCase()] ?? [];
  const texts: string[] = [];
  if (!Array.isArray(value)) throw new AppSpecProblem(`${name} must be a list.`);
  for (const item of value) {
    if (typeof item !== "string") throw new AppSpecProblem(`${name} must be a list of ids.`);
    texts.push(item);
  }
  return texts;
}
