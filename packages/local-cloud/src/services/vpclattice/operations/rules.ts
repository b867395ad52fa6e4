import type { Action } from "../../../data-plane/vpc-lattice/routing.ts";
import { AwsError } from "../../../aws-error.ts";
import { pageOf } from "../../paging.ts";
import { actionShape, readAction } from "../actions.ts";
import { createOnce } from "../client-tokens.ts";
import { badToken, conflict, invalid } from "../errors.ts";
import { idOf, listenerOf, ruleArn, ruleOf, serviceOf } from "../identifiers.ts";
import { requireActive } from "../lifecycle.ts";
import { PAGE_ITEMS } from "../limits.ts";
import { matchShape, readMatch } from "../rule-matches.ts";
import type { LatticeHandlers, LatticeInput } from "../sdk.ts";
import { type Lattice, type ListenerRow, newId, type PlaceState, type RuleRow } from "../state.ts";

export function ruleOperations(lattice: Lattice) {
  const { clock, store } = lattice.cloud;

  /** Changes one rule; the default one is changed with its listener. */
  const update = (state: PlaceState, listener: ListenerRow, wanted: RuleChange): RuleRow => {
    if (idOf(wanted.ruleIdentifier) === listener.defaultRuleId) {
      throw invalid("The default rule is changed by UpdateListener", "ruleIdentifier");
    }
    const row = ruleOf(state, listener, wanted.ruleIdentifier);
    const service = serviceOf(state, listener.serviceId);
    const updated: RuleRow = {
      ...row,
      match: wanted.match === undefined ? row.match : readMatch(wanted.match),
      priority: wanted.priority ?? row.priority,
      action:
        wanted.action === undefined
          ? row.action
          : readAction(lattice, state, service, wanted.action),
      updatedAtMs: clock.nowMs(),
    };
    return updated;
  };

  return {
    CreateRule(input, context) {
      const state = lattice.in(context);
      const listener = listenerOf(state, input);
      const service = serviceOf(state, listener.serviceId);
      const rules = state.rules(listener.id);
      const row = createOnce(lattice, state, context, {
        type: "RULE",
        input,
        find: (id) => rules.get(id),
        create() {
          requireActive(lattice, service, { type: "SERVICE", id: service.id });
          const { name = "", priority = 0 } = input;
          for (const other of rules.values()) {
            if (other.name === name) {
              throw conflict({ type: "RULE", id: other.id }, `already has the name ${name}`);
            }
          }
          const nowMs = clock.nowMs();
          const created: RuleRow = {
            id: newId(lattice, "rules"),
            name,
            priority,
            match: readMatch(input.match),
            action: readAction(lattice, state, service, input.action),
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
            tags: input.tags ?? {},
          };
          requireOwnPriorities([...rules.values(), created]);
          rules.set(created.id, created);
          return created;
        },
      });
      lattice.changed(state);
      return shapeOf(state, listener, row);
    },

    GetRule(input, context) {
      const state = lattice.in(context);
      const listener = listenerOf(state, input);
      if (idOf(input.ruleIdentifier) === listener.defaultRuleId) {
        const { priority: _none, ...shape } = defaultSummary(state, listener);
        return { ...shape, action: actionShape(listener.defaultAction) };
      }
      const row = ruleOf(state, listener, input.ruleIdentifier);
      return { ...shapeOf(state, listener, row), ...summary(state, listener, row) };
    },

    ListRules(input, context) {
      const state = lattice.in(context);
      const listener = listenerOf(state, input);
      const items = [
        defaultSummary(state, listener),
        ...[...state.rules(listener.id).values()].map((row) => summary(state, listener, row)),
      ];
      const page = pageOf(items, {
        keyOf: ({ id }) => id,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { items: page.items, nextToken: page.nextToken };
    },

    UpdateRule(input, context) {
      const state = lattice.in(context);
      const listener = listenerOf(state, input);
      const updated = update(state, listener, input);
      const rules = state.rules(listener.id);
      requireOwnPriorities([...others(rules.values(), [updated]), updated]);
      rules.set(updated.id, updated);
      lattice.changed(state);
      return shapeOf(state, listener, updated);
    },

    /** Priorities may be swapped: they must be unique when all changes are made, not in between. */
    BatchUpdateRule(input, context) {
      const state = lattice.in(context);
      const listener = listenerOf(state, input);
      const rules = state.rules(listener.id);
      const updated: RuleRow[] = [];
      const unsuccessful: BatchFailure[] = [];
      for (const change of input.rules ?? []) {
        try {
          updated.push(update(state, listener, change));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          unsuccessful.push({
            ruleIdentifier: change.ruleIdentifier,
            failureCode: error.code,
            failureMessage: error.message,
          });
        }
      }
      requireOwnPriorities([...others(rules.values(), updated), ...updated]);
      store.transaction(() => {
        for (const row of updated) rules.set(row.id, row);
      });
      lattice.changed(state);
      const successful = updated.map((row) => shapeOf(state, listener, row));
      return { successful, unsuccessful };
    },

    DeleteRule(input, context) {
      const state = lattice.in(context);
      const listener = listenerOf(state, input);
      if (idOf(input.ruleIdentifier) === listener.defaultRuleId) {
        throw invalid("The default rule cannot be deleted", "ruleIdentifier");
      }
      state.rules(listener.id).delete(ruleOf(state, listener, input.ruleIdentifier).id);
      lattice.changed(state);
      return {};
    },
  } satisfies LatticeHandlers;
}

type RuleChange = Pick<
  LatticeInput<"UpdateRule">,
  "ruleIdentifier" | "match" | "priority" | "action"
>;

interface BatchFailure {
  readonly ruleIdentifier: string | undefined;
  readonly failureCode: string;
  readonly failureMessage: string;
}

function others(rules: Iterable<RuleRow>, changed: readonly RuleRow[]): RuleRow[] {
  const ids = new Set(changed.map(({ id }) => id));
  return [...rules].filter(({ id }) => !ids.has(id));
}

/** @throws {AwsError} ConflictException when two rules of a listener have one priority. */
function requireOwnPriorities(rules: readonly RuleRow[]): void {
  const taken = new Map<number, string>();
  for (const { id, priority } of rules) {
    const owner = taken.get(priority);
    if (owner !== undefined) {
      throw conflict({ type: "RULE", id: owner }, `already has the priority ${priority}`);
    }
    taken.set(priority, id);
  }
}

function shapeOf({ place }: PlaceState, listener: ListenerRow, row: RuleRow) {
  return {
    arn: ruleArn(place, listener, row.id),
    id: row.id,
    name: row.name,
    isDefault: false,
    match: matchShape(row.match),
    priority: row.priority,
    action: actionShape(row.action satisfies Action),
  };
}

function summary({ place }: PlaceState, listener: ListenerRow, row: RuleRow) {
  return {
    arn: ruleArn(place, listener, row.id),
    id: row.id,
    name: row.name,
    isDefault: false,
    priority: row.priority,
    createdAt: new Date(row.createdAtMs),
    lastUpdatedAt: new Date(row.updatedAtMs),
  };
}

/** The default action as a rule: last, and without a priority. */
function defaultSummary({ place }: PlaceState, listener: ListenerRow) {
  return {
    arn: ruleArn(place, listener, listener.defaultRuleId),
    id: listener.defaultRuleId,
    name: "default",
    isDefault: true,
    priority: undefined,
    createdAt: new Date(listener.createdAtMs),
    lastUpdatedAt: new Date(listener.updatedAtMs),
  };
}
