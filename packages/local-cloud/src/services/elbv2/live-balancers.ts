import type {
  LiveBalancer,
  LiveBalancers,
  LiveGroup,
} from "../../data-plane/load-balancer/live-balancers.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { dimensionOf } from "./arns.ts";
import {
  allAttributes,
  BALANCER_ATTRIBUTES,
  groupAttributes,
  LISTENER_ATTRIBUTES,
} from "./attributes.ts";
import type { HealthBook } from "./health/health-book.ts";
import { type BalancerRow, type Elb, type PlaceState, SERVICE, targetKey } from "./state.ts";
import { listenersOf, rulesOf } from "./usage.ts";

/** What the data plane may know of the control plane's state, read at each request. */
export function createLiveBalancers(elb: Elb, health: HealthBook): LiveBalancers {
  const { cloud } = elb;

  /** A host name says no account: found once, then checked at each use. */
  const owners = new Map<string, Place>();

  const groupOf = (state: PlaceState, arn: string): LiveGroup | undefined => {
    const row = state.groups.get(arn);
    if (row === undefined) return undefined;
    const targets = [...state.targets(arn).values()]
      .filter(({ drainedAtMs }) => drainedAtMs === undefined)
      .map((target) => {
        const key = targetKey(target);
        const known = health.of(arn, key);
        return {
          key,
          id: target.id,
          port: target.port,
          isHealthy: !row.check.isEnabled || known?.status === "healthy",
          healthySinceMs: known?.sinceMs ?? target.registeredAtMs,
        };
      });
    return {
      arn,
      dimension: dimensionOf(arn),
      type: row.type,
      protocol: row.protocol ?? "HTTP",
      attributes: allAttributes(groupAttributes(row.type), row.attributes),
      targets,
    };
  };

  const live = (state: PlaceState, row: BalancerRow): LiveBalancer | undefined => {
    if (row.activeAtMs > cloud.clock.nowMs()) return undefined;
    return {
      place: state.place,
      arn: row.arn,
      dimension: dimensionOf(row.arn),
      zone: row.subnets[0]?.zone ?? `${state.place.region}a`,
      attributes: allAttributes(BALANCER_ATTRIBUTES, row.attributes),
      listeners: listenersOf(state, row.arn).map((listener) => ({
        arn: listener.arn,
        protocol: listener.protocol,
        port: listener.port,
        attributes: allAttributes(LISTENER_ATTRIBUTES, listener.attributes),
        rules: rulesOf(state, listener.arn),
        defaultAction: listener.action,
      })),
      group: (arn) => groupOf(state, arn),
    };
  };

  return {
    byLabel(label) {
      const known = owners.get(label);
      const places = known === undefined ? cloud.store.scopes(SERVICE) : [known];
      for (const place of places) {
        const state = elb.in(place);
        const row = [...state.balancers.values()].find((one) => one.label === label);
        if (row === undefined) continue;
        owners.set(label, place);
        return live(state, row);
      }
      owners.delete(label);
      return undefined;
    },
    byArn(place, arn) {
      const state = elb.in(place);
      const row = state.balancers.get(arn);
      return row && live(state, row);
    },
  };
}
