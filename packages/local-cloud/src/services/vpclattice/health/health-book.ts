import type { HealthCheck } from "../../../data-plane/vpc-lattice/routing.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";

/** What is known of one target. Never stored: after a restart all are looked at anew. */
export interface Health {
  readonly status: "INITIAL" | "HEALTHY" | "UNHEALTHY";
  readonly reasonCode: string | undefined;
  /** Probes in a row that said otherwise than `status`. */
  readonly against: number;
}

/** Why a probe failed. Unverified: the names. */
export type ProbeFailure = "FailedHealthChecks" | "Timeout" | "ResponseCodeMismatch";

const INITIAL: Health = { status: "INITIAL", reasonCode: "InitialHealthChecking", against: 0 };

/**
 * The next state after a probe. A new target needs one good probe; after that as many in a row as the
 * thresholds say. Source: AWS docs, "Health checks for VPC Lattice target groups".
 */
export function afterProbe(
  before: Health = INITIAL,
  failure: ProbeFailure | undefined,
  check: HealthCheck,
): Health {
  const healthy: Health = { status: "HEALTHY", reasonCode: undefined, against: 0 };
  if (failure === undefined) {
    if (before.status !== "UNHEALTHY") return healthy;
    const against = before.against + 1;
    return against >= check.healthyThreshold ? healthy : { ...before, against };
  }
  if (before.status === "UNHEALTHY") return { ...before, reasonCode: failure, against: 0 };
  const against = before.against + 1;
  return against >= check.unhealthyThreshold
    ? { status: "UNHEALTHY", reasonCode: failure, against: 0 }
    : { ...before, against };
}

/** The health of every target that is probed. */
export class HealthBook {
  readonly #targets = new Map<string, Health>();

  of(place: Place, groupId: string, key: string): Health | undefined {
    return this.#targets.get(keyOf(place, groupId, key));
  }

  set(place: Place, groupId: string, key: string, health: Health): void {
    this.#targets.set(keyOf(place, groupId, key), health);
  }

  /** A target that is registered again starts anew, and so does a group that is used again. */
  forget(place: Place, groupId: string, key: string): void {
    this.#targets.delete(keyOf(place, groupId, key));
  }
}

function keyOf({ account, region }: Place, groupId: string, key: string): string {
  return `${account}/${region}/${groupId}/${key}`;
}
