import type { Cloud, Service } from "../../service.ts";
import { AlarmFollower } from "./health/alarm-follower.ts";
import { createHealthChecks, kindOf } from "./health/health-checks.ts";
import { delegationSetOperations } from "./operations/delegation-sets.ts";
import { dnsAnswerOperations } from "./operations/dns-answers.ts";
import { healthCheckOperations } from "./operations/health-checks.ts";
import { hostedZoneOperations } from "./operations/hosted-zones.ts";
import { recordOperations } from "./operations/records.ts";
import { tagOperations } from "./operations/tags.ts";
import { vpcAssociationOperations } from "./operations/vpc-associations.ts";
import { zoneListOperations } from "./operations/zone-lists.ts";
import { createResolver } from "./resolution/resolver.ts";
import { ZoneIndex } from "./resolution/zone-index.ts";
import type { Route53Handlers } from "./sdk.ts";
import { openRoute53 } from "./state.ts";

/**
 * Amazon Route 53: zones, records and health checks. Requests whose Host is a name in a public zone go where its
 * records lead, drawn anew for each: `cloud.hostNames` asks the resolver.
 */
export function createRoute53(cloud: Cloud): Service {
  const route53 = openRoute53(cloud);
  const alarms = new AlarmFollower(cloud);
  const health = createHealthChecks(route53, alarms);
  const zones = new ZoneIndex(route53);
  const resolver = createResolver(cloud, zones, health);
  const stopListening = alarms.listen(route53);
  const handlers = {
    ...hostedZoneOperations(route53, zones),
    ...zoneListOperations(route53),
    ...vpcAssociationOperations(route53),
    ...delegationSetOperations(route53),
    ...recordOperations(route53, zones),
    ...healthCheckOperations(route53, health, alarms),
    ...dnsAnswerOperations(route53, resolver, zones),
    ...tagOperations(route53),
  } satisfies Route53Handlers;
  return {
    handlers,
    async resume() {
      cloud.hostNames.resolveWith((host) => resolver.targetOf(host));
      const accounts = route53.accounts();
      const rows = accounts.flatMap(({ healthChecks }) => [...healthChecks.values()]);
      if (rows.some(({ config }) => kindOf(config) === "alarm")) await alarms.open();
      for (const state of accounts) health.follow(state);
    },
    async close() {
      cloud.hostNames.resolveWith(undefined);
      stopListening();
      health.close();
    },
  };
}
