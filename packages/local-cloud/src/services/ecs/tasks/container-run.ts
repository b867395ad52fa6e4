import type { HealthStatus } from "@aws-sdk/client-ecs";
import type {
  ContainerExit,
  ContainerLaunch,
  RunningContainer,
} from "../../../data-plane/tasks/task-runtime.ts";
import type { ContainerPlan } from "./environment.ts";

/** One container of a task that is alive. Only the task's run changes it. */
export interface ContainerRun {
  readonly name: string;
  readonly plan: ContainerPlan;
  phase: "waiting" | "running" | "ended";
  health: HealthStatus;
  /** Known when the task has what it needs to start. */
  launch: ContainerLaunch | undefined;
  running: RunningContainer | undefined;
  exit: ContainerExit | undefined;
  startedAtMs: number;
  /** Ends its health checks, and takes back where its ports are. */
  release: () => void;
}

export function newContainerRun(plan: ContainerPlan): ContainerRun {
  return {
    name: plan.definition.name ?? "",
    plan,
    phase: "waiting",
    health: "UNKNOWN",
    launch: undefined,
    running: undefined,
    exit: undefined,
    startedAtMs: 0,
    release: () => {},
  };
}

/**
 * Whether what a container waits for has come, can still come, or never will.
 * Source: ecs API reference, ContainerDependency.
 */
export function readiness(
  container: ContainerRun,
  all: readonly ContainerRun[],
): "ready" | "waiting" | "hopeless" {
  const found = new Set(
    (container.plan.definition.dependsOn ?? []).map(({ containerName, condition }) => {
      const other = all.find(({ name }) => name === containerName);
      if (other === undefined) return "hopeless";
      const hasEnded = other.phase === "ended";
      switch (condition) {
        case "COMPLETE":
          return hasEnded ? "ready" : "waiting";
        case "SUCCESS":
          if (!hasEnded) return "waiting";
          return other.exit?.exitCode === 0 ? "ready" : "hopeless";
        case "HEALTHY":
          if (other.health === "HEALTHY") return "ready";
          return hasEnded || other.health === "UNHEALTHY" ? "hopeless" : "waiting";
        case "START":
        case undefined:
          return other.phase === "waiting" ? "waiting" : "ready";
      }
      return condition satisfies never;
    }),
  );
  if (found.has("hopeless")) return "hopeless";
  return found.has("waiting") ? "waiting" : "ready";
}

/** Who depends on a container: they are stopped before it. */
export function dependentsOf(
  container: ContainerRun,
  all: readonly ContainerRun[],
): ContainerRun[] {
  return all.filter(({ plan }) =>
    plan.definition.dependsOn?.some(({ containerName }) => containerName === container.name),
  );
}
