import { pageOf } from "../../paging.ts";
import { createOnce } from "../client-tokens.ts";
import { dnsEntryOf } from "../dns-names.ts";
import { badToken, conflict, invalid } from "../errors.ts";
import { serviceArn, serviceOf } from "../identifiers.ts";
import { leaving, requireActive, statusOf } from "../lifecycle.ts";
import { CREATION_MS, PAGE_ITEMS, REMOVAL_MS } from "../limits.ts";
import type { LatticeHandlers } from "../sdk.ts";
import { type Lattice, newId, type PlaceState, type ServiceRow } from "../state.ts";

export function serviceOperations(lattice: Lattice) {
  const { cloud } = lattice;
  const { clock } = cloud;

  const named = (state: PlaceState, row: ServiceRow) => ({
    id: row.id,
    arn: serviceArn(state.place, row.id),
    name: row.name,
  });
  const listed = (state: PlaceState, row: ServiceRow) => ({
    ...named(state, row),
    createdAt: new Date(row.createdAtMs),
    lastUpdatedAt: new Date(row.updatedAtMs),
    dnsEntry: dnsEntryOf(cloud, state.place, row),
    customDomainName: row.customDomainName,
    status: statusOf(row, clock.nowMs()),
  });

  return {
    CreateService(input, context) {
      const state = lattice.in(context);
      const row = createOnce(lattice, state, context, {
        type: "SERVICE",
        input,
        find: (id) => state.services.get(id),
        create() {
          requireFree(state, input);
          const nowMs = clock.nowMs();
          const created: ServiceRow = {
            id: newId(lattice, "services"),
            name: input.name ?? "",
            authType: input.authType ?? "NONE",
            customDomainName: input.customDomainName?.toLowerCase(),
            certificateArn: input.certificateArn,
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
            activeAtMs: nowMs + CREATION_MS,
            goneAtMs: undefined,
            tags: input.tags ?? {},
          };
          state.services.set(created.id, created);
          return created;
        },
      });
      lattice.changed(state);
      return {
        ...named(state, row),
        status: statusOf(row, clock.nowMs()),
        authType: row.authType,
        customDomainName: row.customDomainName,
        certificateArn: row.certificateArn,
        dnsEntry: dnsEntryOf(cloud, state.place, row),
      };
    },

    GetService(input, context) {
      const state = lattice.in(context);
      const row = serviceOf(state, input.serviceIdentifier);
      const { authType, certificateArn } = row;
      return { ...listed(state, row), authType, certificateArn };
    },

    ListServices(input, context) {
      const state = lattice.in(context);
      const page = pageOf(state.services.values(), {
        keyOf: ({ id }) => id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { items: page.items.map((row) => listed(state, row)), nextToken: page.nextToken };
    },

    UpdateService(input, context) {
      const state = lattice.in(context);
      const row = serviceOf(state, input.serviceIdentifier);
      requireActive(lattice, row, { type: "SERVICE", id: row.id });
      const updated: ServiceRow = {
        ...row,
        authType: input.authType ?? row.authType,
        certificateArn: input.certificateArn ?? row.certificateArn,
        updatedAtMs: clock.nowMs(),
      };
      state.services.set(row.id, updated);
      const { customDomainName, certificateArn, authType } = updated;
      return { ...named(state, updated), customDomainName, certificateArn, authType };
    },

    DeleteService(input, context) {
      const state = lattice.in(context);
      const row = serviceOf(state, input.serviceIdentifier);
      const name = { type: "SERVICE", id: row.id } as const;
      for (const { serviceId } of state.serviceAssociations.values()) {
        if (serviceId === row.id) throw conflict(name, "has service network(s) associated");
      }
      const nowMs = clock.nowMs();
      if (statusOf(row, nowMs) === "CREATE_IN_PROGRESS") requireActive(lattice, row, name);
      const deleted = leaving(row, nowMs, REMOVAL_MS);
      state.services.set(row.id, deleted);
      lattice.changed(state);
      return { ...named(state, deleted), status: statusOf(deleted, nowMs) };
    },
  } satisfies LatticeHandlers;
}

/** Two labels or more: "orders.example.com". */
function isDomainName(domain: string): boolean {
  const labels = domain.split(".");
  return labels.length > 1 && labels.every((label) => /^[a-z0-9-]{1,63}$/.test(label));
}

/** @throws {AwsError} when the name or the custom domain name is another service's. */
function requireFree(
  state: PlaceState,
  wanted: { readonly name?: string | undefined; readonly customDomainName?: string | undefined },
): void {
  const domain = wanted.customDomainName?.toLowerCase();
  if (domain !== undefined && !isDomainName(domain)) {
    throw invalid(`The custom domain name ${domain} is invalid`, "customDomainName");
  }
  for (const { id, name, customDomainName } of state.services.values()) {
    if (name === wanted.name)
      throw conflict({ type: "SERVICE", id }, `already has the name ${name}`);
    if (domain !== undefined && customDomainName === domain) {
      throw conflict({ type: "SERVICE", id }, `already has the custom domain name ${domain}`);
    }
  }
}
