import { notFound } from "../errors.ts";
import { passes, select } from "../filters.ts";
import type { Ec2Handlers } from "../sdk.ts";
import type { Ec2, PlaceState, RouteTableRow } from "../state.ts";
import { tagShapes } from "../tagging.ts";
import { zonesOf } from "../zones.ts";

/** Zones, gateways and route tables: what there is, to be looked at. */
export function routingOperations(ec2: Ec2) {
  return {
    DescribeAvailabilityZones(input, context) {
      const state = ec2.in(context);
      const zones = zonesOf(context).filter(
        ({ name, id }) =>
          (input.ZoneNames?.includes(name) ?? true) &&
          (input.ZoneIds?.includes(id) ?? true) &&
          passes(
            input.Filters ?? [],
            {
              "group-name": context.region,
              "opt-in-status": "opt-in-not-required",
              "region-name": context.region,
              state: "available",
              "zone-id": id,
              "zone-name": name,
              "zone-type": "availability-zone",
            },
            {},
          ),
      );
      return {
        AvailabilityZones: zones.map(({ name, id }) => ({
          ZoneName: name,
          ZoneId: id,
          ZoneType: "availability-zone",
          State: "available" as const,
          RegionName: state.place.region,
          GroupName: state.place.region,
          NetworkBorderGroup: state.place.region,
          OptInStatus: "opt-in-not-required" as const,
          Messages: [],
        })),
      };
    },

    DescribeInternetGateways(input, context) {
      const state = ec2.in(context);
      const page = select(state.gateways.values(), input, {
        ids: input.InternetGatewayIds,
        missing: (id) => notFound("gateway", id),
        state,
        facts: ({ id, vpcId }) => ({
          "attachment.state": "available",
          "attachment.vpc-id": vpcId,
          "internet-gateway-id": id,
          "owner-id": state.place.account,
        }),
      });
      return {
        InternetGateways: page.items.map(({ id, vpcId }) => ({
          InternetGatewayId: id,
          OwnerId: state.place.account,
          // AWS says "available" of a gateway, where the SDK's type knows the words of interfaces only.
          Attachments: [{ State: "attached" as const, VpcId: vpcId }],
          Tags: tagShapes(state, id),
        })),
        NextToken: page.nextToken,
      };
    },

    DescribeRouteTables(input, context) {
      const state = ec2.in(context);
      const page = select(state.routeTables.values(), input, {
        ids: input.RouteTableIds,
        missing: (id) => notFound("routeTable", id),
        state,
        facts: (row) => ({
          "association.main": "true",
          "association.route-table-association-id": row.associationId,
          "association.route-table-id": row.id,
          "association.subnet-id": [],
          "owner-id": state.place.account,
          "route-table-id": row.id,
          "route.gateway-id": ["local", row.gatewayId ?? []].flat(),
          "vpc-id": row.vpcId,
        }),
      });
      return {
        RouteTables: page.items.map((row) => routeTableShape(state, row)),
        NextToken: page.nextToken,
      };
    },
  } satisfies Ec2Handlers;
}

function routeTableShape(state: PlaceState, row: RouteTableRow) {
  const local = {
    DestinationCidrBlock: state.vpcs.get(row.vpcId)?.cidr,
    GatewayId: "local",
    Origin: "CreateRouteTable" as const,
    State: "active" as const,
  };
  const out = {
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: row.gatewayId,
    Origin: "CreateRoute" as const,
    State: "active" as const,
  };
  return {
    RouteTableId: row.id,
    VpcId: row.vpcId,
    OwnerId: state.place.account,
    Associations: [
      {
        Main: true,
        RouteTableAssociationId: row.associationId,
        RouteTableId: row.id,
        AssociationState: { State: "associated" as const },
      },
    ],
    PropagatingVgws: [],
    Routes: row.gatewayId === undefined ? [local] : [local, out],
    Tags: tagShapes(state, row.id),
  };
}
