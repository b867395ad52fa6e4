import type { DeploymentTarget, LifecycleEvent } from "@aws-sdk/client-codedeploy";
import type { CodeDeployHook, PlatformHook } from "@headgate/core";

export function eventsOf(target: DeploymentTarget | undefined): readonly LifecycleEvent[] {
  return target?.lambdaTarget?.lifecycleEvents ?? target?.ecsTarget?.lifecycleEvents ?? [];
}

/** The section of an AppSpec. Source: AWS docs, "AppSpec 'hooks' section": one function for each event. */
export function hooksSection(hooks: readonly CodeDeployHook[]): {
  readonly Hooks?: readonly Readonly<Record<string, string>>[];
} {
  if (hooks.length === 0) return {};
  return { Hooks: hooks.map(({ event, functionName }) => ({ [event]: functionName })) };
}

/** The hook whose function CodeDeploy has asked, and that it has not heard yet. */
export function askedHook(
  events: readonly LifecycleEvent[],
  hooks: readonly CodeDeployHook[],
): PlatformHook | undefined {
  return hooks.find(({ event }) => statusOf(events, event) === "InProgress");
}

export function failedHook(
  events: readonly LifecycleEvent[],
  hooks: readonly CodeDeployHook[],
): PlatformHook | undefined {
  return hooks.find(({ event }) => statusOf(events, event) === "Failed");
}

function statusOf(events: readonly LifecycleEvent[], event: string): string | undefined {
  return events.find(({ lifecycleEventName }) => lifecycleEventName === event)?.status;
}

/** "function smoke, which CodeDeploy asked at BeforeAllowTraffic" */
export function describeHook({ functionName, event }: PlatformHook): string {
  return `function ${functionName}, which CodeDeploy asked at ${event},`;
}
