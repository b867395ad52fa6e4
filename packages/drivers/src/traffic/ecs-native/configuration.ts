import type {
  DeploymentConfiguration,
  DeploymentLifecycleHook,
  DeploymentLifecycleHookStage,
} from "@aws-sdk/client-ecs";
import { ALL_TRAFFIC, type EcsStrategy, type WeightBps, weightBps } from "@headgate/core";

/**
 * Where ECS stands still until Headgate lets it go on: before every shift of production traffic, and once after the
 * last, so that the old tasks stay.
 * Source: AWS docs, "Lifecycle hooks for Amazon ECS service deployments": the first recurs at every step of LINEAR
 * and CANARY, and no PAUSE hook is taken at the shifts themselves.
 */
const GATES: readonly DeploymentLifecycleHookStage[] = [
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
];

/** A pause of somebody else here could not be told from ours: what ECS says of a run does not name its hook. */
const OURS_ALONE: ReadonlySet<DeploymentLifecycleHookStage> = new Set([
  ...GATES,
  "POST_TEST_TRAFFIC_SHIFT" as const,
]);

/** Source: AWS docs, "Pause hooks for Amazon ECS service deployments": 1 to 20160 minutes, fourteen days. */
const LONGEST_PAUSE_MINUTES = 20_160;
/** Ours: for the last look at the counts and its repetitions, after the rollout's own deadline. */
const SLACK_MINUTES = 30;
const MINUTE_MS = 60_000;

export type EcsShift = Exclude<EcsStrategy, { readonly kind: "impossible" }>;

/**
 * What a service has, changed into what a release needs: the strategy, our gates, and no waiting by ECS itself.
 * Alarms, circuit breaker, percents and other people's hooks stay.
 *
 * @param deadlineMs of the rollout. If nobody answers a gate for so long, ECS turns back by itself.
 */
export function gatedConfiguration(
  before: DeploymentConfiguration,
  shift: EcsShift,
  deadlineMs: number,
): DeploymentConfiguration {
  const minutes = Math.ceil(deadlineMs / MINUTE_MS) + SLACK_MINUTES;
  const gate: DeploymentLifecycleHook = {
    targetType: "PAUSE",
    lifecycleStages: [...GATES],
    timeoutConfiguration: {
      timeoutInMinutes: Math.min(LONGEST_PAUSE_MINUTES, minutes),
      action: "ROLLBACK",
    },
  };
  return {
    ...withoutShift(before),
    ...strategyOf(shift),
    bakeTimeInMinutes: 0,
    lifecycleHooks: [...hooksOfOthers(before), gate],
  };
}

/** Without gates and with everything at once: for the way back when no deployment is there to turn back. */
export function plainConfiguration(before: DeploymentConfiguration): DeploymentConfiguration {
  return {
    ...withoutShift(before),
    strategy: "BLUE_GREEN",
    bakeTimeInMinutes: 0,
    lifecycleHooks: [...hooksOfOthers(before)],
  };
}

/** As the service was before the release, from what {@link rememberedText} made of it. */
export function formerConfiguration(
  now: DeploymentConfiguration,
  remembered: string,
): DeploymentConfiguration {
  const said = new Map(
    remembered.split(" ").map((part): [string, string] => {
      const [key = "", value = ""] = part.split("=");
      return [key, value];
    }),
  );
  const numbers = (key: string) => said.get(key)?.split(":").map(Number);
  const strategy = STRATEGIES.find((one) => one === said.get("strategy"));
  const [bake] = numbers("bake") ?? [];
  const [canaryPercent, canaryBakeTimeInMinutes] = numbers("canary") ?? [];
  const [stepPercent, stepBakeTimeInMinutes] = numbers("linear") ?? [];
  return {
    ...withoutShift(now),
    ...(strategy !== undefined && { strategy }),
    ...(bake !== undefined && { bakeTimeInMinutes: bake }),
    ...(canaryPercent !== undefined && {
      canaryConfiguration: { canaryPercent, canaryBakeTimeInMinutes },
    }),
    ...(stepPercent !== undefined && {
      linearConfiguration: { stepPercent, stepBakeTimeInMinutes },
    }),
    lifecycleHooks: [...hooksOfOthers(now)],
  };
}

const STRATEGIES = ["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"] as const;

/**
 * What a release changes of a configuration, as the value of a tag: "strategy=CANARY bake=5 canary=10:10".
 * Source: botocore ecs model, TagValue: up to 256 letters, digits, spaces and a few signs, of which = : are two.
 */
export function rememberedText(before: DeploymentConfiguration): string {
  const { strategy = "ROLLING", bakeTimeInMinutes } = before;
  const { canaryConfiguration: canary, linearConfiguration: linear } = before;
  const pair = (key: string, percent?: number, minutes?: number) =>
    percent === undefined ? [] : `${key}=${[percent, minutes].filter(isGiven).join(":")}`;
  return [
    `strategy=${strategy}`,
    bakeTimeInMinutes === undefined ? [] : `bake=${bakeTimeInMinutes}`,
    pair("canary", canary?.canaryPercent, canary?.canaryBakeTimeInMinutes),
    pair("linear", linear?.stepPercent, linear?.stepBakeTimeInMinutes),
  ]
    .flat()
    .join(" ");
}

function isGiven(value: number | undefined): value is number {
  return value !== undefined;
}

export function hasGates({ lifecycleHooks = [] }: DeploymentConfiguration): boolean {
  return lifecycleHooks.some(isGate);
}

/** Pauses of somebody else that could not be told from ours. */
export function confusingPauses(
  configuration: DeploymentConfiguration,
): readonly DeploymentLifecycleHook[] {
  return hooksOfOthers(configuration).filter(
    ({ targetType, lifecycleStages = [] }) =>
      targetType === "PAUSE" && lifecycleStages.some((stage) => OURS_ALONE.has(stage)),
  );
}

export function hooksOfOthers({
  lifecycleHooks = [],
}: DeploymentConfiguration): readonly DeploymentLifecycleHook[] {
  return lifecycleHooks.filter((hook) => !isGate(hook));
}

/** A pause at just these two stages is ours. ECS keeps no name of a PAUSE hook. */
function isGate({ targetType, lifecycleStages = [] }: DeploymentLifecycleHook): boolean {
  return (
    targetType === "PAUSE" &&
    lifecycleStages.length === GATES.length &&
    GATES.every((stage) => lifecycleStages.includes(stage))
  );
}

function withoutShift(configuration: DeploymentConfiguration): DeploymentConfiguration {
  const { canaryConfiguration: _canary, linearConfiguration: _linear, ...rest } = configuration;
  return rest;
}

function strategyOf(shift: EcsShift): DeploymentConfiguration {
  switch (shift.kind) {
    case "blueGreen":
      return { strategy: "BLUE_GREEN" };
    case "canary":
      return {
        strategy: "CANARY",
        canaryConfiguration: { canaryPercent: shift.weight / 100, canaryBakeTimeInMinutes: 0 },
      };
    case "linear":
      return {
        strategy: "LINEAR",
        linearConfiguration: { stepPercent: shift.step / 100, stepBakeTimeInMinutes: 0 },
      };
    default:
      return shift satisfies never;
  }
}

/** Whether a deployment under way shifts as a release is to. */
export function isSameShift(configuration: DeploymentConfiguration, shift: EcsShift): boolean {
  return sharesOf(configuration).join() === sharesOf(strategyOf(shift)).join();
}

/**
 * The target revision's share after each of ECS's steps; the last is 100 %.
 * Source: botocore ecs model, LinearConfiguration and CanaryConfiguration, also for what is taken when nothing is said.
 */
export function sharesOf(configuration: DeploymentConfiguration): readonly WeightBps[] {
  const { strategy, canaryConfiguration, linearConfiguration } = configuration;
  if (strategy === "CANARY") {
    const first = bps(canaryConfiguration?.canaryPercent ?? 5);
    return first < ALL_TRAFFIC ? [first, ALL_TRAFFIC] : [ALL_TRAFFIC];
  }
  if (strategy !== "LINEAR") return [ALL_TRAFFIC];
  const step = Math.max(1, bps(linearConfiguration?.stepPercent ?? 10));
  const count = Math.ceil(ALL_TRAFFIC / step);
  return Array.from({ length: count }, (_, index) =>
    weightBps(Math.min(ALL_TRAFFIC, step * (index + 1))),
  );
}

/** 0.1 percent has no exact binary form. */
export function bps(percent: number): WeightBps {
  return weightBps(Math.round(percent * 100));
}
