import { pageOf } from "../../paging.ts";
import { createOnce } from "../client-tokens.ts";
import { dnsEntryOf } from "../dns-names.ts";
import { badToken, conflict, invalid } from "../errors.ts";
import {
  idOf,
  networkArn,
  networkOf,
  serviceArn,
  serviceAssociationArn,
  serviceAssociationOf,
  serviceOf,
} from "../identifiers.ts";
import { leaving, requireActive, statusOf } from "../lifecycle.ts";
import { ASSOCIATION_MS, PAGE_ITEMS, REMOVAL_MS } from "../limits.ts";
import type { LatticeHandlers } from "../sdk.ts";
import { type Lattice, newId, type PlaceState, type ServiceAssociationRow } from "../state.ts";

const TYPE = "SERVICE_NETWORK_SERVICE_ASSOCIATION";

/** Which services are in which service network. */
export function serviceAssociationOperations(lattice: Lattice) {
  const { cloud } = lattice;
  const { clock } = cloud;

  const named = (state: PlaceState, row: ServiceAssociationRow) => ({
    id: row.id,
    arn: serviceAssociationArn(state.place, row.id),
    status: statusOf(row, clock.nowMs()),
  });
  const shapeOf = (state: PlaceState, row: ServiceAssociationRow) => {
    const service = serviceOf(state, row.serviceId);
    const network = networkOf(state, row.networkId);
    return {
      ...named(state, row),
      createdBy: state.place.account,
      createdAt: new Date(row.createdAtMs),
      serviceId: service.id,
      serviceName: service.name,
      serviceArn: serviceArn(state.place, service.id),
      serviceNetworkId: network.id,
      serviceNetworkName: network.name,
      serviceNetworkArn: networkArn(state.place, network.id),
      dnsEntry: dnsEntryOf(cloud, state.place, service),
      customDomainName: service.customDomainName,
    };
  };

  return {
    CreateServiceNetworkServiceAssociation(input, context) {
      const state = lattice.in(context);
      const row = createOnce(lattice, state, context, {
        type: TYPE,
        input,
        find: (id) => state.serviceAssociations.get(id),
        create() {
          const network = networkOf(state, input.serviceNetworkIdentifier);
          const service = serviceOf(state, input.serviceIdentifier);
          requireActive(lattice, service, { type: "SERVICE", id: service.id });
          for (const other of state.serviceAssociations.values()) {
            if (other.serviceId === service.id && other.networkId === network.id) {
              throw conflict({ type: TYPE, id: other.id }, "already exists");
            }
          }
          const nowMs = clock.nowMs();
          const created: ServiceAssociationRow = {
            id: newId(lattice, "serviceAssociations"),
            serviceId: service.id,
            networkId: network.id,
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
            activeAtMs: nowMs + ASSOCIATION_MS,
            goneAtMs: undefined,
            tags: input.tags ?? {},
          };
          state.serviceAssociations.set(created.id, created);
          return created;
        },
      });
      const { id, arn, status, createdBy, customDomainName, dnsEntry } = shapeOf(state, row);
      return { id, arn, status, createdBy, customDomainName, dnsEntry };
    },

    GetServiceNetworkServiceAssociation(input, context) {
      const state = lattice.in(context);
      const identifier = input.serviceNetworkServiceAssociationIdentifier;
      return shapeOf(state, serviceAssociationOf(state, identifier));
    },

    ListServiceNetworkServiceAssociations(input, context) {
      const state = lattice.in(context);
      const { serviceNetworkIdentifier, serviceIdentifier } = input;
      if (serviceNetworkIdentifier === undefined && serviceIdentifier === undefined) {
        throw invalid("serviceNetworkIdentifier or serviceIdentifier is required");
      }
      const rows = [...state.serviceAssociations.values()].filter(
        ({ networkId, serviceId }) =>
          (serviceNetworkIdentifier === undefined ||
            networkId === idOf(serviceNetworkIdentifier)) &&
          (serviceIdentifier === undefined || serviceId === idOf(serviceIdentifier)),
      );
      const page = pageOf(rows, {
        keyOf: ({ id }) => id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { items: page.items.map((row) => shapeOf(state, row)), nextToken: page.nextToken };
    },

    DeleteServiceNetworkServiceAssociation(input, context) {
      const state = lattice.in(context);
      const identifier = input.serviceNetworkServiceAssociationIdentifier;
      const row = serviceAssociationOf(state, identifier);
      const nowMs = clock.nowMs();
      if (statusOf(row, nowMs) === "CREATE_IN_PROGRESS") {
        requireActive(lattice, row, { type: TYPE, id: row.id });
      }
      const deleted = leaving(row, nowMs, REMOVAL_MS);
      state.serviceAssociations.set(row.id, deleted);
      return named(state, deleted);
    },
  } satisfies LatticeHandlers;
}
