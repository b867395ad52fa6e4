import type { Scheduled } from "../../../clock.ts";
import type { HealthCheck } from "../../../data-plane/vpc-lattice/routing.ts";
import type { Cloud } from "../../../service.ts";
import { type PlaceState, targetKey } from "../state.ts";
import { servicesUsing } from "../usage.ts";
import { afterProbe, type HealthBook } from "./health-book.ts";
import { probe } from "./probe.ts";

export interface HealthChecks {
  /** Starts the checks of groups that are in use now, and stops those of the others. */
  follow(state: PlaceState): void;
  close(): void;
}

interface Loop {
  readonly check: HealthCheck;
  task: Scheduled;
}

/** Probes the targets of every group of addresses that a service uses, on the cloud's clock. */
export function createHealthChecks(cloud: Cloud, health: HealthBook): HealthChecks {
  const { clock } = cloud;
  const loops = new Map<string, Loop>();
  let isClosed = false;

  const loopKey = ({ place }: PlaceState, groupId: string) =>
    `${place.account}/${place.region}/${groupId}`;

  /** What is to be checked; undefined when nothing is. */
  const checkOf = (state: PlaceState, groupId: string): HealthCheck | undefined => {
    const group = state.targetGroups.get(groupId);
    const check = group?.config.healthCheck;
    if (group?.type !== "IP" || check?.enabled !== true) return undefined;
    return servicesUsing(state, groupId).length > 0 ? check : undefined;
  };

  const round = async (state: PlaceState, groupId: string, check: HealthCheck) => {
    const targets = [...state.targets(groupId).values()];
    const probes = targets.map(async (target) => {
      if (target.drainedAtMs !== undefined || target.port === undefined) return;
      const failure = await probe({ id: target.id, port: target.port }, check);
      const key = targetKey(target);
      // Deregistered, or registered anew, while it was asked.
      if (isClosed || state.targets(groupId).get(key) !== target) return;
      const before = health.of(state.place, groupId, key);
      health.set(state.place, groupId, key, afterProbe(before, failure, check));
    });
    await Promise.all(probes);
  };

  const start = (state: PlaceState, groupId: string, check: HealthCheck) => {
    const key = loopKey(state, groupId);
    const arm = (atMs: number): Scheduled =>
      clock.schedule(atMs, async () => {
        if (checkOf(state, groupId) !== check) return stop(state, groupId);
        await round(state, groupId, check);
        const loop = loops.get(key);
        if (!isClosed && loop?.check === check) {
          loop.task = arm(atMs + check.intervalSeconds * 1000);
        }
      });
    loops.set(key, { check, task: arm(clock.nowMs()) });
  };

  const stop = (state: PlaceState, groupId: string) => {
    const key = loopKey(state, groupId);
    loops.get(key)?.task.cancel();
    loops.delete(key);
    if (checkOf(state, groupId) !== undefined) return;
    for (const target of state.targets(groupId).values()) {
      health.forget(state.place, groupId, targetKey(target));
    }
  };

  return {
    follow(state) {
      for (const { id } of state.targetGroups.values()) {
        const check = checkOf(state, id);
        const running = loops.get(loopKey(state, id))?.check;
        if (check === running) continue;
        stop(state, id);
        if (check !== undefined) start(state, id, check);
      }
    },
    close() {
      isClosed = true;
      for (const { task } of loops.values()) task.cancel();
      loops.clear();
    },
  };
}
