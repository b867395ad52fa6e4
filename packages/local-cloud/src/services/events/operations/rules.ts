import type { RequestContext } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import { badToken, tooMany, validation } from "../errors.ts";
import { PAGE_ITEMS, RULES_PER_BUS } from "../limits.ts";
import type { EventsParts } from "../parts.ts";
import { parsePattern } from "../pattern/pattern.ts";
import { parseSchedule } from "../schedule/schedule.ts";
import type { EventsHandlers, EventsInput } from "../sdk.ts";
import {
  busNameOf,
  DEFAULT_BUS,
  findBus,
  findRule,
  ruleArn,
  ruleKey,
  type RuleRow,
  rulesOn,
  stateOf,
} from "../state.ts";
import { tagsOf } from "./tags.ts";

/** Rules, without their targets. */
export function ruleOperations({ cloud: { store, clock }, scheduler }: EventsParts) {
  const save = (context: RequestContext, rule: RuleRow) => {
    const key = ruleKey(rule.busName, rule.name);
    stateOf(store, context).rules.set(key, rule);
    scheduler.arm(context, key);
  };
  const setEnabled = (
    input: EventsInput<"EnableRule">,
    context: RequestContext,
    isEnabled: boolean,
  ) => {
    const rule = findRule(stateOf(store, context), context, refOf(input));
    const state = isEnabled ? "ENABLED" : "DISABLED";
    if (rule.isEnabled !== isEnabled) {
      save(context, { ...rule, isEnabled, state, scheduledFromMs: clock.nowMs() });
    }
    return {};
  };

  return {
    PutRule(input, context) {
      const state = stateOf(store, context);
      const { busName, name } = refOf(input);
      findBus(state, context, busName);
      checkRule(input, busName);
      const before = state.rules.get(ruleKey(busName, name));
      if (before === undefined && rulesOn(state, busName).length >= RULES_PER_BUS) throw tooMany();
      const wanted = input.State ?? "ENABLED";
      const isSameSchedule =
        before?.schedule === input.ScheduleExpression && before?.isEnabled === true;
      const rule: RuleRow = {
        name,
        busName,
        arn: ruleArn(context, busName, name),
        pattern: input.EventPattern,
        schedule: input.ScheduleExpression,
        scheduledFromMs: isSameSchedule ? before.scheduledFromMs : clock.nowMs(),
        isEnabled: wanted !== "DISABLED",
        state: wanted,
        description: input.Description,
        roleArn: input.RoleArn,
        // Tags of a rule that exists stay as they are. Source: model, PutRule.
        tags: before?.tags ?? tagsOf({}, input.Tags),
        targets: before?.targets ?? [],
      };
      save(context, rule);
      return { RuleArn: rule.arn };
    },

    DescribeRule(input, context) {
      const rule = findRule(stateOf(store, context), context, refOf(input));
      return { ...shownRule(rule), CreatedBy: context.account };
    },

    ListRules(input, context) {
      const state = stateOf(store, context);
      const busName = busNameOf(input.EventBusName);
      findBus(state, context, busName);
      const rules = rulesOn(state, busName)
        .filter(({ name }) => name.startsWith(input.NamePrefix ?? ""))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const page = pageOf(rules, pageRequest(input));
      return { Rules: page.items.map(shownRule), NextToken: page.nextToken };
    },

    ListRuleNamesByTarget(input, context) {
      const state = stateOf(store, context);
      const busName = busNameOf(input.EventBusName);
      findBus(state, context, busName);
      const rules = rulesOn(state, busName)
        .filter(({ targets }) => targets.some(({ Arn }) => Arn === input.TargetArn))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const page = pageOf(rules, pageRequest(input));
      return { RuleNames: page.items.map(({ name }) => name), NextToken: page.nextToken };
    },

    EnableRule: (input, context) => setEnabled(input, context, true),
    DisableRule: (input, context) => setEnabled(input, context, false),

    DeleteRule(input, context) {
      const state = stateOf(store, context);
      const { busName, name } = refOf(input);
      findBus(state, context, busName);
      const key = ruleKey(busName, name);
      if ((state.rules.get(key)?.targets.length ?? 0) > 0) {
        throw validation("Rule can't be deleted since it has targets.");
      }
      // A rule that is not there is deleted already.
      state.rules.delete(key);
      scheduler.arm(context, key);
      return {};
    },
  } satisfies EventsHandlers;
}

interface NamedRule {
  readonly Name: string | undefined;
  readonly EventBusName?: string | undefined;
}

function refOf({ Name = "", EventBusName }: NamedRule) {
  return { busName: busNameOf(EventBusName), name: Name };
}

function checkRule(input: EventsInput<"PutRule">, busName: string): void {
  const { EventPattern: pattern, ScheduleExpression: schedule } = input;
  if (pattern === undefined && schedule === undefined) {
    throw validation("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  if (schedule !== undefined) {
    if (busName !== DEFAULT_BUS) {
      throw validation("ScheduleExpression is supported only on the default event bus.");
    }
    parseSchedule(schedule);
  }
  if (pattern !== undefined) parsePattern(pattern);
}

function shownRule(rule: RuleRow) {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.pattern,
    ScheduleExpression: rule.schedule,
    State: rule.state,
    Description: rule.description,
    RoleArn: rule.roleArn,
    EventBusName: rule.busName,
  };
}

function pageRequest(input: {
  readonly NextToken?: string | undefined;
  readonly Limit?: number | undefined;
}) {
  return {
    keyOf: ({ name }: RuleRow) => name,
    token: input.NextToken,
    limit: input.Limit ?? PAGE_ITEMS,
    badToken,
  };
}
