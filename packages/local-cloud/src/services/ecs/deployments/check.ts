import type {
  DeploymentConfiguration,
  DeploymentLifecycleHook,
  LoadBalancer,
} from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { invalid } from "../errors.ts";

/** Source: AWS docs, "Pause hooks for Amazon ECS service deployments" (constraints). */
const HOOKS_MAX = 10;
const LAMBDA_TIMEOUT_MAX_MINUTES = 1440;
const BAKE_MAX_MINUTES = 1440;

/**
 * What CreateService and UpdateService refuse of a strategy and its load balancers. Texts about load balancers and
 * PAUSE hooks: AWS docs, "Troubleshooting Amazon ECS blue/green deployments"; of the rest the rules are botocore's,
 * and the words are Unverified.
 *
 * @throws InvalidParameterException
 */
export async function requireDeploymentConfiguration(
  cloud: Cloud,
  place: Place,
  wanted: {
    readonly configuration: DeploymentConfiguration;
    readonly loadBalancers: readonly LoadBalancer[];
  },
): Promise<void> {
  const { configuration, loadBalancers } = wanted;
  requireStrategy(configuration);
  requireHooks(configuration.lifecycleHooks ?? []);
  requireAdvanced(configuration.strategy ?? "ROLLING", loadBalancers);
  const listeners = await cloud.port("listeners");
  for (const { targetGroupArn, advancedConfiguration } of loadBalancers) {
    const {
      productionListenerRule = "",
      testListenerRule,
      alternateTargetGroupArn,
    } = advancedConfiguration ?? {};
    if (advancedConfiguration === undefined || testListenerRule !== undefined) continue;
    const forward = listeners.find(place, productionListenerRule)?.forward;
    const linked = forward?.map((share) => share.targetGroupArn);
    const isLinked = (arn = "") => linked === undefined || linked.includes(arn);
    if (!isLinked(targetGroupArn) || !isLinked(alternateTargetGroupArn)) {
      throw invalid(
        "For Application LoadBalancer, testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup",
      );
    }
  }
}

function requireStrategy(configuration: DeploymentConfiguration): void {
  const {
    strategy = "ROLLING",
    bakeTimeInMinutes,
    linearConfiguration: linear,
    canaryConfiguration: canary,
  } = configuration;
  if (strategy === "BLUE_GREEN" && bakeTimeInMinutes === undefined) {
    throw invalid("bakeTimeInMinutes is required when using the BLUE_GREEN deployment strategy");
  }
  requireWithin("bakeTimeInMinutes", bakeTimeInMinutes, 0, BAKE_MAX_MINUTES);
  requireWithin("stepBakeTimeInMinutes", linear?.stepBakeTimeInMinutes, 0, BAKE_MAX_MINUTES);
  requireWithin("canaryBakeTimeInMinutes", canary?.canaryBakeTimeInMinutes, 0, BAKE_MAX_MINUTES);
  requirePercent("stepPercent", linear?.stepPercent, 3);
  requirePercent("canaryPercent", canary?.canaryPercent, 0.1);
}

function requireWithin(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw invalid(`${name} must be between ${least} and ${most}, but was ${value}`);
}

function requirePercent(name: string, value: number | undefined, least: number): void {
  requireWithin(name, value, least, 100);
  if (value === undefined) return;
  // 0.1 has no exact binary form: 33.3 * 10 is 332.99999999999994.
  if (Math.abs(value * 10 - Math.round(value * 10)) > 1e-6) {
    throw invalid(`${name} must be a multiple of 0.1, but was ${value}`);
  }
}

function requireHooks(hooks: readonly DeploymentLifecycleHook[]): void {
  for (const targetType of ["AWS_LAMBDA", "PAUSE"] as const) {
    const count = hooks.filter((hook) => (hook.targetType ?? "AWS_LAMBDA") === targetType).length;
    if (count > HOOKS_MAX) {
      throw invalid(
        `A service can have at most ${HOOKS_MAX} lifecycle hooks of type ${targetType}, but ${count} were given`,
      );
    }
  }
  for (const hook of hooks) requireHook(hook);
}

function requireHook(hook: DeploymentLifecycleHook): void {
  const { targetType = "AWS_LAMBDA", lifecycleStages = [], timeoutConfiguration } = hook;
  if (lifecycleStages.length === 0)
    throw invalid("lifecycleStages is required for lifecycle hooks");
  switch (targetType) {
    case "PAUSE": {
      const isMoving = lifecycleStages.some(
        (stage) => stage === "TEST_TRAFFIC_SHIFT" || stage === "PRODUCTION_TRAFFIC_SHIFT",
      );
      if (isMoving) throw invalid("Invalid lifecycle stage provided for Pause Hook");
      if (hook.hookTargetArn !== undefined || hook.roleArn !== undefined) {
        throw invalid(
          "hookTargetArn and roleArn cannot be used with lifecycle hooks of type PAUSE",
        );
      }
      return;
    }
    case "AWS_LAMBDA":
      if (hook.hookTargetArn === undefined || hook.roleArn === undefined) {
        throw invalid(
          "hookTargetArn and roleArn are required for lifecycle hooks of type AWS_LAMBDA",
        );
      }
      return requireWithin(
        "timeoutInMinutes",
        timeoutConfiguration?.timeoutInMinutes,
        1,
        LAMBDA_TIMEOUT_MAX_MINUTES,
      );
    default:
      return targetType satisfies never;
  }
}

function requireAdvanced(strategy: string, loadBalancers: readonly LoadBalancer[]): void {
  const advanced = loadBalancers.filter((one) => one.advancedConfiguration !== undefined);
  if (advanced.some((one) => one.loadBalancerName !== undefined)) {
    throw invalid("advancedConfiguration field is not allowed with ELBv1 loadBalancers");
  }
  if (advanced.length > 0 && advanced.length < loadBalancers.length) {
    throw invalid(
      "Either all or none of the provided loadBalancers must have advancedConfiguration defined",
    );
  }
  if (strategy !== "ROLLING" && advanced.length < loadBalancers.length) {
    throw invalid(
      "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy",
    );
  }
  const seen = new Set<string>();
  for (const { targetGroupArn, advancedConfiguration } of advanced) {
    const { alternateTargetGroupArn, productionListenerRule, testListenerRule, roleArn } =
      advancedConfiguration ?? {};
    requireGiven("alternateTargetGroupArn", alternateTargetGroupArn);
    requireGiven("productionListenerRule", productionListenerRule);
    requireGiven("roleArn", roleArn);
    requireRule("productionListenerRule", productionListenerRule);
    requireRule("testListenerRule", testListenerRule);
    if (productionListenerRule === testListenerRule) {
      throw invalid(
        `The following rules cannot be used as both production and test listener rules: ${productionListenerRule ?? ""}`,
      );
    }
    for (const arn of [targetGroupArn, alternateTargetGroupArn]) {
      if (arn === undefined) continue;
      if (seen.has(arn)) throw invalid(`Duplicate targetGroupArn found: ${arn}`);
      seen.add(arn);
    }
  }
}

function requireGiven(name: string, value: string | undefined): void {
  if (value === undefined || value === "") {
    throw invalid(`advancedConfiguration.${name} is required`);
  }
}

/** Only application load balancers are here, whose listeners' default rules have ARNs, too. */
function requireRule(name: string, arn: string | undefined): void {
  if (arn === undefined || /:listener-rule\/app\/./.test(arn)) return;
  throw invalid(
    `${name} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ${arn}`,
  );
}
