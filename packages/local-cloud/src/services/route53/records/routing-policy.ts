import type { ResourceRecordSet } from "@aws-sdk/client-route-53";

/** The members that choose a routing policy; a set with none of them is simple. */
const POLICY_MEMBERS = [
  "Weight",
  "Region",
  "Failover",
  "GeoLocation",
  "GeoProximityLocation",
  "CidrRoutingConfig",
  "MultiValueAnswer",
] as const;

export type RoutingPolicy = (typeof POLICY_MEMBERS)[number] | "Simple";

/** As AWS writes the list. Unverified: the members that are newer than its quoted texts. */
export const POLICY_LIST = `[${POLICY_MEMBERS.slice(0, -1).join(", ")}, or MultiValueAnswer]`;

/** How AWS calls the sets of a policy. Unverified: all but "weighted". */
export const POLICY_ADJECTIVES = {
  Simple: "simple",
  Weight: "weighted",
  Region: "latency",
  Failover: "failover",
  GeoLocation: "geolocation",
  GeoProximityLocation: "geoproximity",
  CidrRoutingConfig: "cidr",
  MultiValueAnswer: "multivalue",
} as const satisfies Record<RoutingPolicy, string>;

/** The policies that a set asks for: one at most, when it is right. */
export function policiesIn(record: Partial<ResourceRecordSet>): RoutingPolicy[] {
  return POLICY_MEMBERS.filter((member) => record[member] !== undefined);
}

export function policyOf(record: Partial<ResourceRecordSet>): RoutingPolicy {
  return policiesIn(record)[0] ?? "Simple";
}
