import type { Scheduled } from "../../../clock.ts";
import { BalancerMeters } from "../../../data-plane/load-balancer/meters.ts";
import { dimensionOf } from "../arns.ts";
import { type Elb, type GroupRow, type PlaceState, targetKey, type TargetRow } from "../state.ts";
import { balancerUsing } from "../usage.ts";
import { afterProbe, type HealthBook } from "./health-book.ts";
import { probeAddress, probeFunction } from "./probe.ts";

export interface HealthChecks {
  /** Starts the checks of targets that are to be checked now, and stops those of the others. */
  follow(state: PlaceState): void;
  close(): void;
}

interface Loop {
  readonly state: PlaceState;
  readonly groupArn: string;
  readonly check: GroupRow["check"];
  readonly target: TargetRow;
  task: Scheduled;
}

/** Probes every target of the groups that a load balancer uses, each on its own, on the cloud's clock. */
export function createHealthChecks(elb: Elb, health: HealthBook): HealthChecks {
  const { cloud } = elb;
  const { clock } = cloud;
  const meters = new BalancerMeters(cloud.metrics);
  const loops = new Map<string, Loop>();
  let isClosed = false;

  /** What is to be checked; undefined when nothing is. */
  const checkOf = (state: PlaceState, groupArn: string) => {
    const group = state.groups.get(groupArn);
    if (group === undefined || !group.check.isEnabled) return undefined;
    return balancerUsing(state, groupArn) === undefined ? undefined : group;
  };

  const isCurrent = ({ state, groupArn, check, target }: Loop) =>
    checkOf(state, groupArn)?.check === check &&
    state.targets(groupArn).get(targetKey(target)) === target &&
    target.drainedAtMs === undefined;

  const probe = async ({ state, groupArn, check, target }: Loop) => {
    if (state.groups.get(groupArn)?.type === "lambda") {
      return probeFunction(cloud, state.place, { arn: groupArn, check }, target.id);
    }
    const port = check.port === "traffic-port" ? target.port : Number(check.port);
    const network = await elb.network();
    return probeAddress(network.reach(state.place, target.id, port), check);
  };

  const count = ({ state, groupArn }: Loop) => {
    const balancerArn = balancerUsing(state, groupArn);
    if (balancerArn === undefined) return;
    const statuses = [...state.targets(groupArn).values()]
      .filter(({ drainedAtMs }) => drainedAtMs === undefined)
      .map((row) => health.of(groupArn, targetKey(row))?.status);
    meters.hosts(
      state.place,
      { balancer: dimensionOf(balancerArn), group: dimensionOf(groupArn) },
      {
        atMs: clock.nowMs(),
        healthy: statuses.filter((status) => status === "healthy").length,
        unhealthy: statuses.filter((status) => status === "unhealthy").length,
      },
    );
  };

  const run = async (key: string, loop: Loop, atMs: number) => {
    const failure = await probe(loop);
    // Deregistered, registered anew, or no longer used while it was asked.
    if (isClosed || loops.get(key) !== loop || !isCurrent(loop)) return;
    const { groupArn, target, check } = loop;
    const before = health.of(groupArn, targetKey(target));
    health.set(groupArn, targetKey(target), afterProbe(before, failure, check, clock.nowMs()));
    count(loop);
    const nextMs = atMs + check.intervalSeconds * 1000;
    loop.task = clock.schedule(nextMs, () => run(key, loop, nextMs));
  };

  const start = (key: string, given: Omit<Loop, "task">) => {
    const nowMs = clock.nowMs();
    const loop: Loop = {
      ...given,
      task: clock.schedule(nowMs, () => run(key, loop, nowMs)),
    };
    loops.set(key, loop);
  };

  return {
    follow(state) {
      for (const [key, loop] of loops) {
        if (loop.state !== state || isCurrent(loop)) continue;
        loop.task.cancel();
        loops.delete(key);
        const row = state.targets(loop.groupArn).get(targetKey(loop.target));
        const isStillChecked = row === loop.target && checkOf(state, loop.groupArn) !== undefined;
        if (!isStillChecked) health.forget(loop.groupArn, targetKey(loop.target));
      }
      for (const { arn, check } of state.groups.values()) {
        if (checkOf(state, arn) === undefined) continue;
        for (const target of state.targets(arn).values()) {
          const key = `${arn} ${targetKey(target)}`;
          if (loops.has(key) || target.drainedAtMs !== undefined) continue;
          start(key, { state, groupArn: arn, check, target });
        }
      }
    },
    close() {
      isClosed = true;
      for (const { task } of loops.values()) task.cancel();
      loops.clear();
    },
  };
}
