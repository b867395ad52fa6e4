import { pageOf } from "../../paging.ts";
import { createOnce } from "../client-tokens.ts";
import { badToken, conflict } from "../errors.ts";
import { networkArn, networkOf } from "../identifiers.ts";
import { forgetBelongings } from "../lifecycle.ts";
import { PAGE_ITEMS } from "../limits.ts";
import type { LatticeHandlers } from "../sdk.ts";
import { type Lattice, type NetworkRow, newId, type PlaceState } from "../state.ts";

export function serviceNetworkOperations(lattice: Lattice) {
  const { clock, store } = lattice.cloud;
  return {
    CreateServiceNetwork(input, context) {
      const state = lattice.in(context);
      const row = createOnce(lattice, state, context, {
        type: "SERVICE_NETWORK",
        input,
        find: (id) => state.networks.get(id),
        create() {
          const { name = "" } = input;
          for (const { id, name: taken } of state.networks.values()) {
            if (taken === name) {
              throw conflict({ type: "SERVICE_NETWORK", id }, `already has the name ${name}`);
            }
          }
          const nowMs = clock.nowMs();
          const created: NetworkRow = {
            id: newId(lattice, "networks"),
            name,
            authType: input.authType ?? "NONE",
            isSharingEnabled: input.sharingConfig?.enabled ?? true,
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
            tags: input.tags ?? {},
          };
          state.networks.set(created.id, created);
          return created;
        },
      });
      return { ...named(state, row), authType: row.authType, sharingConfig: sharingOf(row) };
    },

    GetServiceNetwork(input, context) {
      const state = lattice.in(context);
      const row = networkOf(state, input.serviceNetworkIdentifier);
      return {
        ...listed(state, row),
        numberOfAssociatedResourceConfigurations: undefined,
        authType: row.authType,
        sharingConfig: sharingOf(row),
      };
    },

    ListServiceNetworks(input, context) {
      const state = lattice.in(context);
      const page = pageOf(state.networks.values(), {
        keyOf: ({ id }) => id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { items: page.items.map((row) => listed(state, row)), nextToken: page.nextToken };
    },

    UpdateServiceNetwork(input, context) {
      const state = lattice.in(context);
      const row = networkOf(state, input.serviceNetworkIdentifier);
      const updated: NetworkRow = {
        ...row,
        authType: input.authType ?? row.authType,
        updatedAtMs: clock.nowMs(),
      };
      state.networks.set(row.id, updated);
      return { ...named(state, updated), authType: updated.authType };
    },

    DeleteServiceNetwork(input, context) {
      const state = lattice.in(context);
      const { id } = networkOf(state, input.serviceNetworkIdentifier);
      const { vpcs, services } = associatedWith(state, id);
      const name = { type: "SERVICE_NETWORK", id } as const;
      if (vpcs > 0) throw conflict(name, "has VPC(s) associated");
      if (services > 0) throw conflict(name, "has service(s) associated");
      store.transaction(() => {
        forgetBelongings(state, id);
        state.networks.delete(id);
      });
      return {};
    },
  } satisfies LatticeHandlers;
}

function named(state: PlaceState, { id, name }: NetworkRow) {
  return { id, name, arn: networkArn(state.place, id) };
}

function sharingOf({ isSharingEnabled }: NetworkRow) {
  return { enabled: isSharingEnabled };
}

function listed(state: PlaceState, row: NetworkRow) {
  const { vpcs, services } = associatedWith(state, row.id);
  return {
    ...named(state, row),
    createdAt: new Date(row.createdAtMs),
    lastUpdatedAt: new Date(row.updatedAtMs),
    numberOfAssociatedVPCs: vpcs,
    numberOfAssociatedServices: services,
    numberOfAssociatedResourceConfigurations: 0,
  };
}

function associatedWith(state: PlaceState, networkId: string) {
  const isOwn = (row: { readonly networkId: string }) => row.networkId === networkId;
  return {
    vpcs: [...state.vpcAssociations.values()].filter(isOwn).length,
    services: [...state.serviceAssociations.values()].filter(isOwn).length,
  };
}
