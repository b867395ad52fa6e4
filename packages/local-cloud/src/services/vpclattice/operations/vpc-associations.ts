import { pageOf } from "../../paging.ts";
import { createOnce } from "../client-tokens.ts";
import { badToken, conflict, invalid } from "../errors.ts";
import {
  idOf,
  networkArn,
  networkOf,
  vpcAssociationArn,
  vpcAssociationOf,
} from "../identifiers.ts";
import { leaving, requireActive, statusOf } from "../lifecycle.ts";
import { ASSOCIATION_MS, PAGE_ITEMS, REMOVAL_MS } from "../limits.ts";
import type { LatticeHandlers } from "../sdk.ts";
import { type Lattice, newId, type PlaceState, type VpcAssociationRow } from "../state.ts";

const TYPE = "SERVICE_NETWORK_VPC_ASSOCIATION";

/** Which VPCs reach the services of a service network. There are no VPCs here: any well-formed id will do. */
export function vpcAssociationOperations(lattice: Lattice) {
  const { clock } = lattice.cloud;

  const named = (state: PlaceState, row: VpcAssociationRow) => ({
    id: row.id,
    arn: vpcAssociationArn(state.place, row.id),
    status: statusOf(row, clock.nowMs()),
    createdBy: state.place.account,
  });
  const listed = (state: PlaceState, row: VpcAssociationRow) => {
    const network = networkOf(state, row.networkId);
    return {
      ...named(state, row),
      createdAt: new Date(row.createdAtMs),
      lastUpdatedAt: new Date(row.updatedAtMs),
      serviceNetworkId: network.id,
      serviceNetworkName: network.name,
      serviceNetworkArn: networkArn(state.place, network.id),
      vpcId: row.vpcId,
      privateDnsEnabled: row.privateDnsEnabled,
    };
  };

  return {
    CreateServiceNetworkVpcAssociation(input, context) {
      const state = lattice.in(context);
      const row = createOnce(lattice, state, context, {
        type: TYPE,
        input,
        find: (id) => state.vpcAssociations.get(id),
        create() {
          const network = networkOf(state, input.serviceNetworkIdentifier);
          const vpcId = input.vpcIdentifier ?? "";
          // Source: AWS docs, "VPC associations": a VPC belongs to one service network.
          for (const other of state.vpcAssociations.values()) {
            if (other.vpcId === vpcId) {
              throw conflict({ type: TYPE, id: other.id }, `already associates VPC ${vpcId}`);
            }
          }
          const nowMs = clock.nowMs();
          const created: VpcAssociationRow = {
            id: newId(lattice, "vpcAssociations"),
            vpcId,
            networkId: network.id,
            securityGroupIds: input.securityGroupIds ?? [],
            privateDnsEnabled: input.privateDnsEnabled,
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
            activeAtMs: nowMs + ASSOCIATION_MS,
            goneAtMs: undefined,
            tags: input.tags ?? {},
          };
          state.vpcAssociations.set(created.id, created);
          return created;
        },
      });
      const { privateDnsEnabled } = row;
      return { ...named(state, row), privateDnsEnabled, securityGroupIds: groupsOf(row) };
    },

    GetServiceNetworkVpcAssociation(input, context) {
      const state = lattice.in(context);
      const row = vpcAssociationOf(state, input.serviceNetworkVpcAssociationIdentifier);
      return { ...listed(state, row), securityGroupIds: groupsOf(row) };
    },

    ListServiceNetworkVpcAssociations(input, context) {
      const state = lattice.in(context);
      const { serviceNetworkIdentifier, vpcIdentifier } = input;
      if (serviceNetworkIdentifier === undefined && vpcIdentifier === undefined) {
        throw invalid("serviceNetworkIdentifier or vpcIdentifier is required");
      }
      const rows = [...state.vpcAssociations.values()].filter(
        ({ networkId, vpcId }) =>
          (serviceNetworkIdentifier === undefined ||
            networkId === idOf(serviceNetworkIdentifier)) &&
          (vpcIdentifier === undefined || vpcId === vpcIdentifier),
      );
      const page = pageOf(rows, {
        keyOf: ({ id }) => id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { items: page.items.map((row) => listed(state, row)), nextToken: page.nextToken };
    },

    UpdateServiceNetworkVpcAssociation(input, context) {
      const state = lattice.in(context);
      const row = vpcAssociationOf(state, input.serviceNetworkVpcAssociationIdentifier);
      requireActive(lattice, row, { type: TYPE, id: row.id });
      const updated: VpcAssociationRow = {
        ...row,
        securityGroupIds: input.securityGroupIds ?? [],
        updatedAtMs: clock.nowMs(),
      };
      state.vpcAssociations.set(row.id, updated);
      return { ...named(state, updated), securityGroupIds: groupsOf(updated) };
    },

    DeleteServiceNetworkVpcAssociation(input, context) {
      const state = lattice.in(context);
      const row = vpcAssociationOf(state, input.serviceNetworkVpcAssociationIdentifier);
      const nowMs = clock.nowMs();
      if (statusOf(row, nowMs) === "CREATE_IN_PROGRESS") {
        requireActive(lattice, row, { type: TYPE, id: row.id });
      }
      const deleted = leaving(row, nowMs, REMOVAL_MS);
      state.vpcAssociations.set(row.id, deleted);
      const { createdBy: _, ...shape } = named(state, deleted);
      return shape;
    },
  } satisfies LatticeHandlers;
}

function groupsOf({ securityGroupIds }: VpcAssociationRow): string[] {
  return [...securityGroupIds];
}
