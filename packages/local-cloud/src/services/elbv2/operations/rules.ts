import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { pageOf } from "../../paging.ts";
import { actionShapes, readAction } from "../actions.ts";
import { arnOf, listenerOf, ruleOf } from "../arns.ts";
import { conditionShape, readConditions } from "../conditions.ts";
import {
  badToken,
  invalid,
  notAvailable,
  notPermitted,
  priorityInUse,
  tooMany,
} from "../errors.ts";
import { PAGE_ITEMS, RULES_PER_BALANCER } from "../limits.ts";
import type { Elbv2Handlers } from "../sdk.ts";
import type { Elb, ListenerRow, PlaceState, RuleRow } from "../state.ts";
import { readTags } from "../tagging.ts";
import { listenersOf, rulesOf } from "../usage.ts";

export function ruleOperations(elb: Elb) {
  const { cloud } = elb;
  return {
    async CreateRule(input, context) {
      const state = elb.in(context);
      const listener = listenerOf(state, input.ListenerArn);
      const { Priority: priority } = input;
      if (priority === undefined) throw invalid("A rule must have a priority");
      const rules = rulesOf(state, listener.arn);
      if (rules.some((rule) => rule.priority === priority)) throw priorityInUse(priority);
      const count = listenersOf(state, listener.balancerArn).reduce(
        (sum, { arn }) => sum + rulesOf(state, arn).length,
        0,
      );
      if (count >= RULES_PER_BALANCER) throw tooMany("Rules", RULES_PER_BALANCER);
      if ((input.Transforms ?? []).length > 0) throw notAvailable("Transforms of rules are");
      const conditions = readConditions(input.Conditions);
      const action = readAction(state, listener.balancerArn, input.Actions);
      const tags = readTags(input.Tags);
      const id = listener.arn.slice(listener.arn.indexOf("app/"));
      const arn = arnOf(state.place, `listener-rule/${id}/${cloud.random.hex(16)}`);
      const row: RuleRow = { arn, listenerArn: listener.arn, priority, conditions, action };
      cloud.store.transaction(() => {
        state.rules.set(arn, row);
        if (Object.keys(tags).length > 0) state.tags.set(arn, tags);
      });
      await elb.changed(state);
      return { Rules: [ruleShape(row)] };
    },

    DescribeRules(input, context) {
      const state = elb.in(context);
      const { ListenerArn: listenerArn, RuleArns: arns } = input;
      if (listenerArn === undefined && arns === undefined) {
        throw invalid("You must specify either listener rule ARNs or a listener ARN");
      }
      const shapes =
        listenerArn === undefined
          ? (arns ?? []).map((arn) => shapeOf(state, arn))
          : shapesOf(state, listenerOf(state, listenerArn));
      const page = pageOf(shapes, {
        keyOf: ({ RuleArn }) => RuleArn ?? "",
        token: input.Marker,
        limit: input.PageSize ?? PAGE_ITEMS,
        badToken,
      });
      return { Rules: page.items, NextMarker: page.nextToken };
    },

    async ModifyRule(input, context) {
      const state = elb.in(context);
      const listener = defaultOwner(state, input.RuleArn);
      if (listener !== undefined) {
        throw notPermitted(`Default rule '${input.RuleArn ?? ""}' cannot be modified`);
      }
      const row = ruleOf(state, input.RuleArn);
      if ((input.Transforms ?? []).length > 0) throw notAvailable("Transforms of rules are");
      const balancerArn = state.listeners.get(row.listenerArn)?.balancerArn ?? "";
      const changed: RuleRow = {
        ...row,
        conditions:
          input.Conditions === undefined ? row.conditions : readConditions(input.Conditions),
        action:
          input.Actions === undefined ? row.action : readAction(state, balancerArn, input.Actions),
      };
      state.rules.set(row.arn, changed);
      await elb.changed(state);
      return { Rules: [ruleShape(changed)] };
    },

    async DeleteRule(input, context) {
      const state = elb.in(context);
      if (defaultOwner(state, input.RuleArn) !== undefined) {
        throw notPermitted(`Default rule '${input.RuleArn ?? ""}' cannot be deleted`);
      }
      const row = ruleOf(state, input.RuleArn);
      state.rules.delete(row.arn);
      state.tags.delete(row.arn);
      await elb.changed(state);
      return {};
    },

    /** All priorities change together, so two rules may swap theirs. */
    SetRulePriorities(input, context) {
      const state = elb.in(context);
      const wanted = (input.RulePriorities ?? []).map(({ RuleArn, Priority }) => {
        if (defaultOwner(state, RuleArn) !== undefined) {
          throw notPermitted(`Default rule '${RuleArn ?? ""}' cannot have its priority changed`);
        }
        return withPriority(ruleOf(state, RuleArn), Priority);
      });
      for (const row of wanted) {
        const clash = rulesOf(state, row.listenerArn).some((other) => {
          const moved = wanted.find(({ arn }) => arn === other.arn) ?? other;
          return moved.arn !== row.arn && moved.priority === row.priority;
        });
        if (clash) throw priorityInUse(row.priority);
      }
      cloud.store.transaction(() => {
        for (const row of wanted) state.rules.set(row.arn, row);
      });
      return { Rules: wanted.map(ruleShape) };
    },
  } satisfies Elbv2Handlers;
}

function withPriority(row: RuleRow, priority: number | undefined): RuleRow {
  return { ...row, priority: priority ?? row.priority };
}

function defaultOwner({ listeners }: PlaceState, arn: string | undefined): ListenerRow | undefined {
  return [...listeners.values()].find(({ defaultRuleArn }) => defaultRuleArn === arn);
}

function shapeOf(state: PlaceState, arn: string): Rule {
  const listener = defaultOwner(state, arn);
  return listener === undefined ? ruleShape(ruleOf(state, arn)) : defaultShape(listener);
}

function shapesOf(state: PlaceState, listener: ListenerRow): Rule[] {
  return [...rulesOf(state, listener.arn).map(ruleShape), defaultShape(listener)];
}

function ruleShape(row: RuleRow): Rule {
  return {
    RuleArn: row.arn,
    Priority: String(row.priority),
    Conditions: row.conditions.map(conditionShape),
    Actions: actionShapes(row.action),
    IsDefault: false,
    Transforms: [],
  };
}

function defaultShape({ defaultRuleArn, action }: ListenerRow): Rule {
  return {
    RuleArn: defaultRuleArn,
    Priority: "default",
    Conditions: [],
    Actions: actionShapes(action),
    IsDefault: true,
    Transforms: [],
  };
}
