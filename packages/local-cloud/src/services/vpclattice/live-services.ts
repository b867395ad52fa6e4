import type {
  LiveGroup,
  LiveListener,
  LiveNetwork,
  LiveService,
  LiveServices,
} from "../../data-plane/vpc-lattice/live-services.ts";
import { byPriority } from "../../data-plane/vpc-lattice/rule-match.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { HealthBook } from "./health/health-book.ts";
import { listenerArn, networkArn, serviceArn, targetGroupArn } from "./identifiers.ts";
import { isGone, statusOf } from "./lifecycle.ts";
import {
  type AuthType,
  type Lattice,
  type PlaceState,
  SERVICE,
  type ServiceRow,
  targetKey,
} from "./state.ts";

/** What the data plane may know of the control plane's state, read at each request. */
export function createLiveServices(lattice: Lattice, health: HealthBook): LiveServices {
  const { cloud } = lattice;
  /** A host name says no account: found once, then checked at each use. */
  const owners = new Map<string, Place>();

  const ownerOf = (serviceId: string): Place | undefined => {
    const known = owners.get(serviceId);
    if (known !== undefined && lattice.in(known).services.has(serviceId)) return known;
    owners.delete(serviceId);
    const found = cloud.store
      .scopes(SERVICE)
      .find((place) => lattice.in(place).services.has(serviceId));
    if (found !== undefined) owners.set(serviceId, found);
    return found;
  };

  /** Undefined when nobody is asked: the auth type is NONE. */
  const authOf = (state: PlaceState, id: string, authType: AuthType) =>
    authType === "NONE" ? undefined : (state.authPolicies.get(id)?.policy ?? "");

  const listenersOf = (state: PlaceState, service: ServiceRow): LiveListener[] =>
    [...state.listeners(service.id).values()].map((row) => ({
      id: row.id,
      arn: listenerArn(state.place, row),
      protocol: row.protocol,
      port: row.port,
      rules: byPriority(state.rules(row.id).values()),
      defaultAction: row.defaultAction,
    }));

  const networkOf = (state: PlaceState, serviceId: string): LiveNetwork | undefined => {
    const nowMs = cloud.clock.nowMs();
    for (const association of state.serviceAssociations.values()) {
      if (association.serviceId !== serviceId || statusOf(association, nowMs) !== "ACTIVE")
        continue;
      const row = state.networks.get(association.networkId);
      if (row === undefined) continue;
      const vpc = [...state.vpcAssociations.values()].find(
        (one) => one.networkId === row.id && statusOf(one, nowMs) === "ACTIVE",
      );
      return {
        id: row.id,
        arn: networkArn(state.place, row.id),
        auth: authOf(state, row.id, row.authType),
        vpcId: vpc?.vpcId,
      };
    }
    return undefined;
  };

  const groupOf = (state: PlaceState, groupId: string): LiveGroup | undefined => {
    const row = state.targetGroups.get(groupId);
    if (row === undefined) return undefined;
    const isProbed = row.type === "IP" && row.config.healthCheck?.enabled === true;
    const targets = [...state.targets(groupId).values()]
      .filter(({ drainedAtMs }) => drainedAtMs === undefined)
      .map((target) => ({
        id: target.id,
        port: target.port,
        isHealthy:
          !isProbed || health.of(state.place, groupId, targetKey(target))?.status === "HEALTHY",
      }));
    const { id, type, config } = row;
    return { id, arn: targetGroupArn(state.place, id), type, config, targets };
  };

  return {
    service(serviceId): LiveService | undefined {
      const place = ownerOf(serviceId);
      if (place === undefined) return undefined;
      const state = lattice.in(place);
      const row = state.services.get(serviceId);
      const nowMs = cloud.clock.nowMs();
      if (row === undefined || isGone(row, nowMs) || row.activeAtMs > nowMs) return undefined;
      const network = networkOf(state, row.id);
      return {
        place: state.place,
        id: row.id,
        arn: serviceArn(state.place, row.id),
        auth: authOf(state, row.id, row.authType),
        tags: row.tags,
        listeners: listenersOf(state, row),
        network,
        logGroups: [...state.logSubscriptions.values()]
          .filter(({ resourceId }) => resourceId === row.id || resourceId === network?.id)
          .flatMap(({ destinationArn }) => logGroupOf(destinationArn) ?? []),
        group: (groupId) => groupOf(state, groupId),
      };
    },
  };
}

/** Only log groups are written to here. */
function logGroupOf(destinationArn: string): string | undefined {
  return /^arn:[^:]+:logs:.*:log-group:(.+?)(?::\*)?$/.exec(destinationArn)?.[1];
}
