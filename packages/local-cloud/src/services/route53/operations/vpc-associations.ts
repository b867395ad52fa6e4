import { addChange } from "../changes.ts";
import { conflictingDomain, lastVpc, publicZoneVpc, vpcNotFound } from "../errors.ts";
import type { Route53Handlers } from "../sdk.ts";
import type { Route53 } from "../state.ts";
import { zoneOf } from "../zone-shapes.ts";

/** The VPCs of private zones. Nothing here asks DNS from inside of a VPC: they are kept and told. */
export function vpcAssociationOperations(route53: Route53) {
  return {
    AssociateVPCWithHostedZone(input, { account }) {
      const state = route53.in(account);
      const zone = zoneOf(state, input.HostedZoneId);
      const vpc = input.VPC ?? {};
      if (!zone.isPrivate) throw publicZoneVpc();
      const isTaken = [...state.zones.values()].some(
        ({ name, vpcs }) => name === zone.name && vpcs.some(({ VPCId }) => VPCId === vpc.VPCId),
      );
      if (isTaken) throw conflictingDomain(vpc.VPCId ?? "", zone.name);
      state.zones.set(zone.id, { ...zone, vpcs: [...zone.vpcs, vpc] });
      return { ChangeInfo: addChange(route53, state, input.Comment) };
    },

    DisassociateVPCFromHostedZone(input, { account }) {
      const state = route53.in(account);
      const zone = zoneOf(state, input.HostedZoneId);
      const vpcs = zone.vpcs.filter(({ VPCId }) => VPCId !== input.VPC?.VPCId);
      if (vpcs.length === zone.vpcs.length) throw vpcNotFound(input.VPC?.VPCId ?? "");
      if (vpcs.length === 0) throw lastVpc();
      state.zones.set(zone.id, { ...zone, vpcs });
      return { ChangeInfo: addChange(route53, state, input.Comment) };
    },
  } satisfies Route53Handlers;
}
