import type { TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import {
  ALL_TRAFFIC,
  formatDuration,
  formatWeight,
  type ScheduledWeight,
  weightBps,
} from "@headgate/core";

const MINUTE_MS = 60_000;

/**
 * When CodeDeploy makes which weight live: the first at once, the last is all.
 * Source: AWS docs, "Working with deployment configurations in CodeDeploy".
 */
export function scheduleOf(routing: TrafficRoutingConfig): readonly ScheduledWeight[] {
  const { type, timeBasedCanary, timeBasedLinear } = routing;
  if (type === "TimeBasedCanary") {
    const { canaryPercentage = 100, canaryInterval = 0 } = timeBasedCanary ?? {};
    return [
      { afterMs: 0, weight: weightBps(canaryPercentage * 100) },
      { afterMs: canaryInterval * MINUTE_MS, weight: ALL_TRAFFIC },
    ];
  }
  if (type === "TimeBasedLinear") {
    const { linearPercentage = 100, linearInterval = 0 } = timeBasedLinear ?? {};
    const count = Math.ceil(100 / linearPercentage);
    return Array.from({ length: count }, (_, index) => ({
      afterMs: index * linearInterval * MINUTE_MS,
      weight: weightBps(Math.min(10_000, (index + 1) * linearPercentage * 100)),
    }));
  }
  return [{ afterMs: 0, weight: ALL_TRAFFIC }];
}

/** "10% at once, 100% after 5m" */
export function describeSchedule(schedule: readonly ScheduledWeight[]): string {
  const [first, second, ...more] = schedule;
  const last = more.at(-1);
  const told = [first, second, ...(more.length > 1 ? [] : [last])].flatMap((shift) =>
    shift === undefined ? [] : [describeShift(shift)],
  );
  return more.length > 1 && last !== undefined
    ? `${told.join(", ")}, and so on until ${describeShift(last)}`
    : told.join(", ");
}

function describeShift({ afterMs, weight }: ScheduledWeight): string {
  return `${formatWeight(weight)} ${afterMs === 0 ? "at once" : `after ${formatDuration(afterMs)}`}`;
}

export function isSameSchedule(
  left: readonly ScheduledWeight[],
  right: readonly ScheduledWeight[],
): boolean {
  return (
    left.length === right.length &&
    left.every(({ afterMs, weight }, index) => {
      const other = right[index];
      return other?.afterMs === afterMs && other.weight === weight;
    })
  );
}

/** AWS's own configuration that gives the new version everything at once. */
export function allAtOnceConfig(platform: "Lambda" | "ECS"): string {
  return `CodeDeployDefault.${platform}AllAtOnce`;
}

/** A strategy of one weight has no times to differ in, so it needs no configuration of the team's. */
export function configFor(
  schedule: readonly ScheduledWeight[],
  platform: "Lambda" | "ECS",
  config: string | undefined,
): string | undefined {
  const [only, ...more] = schedule;
  return only?.weight === ALL_TRAFFIC && more.length === 0 ? allAtOnceConfig(platform) : config;
}
