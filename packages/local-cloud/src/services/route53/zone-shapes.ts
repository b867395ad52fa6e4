import type { DelegationSet, HostedZone } from "@aws-sdk/client-route-53";
import { noSuchHostedZone } from "./errors.ts";
import type { AccountState, ZoneRow } from "./state.ts";

/** @throws {AwsError} NoSuchHostedZone */
export function zoneOf({ zones }: AccountState, id: string | undefined): ZoneRow {
  const zone = zones.get(bareId(id));
  if (zone === undefined) throw noSuchHostedZone(bareId(id));
  return zone;
}

/** "/hostedzone/Z1" and "Z1" are the same. */
export function bareId(id = ""): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

export function zoneShape(state: AccountState, zone: ZoneRow): HostedZone {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: { Comment: zone.comment, PrivateZone: zone.isPrivate },
    ResourceRecordSetCount: state.records(zone.id).size,
  };
}

/** Private zones have none. */
export function delegationSetShape(zone: ZoneRow): DelegationSet | undefined {
  if (zone.isPrivate) return undefined;
  const { delegationSetId: id, nameServers } = zone;
  return {
    Id: id === undefined ? undefined : `/delegationset/${id}`,
    NameServers: [...nameServers],
  };
}
