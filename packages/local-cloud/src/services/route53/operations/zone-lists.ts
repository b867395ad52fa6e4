import { invalidDomainName, invalidInput } from "../errors.ts";
import { PAGE_ZONES } from "../limits.ts";
import { readName, sortKey } from "../names.ts";
import { pageFrom, startAt } from "../paging.ts";
import type { Route53Handlers } from "../sdk.ts";
import type { Route53, ZoneRow } from "../state.ts";
import { bareId, zoneShape } from "../zone-shapes.ts";

/** The lists of hosted zones. The markers of both are the first zone of the next page. */
export function zoneListOperations(route53: Route53) {
  return {
    ListHostedZones(input, { account }) {
      const state = route53.in(account);
      const wantedSet =
        input.DelegationSetId === undefined ? undefined : bareId(input.DelegationSetId);
      const zones = [...state.zones.values()].filter(
        ({ delegationSetId, isPrivate }) =>
          (wantedSet === undefined || delegationSetId === wantedSet) &&
          (input.HostedZoneType === undefined || isPrivate),
      );
      const start = startAt(zones, input.Marker, ({ id }) => id);
      const page = pageFrom(zones, start, { maxItems: input.MaxItems, most: PAGE_ZONES });
      return {
        HostedZones: page.items.map((zone) => zoneShape(state, zone)),
        Marker: input.Marker,
        IsTruncated: page.next !== undefined,
        NextMarker: page.next?.id,
        MaxItems: page.limit,
      };
    },

    ListHostedZonesByName(input, { account }) {
      const state = route53.in(account);
      const { DNSName: dnsName, HostedZoneId: zoneId } = input;
      if (zoneId !== undefined && dnsName === undefined) {
        // Source: the model's documentation. Unverified: the text.
        throw invalidInput("If you include a value for HostedZoneId, you must include DNSName.");
      }
      const zones = [...state.zones.values()].toSorted(byName);
      const start = dnsName === undefined ? 0 : startOf(zones, dnsName, zoneId);
      const page = pageFrom(zones, start, { maxItems: input.MaxItems, most: PAGE_ZONES });
      return {
        HostedZones: page.items.map((zone) => zoneShape(state, zone)),
        DNSName: dnsName,
        HostedZoneId: zoneId,
        IsTruncated: page.next !== undefined,
        NextDNSName: page.next?.name,
        NextHostedZoneId: page.next?.id,
        MaxItems: page.limit,
      };
    },

    ListHostedZonesByVPC(input, { account }) {
      const state = route53.in(account);
      const zones = [...state.zones.values()].filter(({ vpcs }) =>
        vpcs.some(({ VPCId, VPCRegion }) => VPCId === input.VPCId && VPCRegion === input.VPCRegion),
      );
      const start = startAt(zones, input.NextToken, ({ id }) => id);
      const page = pageFrom(zones, start, { maxItems: input.MaxItems, most: PAGE_ZONES });
      return {
        HostedZoneSummaries: page.items.map(({ id, name }) => ({
          HostedZoneId: id,
          Name: name,
          Owner: { OwningAccount: account },
        })),
        MaxItems: page.limit,
        NextToken: page.next?.id,
      };
    },
  } satisfies Route53Handlers;
}

/** By the labels from the right, and then by id. Source: API reference, ListHostedZonesByName. */
function byName(left: ZoneRow, right: ZoneRow): number {
  return compare(sortKey(left.name), sortKey(right.name)) || compare(left.id, right.id);
}

/** The first zone at or after a name: there need not be one of that name, which surprises many. */
function startOf(zones: readonly ZoneRow[], dnsName: string, zoneId: string | undefined): number {
  const read = readName(dnsName);
  if (read.kind === "fault") throw invalidDomainName(read.fault);
  const wanted = sortKey(read.name);
  const index = zones.findIndex(({ name, id }) => {
    const key = sortKey(name);
    return key > wanted || (key === wanted && (zoneId === undefined || id >= bareId(zoneId)));
  });
  return index < 0 ? zones.length : index;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
