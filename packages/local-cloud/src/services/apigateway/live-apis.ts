import type { LiveApis } from "../../data-plane/execute-api/live-apis.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { utcDay } from "../dates.ts";
import { withoutLocalhost } from "./operations/domain-names.ts";
import { type ApiGateway, planKey, type Quota, SERVICE, type UsageRow } from "./state.ts";

const DAY_MS = 24 * 3600 * 1000;

/** What the data plane may know of the control plane's state, read at each request. */
export function createLiveApis(gateway: ApiGateway): LiveApis {
  const { cloud, tables } = gateway;
  /** A host name says neither account nor region: found once, then checked at each use. */
  const owners = new Map<string, Place>();

  const ownerOf = (apiId: string): Place | undefined => {
    const known = owners.get(apiId);
    if (known !== undefined && tables.apis(known).has(apiId)) return known;
    owners.delete(apiId);
    const found = cloud.store.scopes(SERVICE).find((place) => tables.apis(place).has(apiId));
    if (found !== undefined) owners.set(apiId, found);
    return found;
  };

  return {
    stage(apiId, stageName) {
      const place = ownerOf(apiId);
      const stage = place && tables.stages(place, apiId).get(stageName);
      const apiName = place && tables.apis(place).get(apiId)?.name;
      return place && stage && { place, stage, apiName: apiName ?? "" };
    },
    domainMappings(name) {
      const places = cloud.store.scopes(SERVICE);
      for (const own of new Set([name, withoutLocalhost(name)])) {
        const place = places.find((one) => tables.domains(one).has(own));
        if (place !== undefined) return tables.basePaths(place, own).values();
      }
      return undefined;
    },
    deployment: (place, apiId, id) => tables.deployments(place, apiId).get(id),
    keyHolder(place, value, apiId, stageName) {
      for (const key of tables.apiKeys(place).values()) {
        if (key.value !== value || !key.enabled) continue;
        for (const plan of tables.usagePlans(place).values()) {
          if (!tables.usagePlanKeys(place).has(planKey(plan.id, key.id))) continue;
          const stage = plan.apiStages.find(
            (one) => one.apiId === apiId && one.stage === stageName,
          );
          if (stage === undefined) continue;
          return {
            keyId: key.id,
            planId: plan.id,
            throttle: plan.throttle,
            methodThrottle: stage.throttle,
            quota: plan.quota,
          };
        }
      }
      return undefined;
    },
    takeFromQuota(place, { planId, keyId, quota }) {
      const usage = tables.usage(place);
      const row = usage.get(planKey(planId, keyId)) ?? {};
      const nowMs = cloud.clock.nowMs();
      if (quota !== undefined && usedInPeriod(row, quota, nowMs) >= quota.limit) return false;
      const today = utcDay(nowMs);
      usage.set(planKey(planId, keyId), { ...row, [today]: (row[today] ?? 0) + 1 });
      return true;
    },
  };
}

/** Requests since the period began, and those that `offset` takes from its first period. */
function usedInPeriod(row: UsageRow, { period, offset }: Quota, nowMs: number): number {
  const first = firstDayOf(period, nowMs);
  const used = Object.entries(row)
    .filter(([day]) => day >= first)
    .reduce((sum, [, count]) => sum + count, 0);
  const isFirstPeriod = Object.keys(row).every((day) => day >= first);
  return isFirstPeriod ? used + offset : used;
}

/** Periods begin at midnight UTC: weeks on Sunday, months on the first. Unverified: the week's day. */
function firstDayOf(period: Quota["period"], nowMs: number): string {
  const now = new Date(nowMs);
  switch (period) {
    case "DAY":
      return utcDay(nowMs);
    case "WEEK":
      return utcDay(nowMs - now.getUTCDay() * DAY_MS);
    case "MONTH":
      return `${utcDay(nowMs).slice(0, 8)}01`;
    default:
      return period satisfies never;
  }
}
