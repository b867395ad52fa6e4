import type { HealthCheck } from "../../../data-plane/load-balancer/routing.ts";

/** Why a probe failed, in AWS's words. */
export interface ProbeFailure {
  readonly reason: "Target.ResponseCodeMismatch" | "Target.Timeout" | "Target.FailedHealthChecks";
  readonly description: string;
}

/** What is known of one target. Never stored: after a restart all are looked at anew. */
export interface Health {
  readonly status: "initial" | "healthy" | "unhealthy";
  /** Of the newest probe that failed. */
  readonly failure: ProbeFailure | undefined;
  /** Probes in a row that said otherwise than `status`. */
  readonly against: number;
  /** When it became healthy. */
  readonly sinceMs: number;
}

const INITIAL: Health = { status: "initial", failure: undefined, against: 0, sinceMs: 0 };

/**
 * The next state after a probe. A new target needs one good probe; after that as many in a row as the
 * thresholds say. Source: AWS docs, "Health checks for Application Load Balancer target groups".
 */
export function afterProbe(
  before: Health = INITIAL,
  failure: ProbeFailure | undefined,
  check: Pick<HealthCheck, "healthyThreshold" | "unhealthyThreshold">,
  nowMs: number,
): Health {
  const healthy: Health = { status: "healthy", failure: undefined, against: 0, sinceMs: nowMs };
  if (failure === undefined) {
    if (before.status === "healthy") return { ...before, failure: undefined, against: 0 };
    const against = before.against + 1;
    if (before.status === "initial" || against >= check.healthyThreshold) return healthy;
    return { ...before, against };
  }
  if (before.status === "unhealthy") return { ...before, failure, against: 0 };
  const against = before.against + 1;
  return against >= check.unhealthyThreshold
    ? { status: "unhealthy", failure, against: 0, sinceMs: before.sinceMs }
    : { ...before, failure, against };
}

/** The health of every target that is probed. */
export class HealthBook {
  readonly #targets = new Map<string, Health>();
  #version = 0;

  /** Another number after each change. */
  get version(): number {
    return this.#version;
  }

  of(groupArn: string, key: string): Health | undefined {
    return this.#targets.get(`${groupArn} ${key}`);
  }

  set(groupArn: string, key: string, health: Health): void {
    this.#targets.set(`${groupArn} ${key}`, health);
    this.#version++;
  }

  /** A target that is registered again starts anew, and so does a group that is used again. */
  forget(groupArn: string, key: string): void {
    this.#targets.delete(`${groupArn} ${key}`);
    this.#version++;
  }
}
