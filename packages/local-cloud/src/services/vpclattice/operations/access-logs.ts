import { pageOf } from "../../paging.ts";
import { createOnce } from "../client-tokens.ts";
import { badToken, conflict, invalid } from "../errors.ts";
import { logSubscriptionArn, logSubscriptionOf, ownerOf } from "../identifiers.ts";
import { PAGE_ITEMS } from "../limits.ts";
import type { LatticeHandlers } from "../sdk.ts";
import { type Lattice, type LogSubscriptionRow, newId, type PlaceState } from "../state.ts";

export function accessLogOperations(lattice: Lattice) {
  const { clock } = lattice.cloud;
  return {
    CreateAccessLogSubscription(input, context) {
      const state = lattice.in(context);
      const row = createOnce(lattice, state, context, {
        type: "ACCESS_LOG_SUBSCRIPTION",
        input,
        find: (id) => state.logSubscriptions.get(id),
        create() {
          const { id: resourceId } = ownerOf(state, input.resourceIdentifier);
          const { destinationArn = "" } = input;
          const kind = destinationKind(destinationArn);
          // Source: AWS docs, "Access logs": one destination of each kind.
          for (const other of state.logSubscriptions.values()) {
            if (other.resourceId === resourceId && destinationKind(other.destinationArn) === kind) {
              const name = { type: "ACCESS_LOG_SUBSCRIPTION", id: other.id } as const;
              throw conflict(name, `already delivers to a destination of type ${kind}`);
            }
          }
          const nowMs = clock.nowMs();
          const created: LogSubscriptionRow = {
            id: newId(lattice, "logSubscriptions"),
            resourceId,
            destinationArn,
            serviceNetworkLogType:
              input.serviceNetworkLogType ?? (resourceId.startsWith("sn-") ? "SERVICE" : undefined),
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
            tags: input.tags ?? {},
          };
          state.logSubscriptions.set(created.id, created);
          return created;
        },
      });
      return shapeOf(state, row);
    },

    GetAccessLogSubscription(input, context) {
      const state = lattice.in(context);
      const row = logSubscriptionOf(state, input.accessLogSubscriptionIdentifier);
      return { ...shapeOf(state, row), ...timesOf(row) };
    },

    ListAccessLogSubscriptions(input, context) {
      const state = lattice.in(context);
      const { id } = ownerOf(state, input.resourceIdentifier);
      const rows = [...state.logSubscriptions.values()].filter(
        ({ resourceId }) => resourceId === id,
      );
      const page = pageOf(rows, {
        keyOf: (row) => row.id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      const items = page.items.map((row) => ({ ...shapeOf(state, row), ...timesOf(row) }));
      return { items, nextToken: page.nextToken };
    },

    UpdateAccessLogSubscription(input, context) {
      const state = lattice.in(context);
      const row = logSubscriptionOf(state, input.accessLogSubscriptionIdentifier);
      const { destinationArn = "" } = input;
      if (destinationKind(destinationArn) !== destinationKind(row.destinationArn)) {
        throw invalid("The type of the destination cannot be changed", "destinationArn");
      }
      const updated = { ...row, destinationArn, updatedAtMs: clock.nowMs() };
      state.logSubscriptions.set(row.id, updated);
      return shapeOf(state, updated);
    },

    DeleteAccessLogSubscription(input, context) {
      const state = lattice.in(context);
      const { id } = logSubscriptionOf(state, input.accessLogSubscriptionIdentifier);
      state.logSubscriptions.delete(id);
      return {};
    },
  } satisfies LatticeHandlers;
}

function destinationKind(arn: string): string {
  const service = arn.split(":")[2];
  if (service === "logs" || service === "s3" || service === "firehose") return service;
  throw invalid(
    `The destination ${arn} is not a CloudWatch log group, S3 bucket or Firehose stream`,
    "destinationArn",
  );
}

function shapeOf(state: PlaceState, row: LogSubscriptionRow) {
  return {
    id: row.id,
    arn: logSubscriptionArn(state.place, row.id),
    resourceId: row.resourceId,
    resourceArn: ownerOf(state, row.resourceId).arn,
    destinationArn: row.destinationArn,
    serviceNetworkLogType: row.serviceNetworkLogType,
  };
}

function timesOf({ createdAtMs, updatedAtMs }: LogSubscriptionRow) {
  return { createdAt: new Date(createdAtMs), lastUpdatedAt: new Date(updatedAtMs) };
}
