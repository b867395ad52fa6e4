import type { RequestContext } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import { checkInput } from "../delivery/input.ts";
import { badToken, tooMany, validation } from "../errors.ts";
import { PAGE_ITEMS, TARGETS_PER_RULE } from "../limits.ts";
import type { EventsParts } from "../parts.ts";
import type { EventsHandlers } from "../sdk.ts";
import { busNameOf, findRule, ruleKey, type RuleRow, stateOf, type TargetRow } from "../state.ts";

/** Where rules send what they match. */
export function targetOperations({ cloud: { store } }: EventsParts) {
  const ruleOf = (
    context: RequestContext,
    {
      Rule = "",
      EventBusName,
    }: { readonly Rule: string | undefined; readonly EventBusName?: string | undefined },
  ) => findRule(stateOf(store, context), context, { busName: busNameOf(EventBusName), name: Rule });
  const save = (context: RequestContext, rule: RuleRow) =>
    stateOf(store, context).rules.set(ruleKey(rule.busName, rule.name), rule);

  return {
    PutTargets(input, context) {
      const rule = ruleOf(context, input);
      const byId = new Map(rule.targets.map((target) => [target.Id, target]));
      for (const target of input.Targets ?? []) {
        checkTarget(target);
        byId.set(target.Id, target);
      }
      if (byId.size > TARGETS_PER_RULE) throw tooMany();
      save(context, { ...rule, targets: [...byId.values()] });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },

    RemoveTargets(input, context) {
      const rule = ruleOf(context, input);
      const gone = new Set(input.Ids);
      const targets = rule.targets.filter(({ Id = "" }) => !gone.has(Id));
      save(context, { ...rule, targets });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },

    ListTargetsByRule(input, context) {
      const page = pageOf(ruleOf(context, input).targets, {
        keyOf: ({ Id = "" }) => Id,
        token: input.NextToken,
        limit: input.Limit ?? PAGE_ITEMS,
        badToken,
      });
      return { Targets: page.items, NextToken: page.nextToken };
    },
  } satisfies EventsHandlers;
}

/** @throws {AwsError} ValidationException */
function checkTarget(target: TargetRow): void {
  const arn = target.Arn ?? "";
  if (!/^arn:[\w-]+:[\w-]+:[\w-]*:\d*:.+/.test(arn)) {
    // Source: moto, test_events.
    throw validation(
      `Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`,
    );
  }
  checkInput(target);
}
