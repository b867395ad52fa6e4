import type { DeploymentConfiguration } from "@aws-sdk/client-ecs";
import { invalid } from "../errors.ts";
import type { ServiceRow } from "../state.ts";

type Of = Pick<ServiceRow, "controller" | "schedulingStrategy">;

/**
 * What a service has when nothing is said. Source: ecs API reference, DeploymentConfiguration: 100 and 200 percent;
 * 0 and 100 with the DAEMON scheduling strategy.
 */
function defaultsOf({ controller, schedulingStrategy }: Of): DeploymentConfiguration {
  const isDaemon = schedulingStrategy === "DAEMON";
  const percents = {
    maximumPercent: isDaemon ? 100 : 200,
    minimumHealthyPercent: isDaemon ? 0 : 100,
  };
  if (controller !== "ECS") return percents;
  return {
    ...percents,
    deploymentCircuitBreaker: { enable: false, rollback: false },
    strategy: "ROLLING",
    bakeTimeInMinutes: 0,
  };
}

/**
 * A deployment configuration as a service keeps it: over what it had, checked. The settings of strategies are
 * checked by service deployments.
 *
 * Unverified: the texts, but for the one about DAEMON.
 * @throws InvalidParameterException
 */
export function readDeploymentConfiguration(
  given: DeploymentConfiguration | undefined,
  of: Of,
  before: DeploymentConfiguration = defaultsOf(of),
): DeploymentConfiguration {
  const merged = { ...before, ...dropUndefined(given ?? {}) };
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = merged;
  if (of.schedulingStrategy === "DAEMON" && maximumPercent > 100) {
    throw invalid(
      "The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment " +
        "configuration. Change the maximumPercent value to 100, and try again",
    );
  }
  if (minimumHealthyPercent < 0 || minimumHealthyPercent > 100) {
    throw invalid(
      `minimumHealthyPercent must be from 0 to 100, but was ${minimumHealthyPercent}. Change it, and try again`,
    );
  }
  if (maximumPercent < 100) {
    throw invalid(
      `maximumPercent must be at least 100, but was ${maximumPercent}. Change it, and try again`,
    );
  }
  if (of.controller !== "ECS") refuseEcsOnly(merged, of.controller);
  if (merged.alarms?.enable === true && (merged.alarms.alarmNames ?? []).length === 0) {
    throw invalid(
      "deploymentConfiguration.alarms must name at least one alarm when it is enabled.",
    );
  }
  return merged;
}

function refuseEcsOnly(
  { deploymentCircuitBreaker, alarms, strategy }: DeploymentConfiguration,
  controller: ServiceRow["controller"],
): void {
  const only = (what: string) =>
    invalid(`${what} can only be used with the ECS deployment controller, not with ${controller}.`);
  if (deploymentCircuitBreaker?.enable === true) throw only("The deployment circuit breaker");
  if (alarms?.enable === true) throw only("Deployment alarms");
  if (strategy !== undefined && strategy !== "ROLLING") throw only(`The strategy ${strategy}`);
}

function dropUndefined(given: DeploymentConfiguration): DeploymentConfiguration {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
