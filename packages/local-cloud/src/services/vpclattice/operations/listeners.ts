import { pageOf } from "../../paging.ts";
import { actionShape, readAction } from "../actions.ts";
import { createOnce } from "../client-tokens.ts";
import { badToken, conflict, invalid } from "../errors.ts";
import { listenerArn, listenerOf, serviceArn, serviceOf } from "../identifiers.ts";
import { clear, requireActive } from "../lifecycle.ts";
import { PAGE_ITEMS } from "../limits.ts";
import type { LatticeHandlers, LatticeInput } from "../sdk.ts";
import {
  type Lattice,
  type ListenerRow,
  newId,
  type PlaceState,
  type ServiceRow,
} from "../state.ts";

export function listenerOperations(lattice: Lattice) {
  const { clock, store } = lattice.cloud;
  return {
    CreateListener(input, context) {
      const state = lattice.in(context);
      const service = serviceOf(state, input.serviceIdentifier);
      const row = createOnce(lattice, state, context, {
        type: "LISTENER",
        input,
        find: (id) => state.listeners(service.id).get(id),
        create() {
          requireActive(lattice, service, { type: "SERVICE", id: service.id });
          const created = newListener(lattice, state, service, input);
          state.listeners(service.id).set(created.id, created);
          return created;
        },
      });
      lattice.changed(state);
      return shapeOf(state, row);
    },

    GetListener(input, context) {
      const state = lattice.in(context);
      const row = listenerOf(state, input);
      return { ...shapeOf(state, row), ...timesOf(row) };
    },

    ListListeners(input, context) {
      const state = lattice.in(context);
      const { id } = serviceOf(state, input.serviceIdentifier);
      const page = pageOf(state.listeners(id).values(), {
        keyOf: (row) => row.id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      const items = page.items.map((row) => ({
        arn: listenerArn(state.place, row),
        id: row.id,
        name: row.name,
        protocol: row.protocol,
        port: row.port,
        ...timesOf(row),
      }));
      return { items, nextToken: page.nextToken };
    },

    UpdateListener(input, context) {
      const state = lattice.in(context);
      const service = serviceOf(state, input.serviceIdentifier);
      const row = listenerOf(state, input);
      requireActive(lattice, service, { type: "SERVICE", id: service.id });
      const defaultAction = readAction(lattice, state, service, input.defaultAction);
      const updated: ListenerRow = { ...row, defaultAction, updatedAtMs: clock.nowMs() };
      state.listeners(service.id).set(row.id, updated);
      lattice.changed(state);
      return shapeOf(state, updated);
    },

    DeleteListener(input, context) {
      const state = lattice.in(context);
      const row = listenerOf(state, input);
      store.transaction(() => {
        clear(state.rules(row.id));
        state.listeners(row.serviceId).delete(row.id);
      });
      lattice.changed(state);
      return {};
    },
  } satisfies LatticeHandlers;
}

function newListener(
  lattice: Lattice,
  state: PlaceState,
  service: ServiceRow,
  input: LatticeInput<"CreateListener">,
): ListenerRow {
  const { name = "", protocol } = input;
  if (protocol === "TLS_PASSTHROUGH") {
    // Ours: there is no such listener here.
    throw invalid(
      "The local cloud does not have TLS_PASSTHROUGH listeners, only HTTP and HTTPS. Nothing was changed.",
      "protocol",
    );
  }
  if (protocol === undefined) throw invalid("A listener needs a protocol", "protocol");
  const port = input.port ?? (protocol === "HTTP" ? 80 : 443);
  for (const other of state.listeners(service.id).values()) {
    const taken = { type: "LISTENER", id: other.id } as const;
    if (other.name === name) throw conflict(taken, `already has the name ${name}`);
    if (other.port === port) throw conflict(taken, `already uses the port ${port}`);
  }
  const nowMs = lattice.cloud.clock.nowMs();
  return {
    id: newId(lattice, "listeners"),
    serviceId: service.id,
    name,
    protocol,
    port,
    defaultAction: readAction(lattice, state, service, input.defaultAction),
    defaultRuleId: newId(lattice, "rules"),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    tags: input.tags ?? {},
  };
}

function shapeOf({ place }: PlaceState, row: ListenerRow) {
  return {
    arn: listenerArn(place, row),
    id: row.id,
    name: row.name,
    protocol: row.protocol,
    port: row.port,
    serviceArn: serviceArn(place, row.serviceId),
    serviceId: row.serviceId,
    defaultAction: actionShape(row.defaultAction),
  };
}

function timesOf({ createdAtMs, updatedAtMs }: ListenerRow) {
  return { createdAt: new Date(createdAtMs), lastUpdatedAt: new Date(updatedAtMs) };
}
