/**
 * How many tasks each deployment of a service should have now, so that a rolling update goes on and its bounds
 * hold at every moment. Pure: no clock, no I/O.
 *
 * Source: ecs API reference, DeploymentConfiguration: at least ceil(desired * minimumHealthyPercent / 100) healthy
 * tasks, at most floor(desired * maximumPercent / 100) that run or are about to.
 */
export interface DeploymentCount {
  readonly id: string;
  /** How many it is kept at. */
  readonly count: number;
  /** Running or about to, those that are draining or stopping left out. */
  readonly alive: number;
  readonly healthy: number;
  readonly isFailed: boolean;
}

export interface RollingBounds {
  readonly desiredCount: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
}

export interface RollingPlan {
  /** By deployment id. */
  readonly counts: ReadonlyMap<string, number>;
  /** Old tasks are left, and the bounds let nothing be started and nothing be stopped. */
  readonly isStuck: boolean;
}

/** @param old those being replaced, in the order in which they should go. */
export function planRolling(
  bounds: RollingBounds,
  primary: DeploymentCount,
  old: readonly DeploymentCount[],
): RollingPlan {
  const { desiredCount } = bounds;
  const least = Math.min(
    desiredCount,
    Math.ceil((desiredCount * bounds.minimumHealthyPercent) / 100),
  );
  const most = Math.floor((desiredCount * bounds.maximumPercent) / 100);
  const counts = new Map<string, number>();

  // What old deployments must still hold up; a task that is not healthy holds up nothing.
  let needed = Math.max(0, least - primary.healthy);
  for (const deployment of old.toReversed()) {
    const kept = deployment.isFailed
      ? Math.min(deployment.count, deployment.healthy, needed)
      : // One that failed and was not rolled back replaces nothing more.
        Math.min(deployment.count, primary.isFailed ? desiredCount : needed);
    counts.set(deployment.id, kept);
    needed -= Math.min(kept, deployment.healthy);
  }

  // Tasks that were just told to go may still run: they count until they do not.
  const oldAlive = old.reduce((sum, { count, alive }) => sum + Math.max(count, alive), 0);
  const room = Math.max(0, most - oldAlive);
  const wanted = primary.isFailed
    ? Math.min(primary.count, desiredCount)
    : Math.min(desiredCount, Math.max(primary.count, room));
  counts.set(primary.id, wanted);

  const isMoving =
    wanted !== primary.count ||
    primary.alive !== primary.count ||
    primary.healthy < Math.min(primary.count, primary.alive) ||
    old.some(({ id, count, alive }) => counts.get(id) !== count || alive !== count);
  const isLeft = old.some(({ id }) => (counts.get(id) ?? 0) > 0);
  return { counts, isStuck: !primary.isFailed && isLeft && !isMoving };
}
