import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import { isIP } from "node:net";
import { invalidInput } from "../errors.ts";
import type { AccountState } from "../state.ts";
import type { AlarmFollower } from "./alarm-follower.ts";
import { kindOf } from "./health-checks.ts";

/**
 * A check's configuration with its defaults, as GetHealthCheck tells it. Unverified: the texts of all refusals.
 * @throws {AwsError} InvalidInput
 */
export function readConfig(given: HealthCheckConfig): HealthCheckConfig {
  const kind = kindOf(given);
  if (given.Type === "RECOVERY_CONTROL") {
    throw invalidInput("Health checks of type RECOVERY_CONTROL are not in the local cloud.");
  }
  const config = {
    ...given,
    Inverted: given.Inverted ?? false,
    Disabled: given.Disabled ?? false,
  };
  if (kind === "endpoint") return readEndpoint(config);
  if (given.IPAddress !== undefined || given.FullyQualifiedDomainName !== undefined) {
    throw invalidInput(`A health check of type ${given.Type} has no endpoint.`);
  }
  if (kind === "calculated" && config.HealthThreshold === undefined) {
    throw invalidInput("HealthThreshold is required for a health check of type CALCULATED.");
  }
  if (kind === "alarm" && config.AlarmIdentifier === undefined) {
    throw invalidInput("AlarmIdentifier is required for a health check of type CLOUDWATCH_METRIC.");
  }
  return config;
}

function readEndpoint(given: HealthCheckConfig): HealthCheckConfig {
  const { Type = "HTTP", IPAddress, FullyQualifiedDomainName, RequestInterval = 30 } = given;
  const isTls = Type.startsWith("HTTPS");
  if (IPAddress === undefined && FullyQualifiedDomainName === undefined) {
    throw invalidInput("Either IPAddress or FullyQualifiedDomainName must be given.");
  }
  if (IPAddress !== undefined && isIP(IPAddress) === 0) {
    throw invalidInput(`Invalid IP address: ${IPAddress}`);
  }
  if (RequestInterval !== 10 && RequestInterval !== 30) {
    throw invalidInput(`RequestInterval is ${RequestInterval}; it must be 10 or 30.`);
  }
  if (Type === "TCP" && given.Port === undefined) {
    throw invalidInput("Port is required for a health check of type TCP.");
  }
  if (Type === "TCP" && given.ResourcePath !== undefined) {
    throw invalidInput("ResourcePath is not allowed for a health check of type TCP.");
  }
  const isSearch = Type.endsWith("_STR_MATCH");
  if (isSearch !== ((given.SearchString ?? "") !== "")) {
    throw invalidInput(
      isSearch
        ? `SearchString is required for a health check of type ${Type}.`
        : `SearchString is not allowed for a health check of type ${Type}.`,
    );
  }
  return {
    ...given,
    Port: given.Port ?? (isTls ? 443 : 80),
    RequestInterval,
    FailureThreshold: given.FailureThreshold ?? 3,
    MeasureLatency: given.MeasureLatency ?? false,
    EnableSNI: given.EnableSNI ?? isTls,
  };
}

/** What a check names must be there. @throws {AwsError} InvalidInput */
export function checkReferences(
  state: AccountState,
  config: HealthCheckConfig,
  alarms: AlarmFollower,
  ownId?: string,
): void {
  for (const child of config.ChildHealthChecks ?? []) {
    if (child === ownId || !state.healthChecks.has(child)) {
      throw invalidInput(`The child health check ${child} does not exist.`);
    }
  }
  if (kindOf(config) !== "alarm") return;
  const { Name, Region } = config.AlarmIdentifier ?? {};
  const alarm = alarms.find(state.account, config);
  if (alarm === undefined) {
    throw invalidInput(`The CloudWatch alarm ${Name} does not exist in ${Region}.`);
  }
  if (alarm.metric?.statistic === undefined) {
    // Source: AWS docs, "Monitoring a CloudWatch alarm": no metric math, composite alarms or extended statistics.
    throw invalidInput(`The CloudWatch alarm ${Name} is not on one metric with a plain statistic.`);
  }
}
