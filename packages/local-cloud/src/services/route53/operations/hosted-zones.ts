import { addChange } from "../changes.ts";
import {
  hostedZoneExists,
  hostedZoneNotEmpty,
  invalidDomainName,
  invalidInput,
  noSuchDelegationSet,
  tooMany,
} from "../errors.ts";
import { ZONES_MAX } from "../limits.ts";
import { apexRecords, PRIVATE_NAME_SERVERS, publicNameServers } from "../name-servers.ts";
import { readName } from "../names.ts";
import type { Route53Handlers, Route53Input } from "../sdk.ts";
import type { ZoneIndex } from "../resolution/zone-index.ts";
import { type AccountState, newId, recordKey, type Route53, type ZoneRow } from "../state.ts";
import { bareId, delegationSetShape, zoneOf, zoneShape } from "../zone-shapes.ts";

export function hostedZoneOperations(route53: Route53, index: ZoneIndex) {
  const { store } = route53.cloud;
  return {
    CreateHostedZone(input, { account }) {
      const state = route53.in(account);
      const zone = newZone(route53, state, input);
      const change = store.transaction(() => {
        state.zones.set(zone.id, zone);
        const records = state.records(zone.id);
        for (const record of apexRecords(zone)) records.set(recordKey(record), record);
        return addChange(route53, state);
      });
      index.changed();
      return {
        HostedZone: zoneShape(state, zone),
        ChangeInfo: change,
        DelegationSet: delegationSetShape(zone),
        VPC: zone.vpcs[0],
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
      };
    },

    GetHostedZone(input, { account }) {
      const state = route53.in(account);
      const zone = zoneOf(state, input.Id);
      return {
        HostedZone: zoneShape(state, zone),
        DelegationSet: delegationSetShape(zone),
        VPCs: zone.isPrivate ? [...zone.vpcs] : undefined,
      };
    },

    UpdateHostedZoneComment(input, { account }) {
      const state = route53.in(account);
      const zone = { ...zoneOf(state, input.Id), comment: input.Comment };
      state.zones.set(zone.id, zone);
      return { HostedZone: zoneShape(state, zone) };
    },

    DeleteHostedZone(input, { account }) {
      const state = route53.in(account);
      const { id, name } = zoneOf(state, input.Id);
      const records = state.records(id);
      const isRequired = (record: { Name: string; Type: string }) =>
        record.Name === name && (record.Type === "NS" || record.Type === "SOA");
      if (![...records.values()].every(isRequired)) throw hostedZoneNotEmpty();
      const change = store.transaction(() => {
        for (const [key] of records.entries()) records.delete(key);
        state.zones.delete(id);
        state.tags.delete(`hostedzone/${id}`);
        return addChange(route53, state);
      });
      index.changed();
      return { ChangeInfo: change };
    },

    GetHostedZoneCount: (_input, { account }) => ({
      HostedZoneCount: route53.in(account).zones.size,
    }),
  } satisfies Route53Handlers;
}

/** @throws {AwsError} everything that AWS refuses a new zone for */
function newZone(
  route53: Route53,
  state: AccountState,
  input: Route53Input<"CreateHostedZone">,
): ZoneRow {
  const read = readName(input.Name ?? "");
  if (read.kind === "fault") throw invalidDomainName(read.fault);
  const callerReference = input.CallerReference ?? "";
  const zones = [...state.zones.values()];
  if (zones.some((zone) => zone.callerReference === callerReference)) throw hostedZoneExists();
  if (zones.length >= ZONES_MAX) {
    throw tooMany("TooManyHostedZones", `MAX_HOSTED_ZONES_BY_OWNER - Cannot create more`);
  }
  const isPrivate = input.VPC !== undefined;
  if (input.HostedZoneConfig?.PrivateZone === true && !isPrivate) {
    // Source: the model's documentation. Unverified: the text.
    throw invalidInput(
      "When you're creating a private hosted zone, you must specify values for VPCId and VPCRegion.",
    );
  }
  const setId = input.DelegationSetId === undefined ? undefined : bareId(input.DelegationSetId);
  if (setId !== undefined && isPrivate) {
    // Unverified: the text.
    throw invalidInput("A private hosted zone cannot use a reusable delegation set.");
  }
  const set = setId === undefined ? undefined : state.delegationSets.get(setId);
  if (setId !== undefined && set === undefined) throw noSuchDelegationSet(setId);
  return {
    id: newId(route53, "Z"),
    name: read.name,
    callerReference,
    comment: input.HostedZoneConfig?.Comment,
    isPrivate,
    vpcs: input.VPC === undefined ? [] : [input.VPC],
    nameServers: isPrivate
      ? PRIVATE_NAME_SERVERS
      : (set?.nameServers ?? publicNameServers(route53.cloud.random)),
    delegationSetId: setId,
  };
}
