import { pageOf } from "../../paging.ts";
import { createOnce } from "../client-tokens.ts";
import { badToken, conflict, invalid } from "../errors.ts";
import { serviceArn, targetGroupArn, targetGroupOf } from "../identifiers.ts";
import { leaving, requireActive, statusOf } from "../lifecycle.ts";
import { CREATION_MS, PAGE_ITEMS, REMOVAL_MS } from "../limits.ts";
import type { LatticeHandlers } from "../sdk.ts";
import { type Lattice, newId, type PlaceState, type TargetGroupRow } from "../state.ts";
import { configShape, readConfig, readHealthCheck } from "../target-group-config.ts";
import { servicesUsing } from "../usage.ts";

export function targetGroupOperations(lattice: Lattice) {
  const { clock } = lattice.cloud;

  const shapeOf = ({ place }: PlaceState, row: TargetGroupRow) => ({
    id: row.id,
    arn: targetGroupArn(place, row.id),
    name: row.name,
    type: row.type,
    config: configShape(row.config),
    status: statusOf(row, clock.nowMs()),
  });
  const usedBy = (state: PlaceState, { id }: TargetGroupRow) =>
    servicesUsing(state, id).map((serviceId) => serviceArn(state.place, serviceId));

  return {
    CreateTargetGroup(input, context) {
      const state = lattice.in(context);
      const row = createOnce(lattice, state, context, {
        type: "TARGET_GROUP",
        input,
        find: (id) => state.targetGroups.get(id),
        create() {
          const { name = "", type } = input;
          if (type === undefined) throw invalid("A target group needs a type", "type");
          for (const { id, name: taken } of state.targetGroups.values()) {
            if (taken === name) {
              throw conflict({ type: "TARGET_GROUP", id }, `already has the name ${name}`);
            }
          }
          const nowMs = clock.nowMs();
          const created: TargetGroupRow = {
            id: newId(lattice, "targetGroups"),
            name,
            type,
            config: readConfig(type, input.config),
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
            activeAtMs: nowMs + CREATION_MS,
            goneAtMs: undefined,
            tags: input.tags ?? {},
          };
          state.targetGroups.set(created.id, created);
          return created;
        },
      });
      return shapeOf(state, row);
    },

    GetTargetGroup(input, context) {
      const state = lattice.in(context);
      const row = targetGroupOf(state, input.targetGroupIdentifier);
      return { ...shapeOf(state, row), ...timesOf(row), serviceArns: usedBy(state, row) };
    },

    ListTargetGroups(input, context) {
      const state = lattice.in(context);
      const { targetGroupType, vpcIdentifier } = input;
      const rows = [...state.targetGroups.values()].filter(
        ({ type, config }) =>
          (targetGroupType === undefined || type === targetGroupType) &&
          (vpcIdentifier === undefined || config.vpcIdentifier === vpcIdentifier),
      );
      const page = pageOf(rows, {
        keyOf: ({ id }) => id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      const items = page.items.map((row) => {
        const { config, ...shape } = shapeOf(state, row);
        const { port, protocol, ipAddressType, lambdaEventStructureVersion } = config;
        const members = { port, protocol, ipAddressType, lambdaEventStructureVersion };
        const { vpcIdentifier: vpc } = config;
        const serviceArns = usedBy(state, row);
        return { ...shape, ...timesOf(row), ...members, vpcIdentifier: vpc, serviceArns };
      });
      return { items, nextToken: page.nextToken };
    },

    UpdateTargetGroup(input, context) {
      const state = lattice.in(context);
      const row = targetGroupOf(state, input.targetGroupIdentifier);
      requireActive(lattice, row, { type: "TARGET_GROUP", id: row.id });
      const before = row.config.healthCheck;
      if (before === undefined) {
        throw invalid(
          `healthCheck is not supported for target group type ${row.type}`,
          "healthCheck",
        );
      }
      const healthCheck = readHealthCheck(input.healthCheck, before.enabled, before);
      const updated: TargetGroupRow = {
        ...row,
        config: { ...row.config, healthCheck },
        updatedAtMs: clock.nowMs(),
      };
      state.targetGroups.set(row.id, updated);
      lattice.changed(state);
      return shapeOf(state, updated);
    },

    /**
     * Source: AWS docs, "Delete a target group"; hashicorp/terraform-provider-aws#41601 (refused while
     * targets drain). Unverified: that registered targets which nothing uses do not hold it.
     */
    DeleteTargetGroup(input, context) {
      const state = lattice.in(context);
      const row = targetGroupOf(state, input.targetGroupIdentifier);
      const name = { type: "TARGET_GROUP", id: row.id } as const;
      const nowMs = clock.nowMs();
      if (statusOf(row, nowMs) === "CREATE_IN_PROGRESS") requireActive(lattice, row, name);
      const [service] = servicesUsing(state, row.id);
      if (service !== undefined) throw conflict(name, `is in use by service ${service}`);
      for (const { drainedAtMs = 0 } of state.targets(row.id).values()) {
        if (drainedAtMs > nowMs) throw conflict(name, "has targets that are draining");
      }
      const deleted = leaving(row, nowMs, REMOVAL_MS);
      state.targetGroups.set(row.id, deleted);
      lattice.changed(state);
      const { id, arn, status } = shapeOf(state, deleted);
      return { id, arn, status };
    },
  } satisfies LatticeHandlers;
}

function timesOf({ createdAtMs, updatedAtMs }: TargetGroupRow) {
  return { createdAt: new Date(createdAtMs), lastUpdatedAt: new Date(updatedAtMs) };
}
