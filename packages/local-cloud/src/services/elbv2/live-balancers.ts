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

/** What the data plane may know of the control plane's state: as it is at each request. */
export function createLiveBalancers(elb: Elb, health: HealthBook): LiveBalancers {
  const { cloud } = elb;

  /** A host name says no account: found once, then checked at each use. */
  const owners = new Map<string, { readonly place: Place; readonly arn: string }>();

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

  const snapshot = (state: PlaceState, row: BalancerRow): LiveBalancer => {
    const groups = new Map<string, LiveGroup | undefined>();
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
      group(arn) {
        const group = groups.get(arn) ?? groupOf(state, arn);
        groups.set(arn, group);
        return group;
      },
    };
  };

  /** By load balancer; good as long as neither rows nor health have changed. */
  const snapshots = new Map<string, { readonly version: string; readonly live: LiveBalancer }>();

  const live = (state: PlaceState, row: BalancerRow): LiveBalancer | undefined => {
    if (row.activeAtMs > cloud.clock.nowMs()) return undefined;
    const version = `${state.version()} ${health.version}`;
    const known = snapshots.get(row.arn);
    if (known?.version === version) return known.live;
    const made = snapshot(state, row);
    snapshots.set(row.arn, { version, live: made });
    return made;
  };

  const byArn = (place: Place, arn: string) => {
    const state = elb.in(place);
    const row = state.balancers.get(arn);
    if (row === undefined) snapshots.delete(arn);
    return row && live(state, row);
  };

  return {
    byLabel(label) {
      const known = owners.get(label);
      if (known !== undefined) {
        const found = byArn(known.place, known.arn);
        if (found !== undefined) return found;
        owners.delete(label);
      }
      for (const place of cloud.store.scopes(SERVICE)) {
        const rows = [...elb.in(place).balancers.values()];
        const row = rows.find((one) => one.label === label);
        if (row === undefined) continue;
        owners.set(label, { place, arn: row.arn });
        return byArn(place, row.arn);
      }
      return undefined;
    },
    byArn,
  };
}
