import {
  type AlarmSource,
  type CodeDeployHook,
  type EcsStrategy,
  RolloutError,
  type ScheduledWeight,
} from "@headgate/core";
import { cloudWatchAlarms } from "./alarms/cloudwatch.ts";
import { ecsScope, type EcsScopePlace } from "./alarms/ecs-scope.ts";
import { awsRunner } from "./aws/runner.ts";
import { ecsDeploymentLook } from "./hooks/ecs-facts.ts";
import { chosenSource } from "./metrics/chosen-source.ts";
import {
  commonDrivers,
  type RolloutDrivers,
  type RolloutDriversOptions,
} from "./rollout-drivers.ts";
import type { DeployPlace } from "./traffic/code-deploy/deploy-api.ts";
import { codeDeployEcsDriver } from "./traffic/code-deploy/ecs.ts";
import { ecsNativeDriver } from "./traffic/ecs-native/index.ts";
import { ecsTaskSetDriver } from "./traffic/ecs-task-sets/index.ts";
import { serviceCapacity } from "./traffic/ecs/capacity-look.ts";
import { driverByMode } from "./traffic/ecs/by-mode.ts";
import { countsByGroup } from "./traffic/ecs/counts.ts";
import { ALB_FEED, type EcsDriver } from "./traffic/ecs/options.ts";
import { type EcsTarget, lastPart } from "./traffic/ecs/place.ts";
import type { EcsRevision } from "./traffic/ecs/task-definition.ts";

export interface EcsDriversOptions extends RolloutDriversOptions {
  readonly target: EcsTarget & {
    /** CodeDeploy moves the weights. */
    readonly via?: { readonly codeDeploy: DeployPlace } | undefined;
  };
  /** The strategy's weights with their times; for a target with `via`. */
  readonly schedule?: readonly ScheduledWeight[] | undefined;
  /** Those that CodeDeploy asks; for a target with `via`. */
  readonly hooks?: readonly CodeDeployHook[] | undefined;
  /** How long the rollout watches the canary with all traffic; for a target with `via`. Milliseconds. */
  readonly bakeMs?: number | undefined;
  /** As in headgate.yaml; the parser has seen to it that exactly one of image and taskDefinition is given. */
  readonly revision: {
    readonly image?: string | undefined;
    readonly environment?: Readonly<Record<string, string>> | undefined;
    readonly taskDefinition?: string | undefined;
  };
  /** What `ecsStrategyOf` makes of the specification; only mode native is told it beforehand. */
  readonly strategy?: EcsStrategy | undefined;
  /** Of the rollout. Milliseconds. */
  readonly deadlineMs?: number | undefined;
}

/** All that a rollout of an ECS service talks to the world through. */
export function ecsDrivers(options: EcsDriversOptions): RolloutDrivers {
  const { clients, clock, target } = options;
  const run = awsRunner(options);
  const access = { clients, run, clock };
  const ecsOptions = {
    ...access,
    target,
    revision: revisionOf(options.revision),
    counts: options.metrics,
    propagationMs: options.propagationMs,
    strategy: options.strategy,
    deadlineMs: options.deadlineMs,
  };
  const deploy = target.via?.codeDeploy;
  const { schedule = [], bakeMs = 0, hooks } = options;
  const byCodeDeploy =
    deploy && codeDeployEcsDriver({ ...ecsOptions, deploy, schedule, hooks, bakeMs });
  const traffic =
    byCodeDeploy ??
    driverByMode(ecsOptions, { taskSets: ecsTaskSetDriver, native: ecsNativeDriver });
  const metrics = countsByGroup(traffic, (platform) =>
    chosenSource(options.source, {
      ...access,
      platform,
      platformFeed: options.metrics ?? ALB_FEED,
      embeddedLagMs: options.metrics?.lagMs,
    }),
  );
  return {
    traffic,
    metrics,
    alarms: ecsAlarms(access, traffic),
    ...commonDrivers(options, run, {
      deploymentType: "ECS",
      capacity: serviceCapacity({ ...access, driver: traffic }),
      ecsDeployment: ecsDeploymentLook({ ...access, driver: traffic }),
      codeDeployOutcome: byCodeDeploy?.hookOutcome,
    }),
  };
}

/** What keeps the place from being read must not hide the alarms' states. */
function ecsAlarms(
  access: Parameters<typeof cloudWatchAlarms>[0],
  traffic: Pick<EcsDriver, "place">,
): AlarmSource {
  const placeIfKnown = async (): Promise<EcsScopePlace | undefined> => {
    try {
      const { loadBalancerDimension, groups, clusterArn, serviceName } = await traffic.place();
      return {
        loadBalancer: loadBalancerDimension,
        targetGroups: groups.map(({ dimension }) => dimension),
        clusterName: lastPart(clusterArn),
        serviceName,
      };
    } catch (error) {
      if (error instanceof RolloutError) return undefined;
      throw error;
    }
  };
  return {
    async read(names, look) {
      const scopeOf = look === undefined ? undefined : ecsScope(await placeIfKnown());
      return cloudWatchAlarms({ ...access, ...(scopeOf && { scopeOf }) }).read(names, look);
    },
  };
}

function revisionOf({
  image,
  environment,
  taskDefinition = "",
}: EcsDriversOptions["revision"]): EcsRevision {
  if (image !== undefined) return { kind: "image", image, environment };
  return { kind: "taskDefinition", taskDefinition };
}
