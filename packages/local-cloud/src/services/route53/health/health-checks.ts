import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import type { Scheduled } from "../../../clock.ts";
import { CHAIN_MAX, MEASURE_SECONDS } from "../limits.ts";
import type { AccountState, HealthCheckRow, Route53 } from "../state.ts";
import type { AlarmFollower } from "./alarm-follower.ts";
import { afterSight, type EndpointHealth, UNSEEN } from "./endpoint-health.ts";
import { endpointOf } from "./endpoint.ts";
import { CheckMeter } from "./metrics.ts";
import { probe } from "./probe.ts";

export interface HealthChecks {
  /** What Route 53 takes a check's status to be now; a check that is gone counts as healthy. */
  isHealthy(state: AccountState, checkId: string): boolean;
  /** What was last seen of an endpoint. */
  endpoint(state: AccountState, checkId: string): EndpointHealth;
  /** Starts, changes and ends the loops of an account's checks, as its rows say. */
  follow(state: AccountState): void;
  close(): void;
}

interface Loop {
  readonly row: HealthCheckRow;
  task: Scheduled;
}

/** Looks at every endpoint and measures every check, on the cloud's clock. */
export function createHealthChecks(route53: Route53, alarms: AlarmFollower): HealthChecks {
  const { cloud } = route53;
  const { clock } = cloud;
  const loops = new Map<string, Loop>();
  const endpoints = new Map<string, EndpointHealth>();
  const meter = new CheckMeter(cloud.metrics);
  const keyOf = ({ account }: AccountState, id: string) => `${account}/${id}`;

  /** Before disabling and inverting. */
  const isWell = (state: AccountState, { id, config }: HealthCheckRow, depth: number): boolean => {
    switch (kindOf(config)) {
      case "calculated":
        return healthyChildren(state, config, depth) >= (config.HealthThreshold ?? 0);
      case "alarm":
        return alarms.isHealthy(state.account, id, config);
      case "endpoint":
        return (endpoints.get(keyOf(state, id)) ?? UNSEEN).isHealthy;
    }
  };
  const statusOf = (state: AccountState, id: string, depth: number): boolean => {
    const row = state.healthChecks.get(id);
    if (row === undefined || depth >= CHAIN_MAX) return true;
    // Disabled means healthy, and inverting turns that around too. Source: the model's documentation.
    const isRight = row.config.Disabled === true || isWell(state, row, depth);
    return row.config.Inverted === true ? !isRight : isRight;
  };
  const healthyChildren = (state: AccountState, config: HealthCheckConfig, depth: number) =>
    (config.ChildHealthChecks ?? []).filter((child) => statusOf(state, child, depth + 1)).length;

  const look = async (state: AccountState, row: HealthCheckRow) => {
    const { id, config } = row;
    const key = keyOf(state, id);
    if (kindOf(config) === "endpoint" && config.Disabled !== true) {
      const sight = await probe(endpointOf(cloud, config), config);
      if (loops.get(key)?.row !== row) return;
      const before = endpoints.get(key) ?? UNSEEN;
      endpoints.set(key, afterSight(before, sight, config.FailureThreshold ?? 3, clock.nowMs()));
    }
    const children =
      kindOf(config) === "calculated" ? healthyChildren(state, config, 0) : undefined;
    meter.measure(state.account, id, {
      isHealthy: statusOf(state, id, 0),
      healthyChildren: children,
      atMs: clock.nowMs(),
    });
  };

  const start = (state: AccountState, row: HealthCheckRow) => {
    const key = keyOf(state, row.id);
    const periodMs = periodSeconds(row.config) * 1000;
    const arm = (atMs: number): Scheduled =>
      clock.schedule(atMs, async () => {
        await look(state, row);
        const loop = loops.get(key);
        if (loop?.row === row) loop.task = arm(atMs + periodMs);
      });
    loops.set(key, { row, task: arm(clock.nowMs()) });
  };

  return {
    isHealthy: (state, checkId) => statusOf(state, checkId, 0),
    endpoint: (state, checkId) => endpoints.get(keyOf(state, checkId)) ?? UNSEEN,
    follow(state) {
      const prefix = `${state.account}/`;
      for (const [key, loop] of loops) {
        const { id } = loop.row;
        if (!key.startsWith(prefix) || state.healthChecks.get(id) === loop.row) continue;
        loop.task.cancel();
        loops.delete(key);
        if (!state.healthChecks.has(id)) endpoints.delete(key);
      }
      for (const row of state.healthChecks.values()) {
        if (!loops.has(keyOf(state, row.id))) start(state, row);
      }
    },
    close() {
      for (const { task } of loops.values()) task.cancel();
      loops.clear();
    },
  };
}

function periodSeconds(config: HealthCheckConfig): number {
  return kindOf(config) === "endpoint" ? (config.RequestInterval ?? 30) : MEASURE_SECONDS;
}

/** How the status of a check comes about. */
export function kindOf({ Type }: HealthCheckConfig): "endpoint" | "calculated" | "alarm" {
  if (Type === "CALCULATED") return "calculated";
  return Type === "CLOUDWATCH_METRIC" ? "alarm" : "endpoint";
}
