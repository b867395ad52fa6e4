import type { Random } from "../../random.ts";
import type { LiveListener, LiveTarget } from "./live-services.ts";
import type { WeightedGroup } from "./routing.ts";

/** Draws a target group for one request: a group's share is its weight over the sum of all. */
export function chooseGroup(
  groups: readonly WeightedGroup[],
  random: Random,
): WeightedGroup | undefined {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  let drawn = random.int(total);
  return groups.find(({ weight }) => (drawn -= weight) < 0);
}

/**
 * Draws one of the healthy targets; of all, when none is healthy.
 * Source: AWS docs, "Health checks for VPC Lattice target groups" (all unhealthy: all get requests).
 */
export function chooseTarget(
  targets: readonly LiveTarget[],
  random: Random,
): LiveTarget | undefined {
  const healthy = targets.filter(({ isHealthy }) => isHealthy);
  const usable = healthy.length > 0 ? healthy : targets;
  return usable[random.int(usable.length)];
}

/** What a request says of the listener it wants. */
export interface WantedListener {
  /** From the path form: no other will do. */
  readonly exactPort: number | undefined;
  /** From the Host header. On the cloud's own port it says nothing. */
  readonly hostPort: number | undefined;
  readonly isTls: boolean;
}

/**
 * All listeners share the cloud's one port. The port that the client names decides; then the scheme: the
 * default port of http or https, and otherwise the lowest port of that protocol, or of any.
 */
export function chooseListener(
  listeners: readonly LiveListener[],
  { exactPort, hostPort, isTls }: WantedListener,
): LiveListener | undefined {
  const on = (port: number | undefined) => listeners.find((one) => one.port === port);
  if (exactPort !== undefined) return on(exactPort);
  const protocol = isTls ? "HTTPS" : "HTTP";
  const sorted = listeners.toSorted((left, right) => left.port - right.port);
  return (
    on(hostPort) ??
    sorted.find((one) => one.protocol === protocol && one.port === (isTls ? 443 : 80)) ??
    sorted.find((one) => one.protocol === protocol) ??
    sorted[0]
  );
}
