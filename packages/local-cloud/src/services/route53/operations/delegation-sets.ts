import type { DelegationSet } from "@aws-sdk/client-route-53";
import { AwsError } from "../../../aws-error.ts";
import { invalidInput, noSuchDelegationSet } from "../errors.ts";
import { PAGE_ZONES } from "../limits.ts";
import { publicNameServers } from "../name-servers.ts";
import { pageFrom, startAt } from "../paging.ts";
import type { Route53Handlers } from "../sdk.ts";
import { type AccountState, type DelegationSetRow, newId, type Route53 } from "../state.ts";
import { bareId } from "../zone-shapes.ts";

/** Reusable delegation sets: name servers that several zones share. */
export function delegationSetOperations(route53: Route53) {
  return {
    CreateReusableDelegationSet(input, { account }) {
      const state = route53.in(account);
      const { CallerReference: callerReference = "" } = input;
      if (input.HostedZoneId !== undefined) {
        throw invalidInput(
          "The local cloud makes no reusable delegation set out of a hosted zone's. Leave HostedZoneId out.",
        );
      }
      if ([...state.delegationSets.values()].some((one) => one.callerReference === callerReference))
        // Unverified: the text.
        throw new AwsError(
          "DelegationSetAlreadyCreated",
          "A delegation set with the same owner and caller reference combination has already been created.",
        );
      const set: DelegationSetRow = {
        id: newId(route53, "N"),
        callerReference,
        nameServers: publicNameServers(route53.cloud.random),
      };
      state.delegationSets.set(set.id, set);
      return {
        DelegationSet: shapeOf(set),
        Location: `https://route53.amazonaws.com/2013-04-01/delegationset/${set.id}`,
      };
    },

    GetReusableDelegationSet: (input, { account }) => ({
      DelegationSet: shapeOf(setOf(route53.in(account), input.Id)),
    }),

    ListReusableDelegationSets(input, { account }) {
      const sets = [...route53.in(account).delegationSets.values()];
      const start = startAt(sets, input.Marker, ({ id }) => id);
      const page = pageFrom(sets, start, { maxItems: input.MaxItems, most: PAGE_ZONES });
      return {
        DelegationSets: page.items.map(shapeOf),
        Marker: input.Marker ?? "",
        IsTruncated: page.next !== undefined,
        NextMarker: page.next?.id,
        MaxItems: page.limit,
      };
    },

    DeleteReusableDelegationSet(input, { account }) {
      const state = route53.in(account);
      const { id } = setOf(state, input.Id);
      if ([...state.zones.values()].some(({ delegationSetId }) => delegationSetId === id)) {
        // Unverified: the text.
        throw new AwsError(
          "DelegationSetInUse",
          "The specified delegation contains associated hosted zones which must be deleted before the reusable delegation set can be deleted.",
        );
      }
      state.delegationSets.delete(id);
      return {};
    },
  } satisfies Route53Handlers;
}

function setOf({ delegationSets }: AccountState, given: string | undefined): DelegationSetRow {
  const id = bareId(given);
  const set = delegationSets.get(id);
  if (set === undefined) throw noSuchDelegationSet(id);
  return set;
}

function shapeOf({ id, callerReference, nameServers }: DelegationSetRow): DelegationSet {
  return {
    Id: `/delegationset/${id}`,
    CallerReference: callerReference,
    NameServers: [...nameServers],
  };
}
