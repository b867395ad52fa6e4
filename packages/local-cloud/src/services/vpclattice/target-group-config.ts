import type {
  HealthCheckConfig,
  TargetGroupConfig as ConfigShape,
} from "@aws-sdk/client-vpc-lattice";
import type { HealthCheck, TargetGroupConfig } from "../../data-plane/vpc-lattice/routing.ts";
import { invalid } from "./errors.ts";
import {
  HEALTH_INTERVAL_SECONDS,
  HEALTH_TIMEOUT_SECONDS,
  HEALTHY_THRESHOLD,
  UNHEALTHY_THRESHOLD,
} from "./limits.ts";
import type { TargetGroupRow } from "./state.ts";

type Type = TargetGroupRow["type"];

/** Members that say where targets listen: not for functions. */
const NETWORK_MEMBERS = [
  "port",
  "protocol",
  "protocolVersion",
  "ipAddressType",
  "vpcIdentifier",
  "healthCheck",
] as const satisfies readonly (keyof ConfigShape)[];

/**
 * Fills in the defaults. Source: AWS docs, API_TargetGroupConfig.
 * @throws {AwsError} ValidationException for what the type of the group does not have.
 */
export function readConfig(type: Type, given: ConfigShape = {}): TargetGroupConfig {
  if (type === "LAMBDA") return readLambdaConfig(given);
  refuse(type, given, ["lambdaEventStructureVersion"]);
  if (type !== "IP") refuse(type, given, ["ipAddressType"]);
  if (type === "ALB") refuse(type, given, ["healthCheck"]);
  const { protocol = "HTTP", vpcIdentifier } = given;
  if (vpcIdentifier === undefined) {
    throw invalid(
      `vpcIdentifier is required for target group type ${type}`,
      "config.vpcIdentifier",
    );
  }
  if (protocol === "TCP" && given.protocolVersion !== undefined) {
    throw invalid("protocolVersion is not supported for protocol TCP", "config.protocolVersion");
  }
  const protocolVersion = protocol === "TCP" ? undefined : (given.protocolVersion ?? "HTTP1");
  return {
    protocol,
    protocolVersion,
    vpcIdentifier,
    port: given.port ?? (protocol === "HTTP" ? 80 : 443),
    ipAddressType: type === "IP" ? (given.ipAddressType ?? "IPV4") : undefined,
    healthCheck:
      type === "ALB" ? undefined : readHealthCheck(given.healthCheck, protocolVersion !== "GRPC"),
    lambdaEventStructureVersion: undefined,
  };
}

function readLambdaConfig(given: ConfigShape): TargetGroupConfig {
  refuse("LAMBDA", given, NETWORK_MEMBERS);
  return {
    port: undefined,
    protocol: undefined,
    protocolVersion: undefined,
    ipAddressType: undefined,
    vpcIdentifier: undefined,
    healthCheck: undefined,
    lambdaEventStructureVersion: given.lambdaEventStructureVersion ?? "V1",
  };
}

function refuse(type: Type, given: ConfigShape, members: readonly (keyof ConfigShape)[]): void {
  const member = members.find((name) => given[name] !== undefined);
  if (member !== undefined) {
    throw invalid(`${member} is not supported for target group type ${type}`, `config.${member}`);
  }
}

/**
 * @param before what stays as it is when it is not named.
 * @throws {AwsError} ValidationException for a number outside of its range.
 */
export function readHealthCheck(
  given: HealthCheckConfig = {},
  enabledByDefault = true,
  before?: HealthCheck,
): HealthCheck {
  const { protocol = before?.protocol ?? "HTTP" } = given;
  if (protocol === "TCP") {
    throw invalid("TCP is not supported for health checks", "healthCheck.protocol");
  }
  return {
    enabled: given.enabled ?? before?.enabled ?? enabledByDefault,
    protocol,
    protocolVersion: given.protocolVersion ?? before?.protocolVersion ?? "HTTP1",
    // A 0 takes the target's own port again.
    port: given.port === undefined ? before?.port : given.port || undefined,
    path: (given.path ?? before?.path) || "/",
    intervalSeconds: inRange(
      "healthCheckIntervalSeconds",
      given.healthCheckIntervalSeconds ?? before?.intervalSeconds,
      HEALTH_INTERVAL_SECONDS,
    ),
    timeoutSeconds: inRange(
      "healthCheckTimeoutSeconds",
      given.healthCheckTimeoutSeconds ?? before?.timeoutSeconds,
      HEALTH_TIMEOUT_SECONDS,
    ),
    healthyThreshold: inRange(
      "healthyThresholdCount",
      given.healthyThresholdCount ?? before?.healthyThreshold,
      HEALTHY_THRESHOLD,
    ),
    unhealthyThreshold: inRange(
      "unhealthyThresholdCount",
      given.unhealthyThresholdCount ?? before?.unhealthyThreshold,
      UNHEALTHY_THRESHOLD,
    ),
    httpCode: (given.matcher?.httpCode ?? before?.httpCode) || "200",
  };
}

function inRange(
  name: string,
  value: number | undefined,
  range: { readonly default: number; readonly min: number; readonly max: number },
): number {
  if (value === undefined || value === 0) return range.default;
  if (value >= range.min && value <= range.max) return value;
  throw invalid(
    `${name} ${value} is out of range: it must be from ${range.min} to ${range.max}`,
    `healthCheck.${name}`,
  );
}

export function configShape(config: TargetGroupConfig): ConfigShape {
  const { healthCheck, ...others } = config;
  return { ...others, healthCheck: healthCheck && healthCheckShape(healthCheck) };
}

function healthCheckShape(check: HealthCheck): HealthCheckConfig {
  return {
    enabled: check.enabled,
    protocol: check.protocol,
    protocolVersion: check.protocolVersion,
    port: check.port,
    path: check.path,
    healthCheckIntervalSeconds: check.intervalSeconds,
    healthCheckTimeoutSeconds: check.timeoutSeconds,
    healthyThresholdCount: check.healthyThreshold,
    unhealthyThresholdCount: check.unhealthyThreshold,
    matcher: { httpCode: check.httpCode },
  };
}
