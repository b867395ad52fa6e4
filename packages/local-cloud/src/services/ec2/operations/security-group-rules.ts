import { duplicateRule, missing, notFound, ruleNotFound, tooManyRules } from "../errors.ts";
import { select } from "../filters.ts";
import {
  isSameRule,
  readPermissions,
  ruleShape,
  ruleText,
  type WantedRule,
} from "../permissions.ts";
import type { Ec2Handlers, Ec2Input } from "../sdk.ts";
import { type Ec2, type GroupRow, newId, type PlaceState, type RuleRow } from "../state.ts";
import { putTags, specifiedTags } from "../tagging.ts";

/** Each way. Source: AWS docs, "Amazon VPC quotas". */
const RULES_PER_GROUP = 60;

type Authorize =
  | Ec2Input<"AuthorizeSecurityGroupIngress">
  | Ec2Input<"AuthorizeSecurityGroupEgress">;
type Revoke = Ec2Input<"RevokeSecurityGroupIngress"> | Ec2Input<"RevokeSecurityGroupEgress">;

export function securityGroupRuleOperations(ec2: Ec2) {
  const { cloud } = ec2;

  /** All rules of a call, or none. */
  const authorize = (state: PlaceState, input: Authorize, isEgress: boolean) => {
    const group = groupOf(state, input);
    const wanted = readPermissions(state, group, input);
    const tags = specifiedTags(input.TagSpecifications, "security-group-rule");
    const known: WantedRule[] = rulesOf(state, group, isEgress);
    if (known.length + wanted.length > RULES_PER_GROUP) {
      throw tooManyRules(group.id, RULES_PER_GROUP);
    }
    for (const rule of wanted) {
      if (known.some((other) => isSameRule(other, rule))) throw duplicateRule(ruleText(rule));
      known.push(rule);
    }
    const made = wanted.map(({ protocol, fromPort, toPort, peer, description }): RuleRow => ({
      id: newId(cloud, "sgr"),
      groupId: group.id,
      isEgress,
      protocol,
      fromPort,
      toPort,
      peer,
      description,
    }));
    cloud.store.transaction(() => {
      for (const row of made) {
        state.rules.set(row.id, row);
        putTags(state, row.id, tags);
      }
    });
    return { Return: true, SecurityGroupRules: made.map((row) => ruleShape(state, row)) };
  };

  const revoke = (state: PlaceState, input: Revoke, isEgress: boolean) => {
    const group = groupOf(state, input);
    const known = rulesOf(state, group, isEgress);
    const ids = input.SecurityGroupRuleIds ?? [];
    const gone =
      ids.length > 0
        ? ids.map((id) => {
            const row = known.find((rule) => rule.id === id);
            if (row === undefined) throw notFound("rule", id);
            return row;
          })
        : readPermissions(state, group, input).map((wanted) => {
            const row = known.find((rule) => isSameRule(rule, wanted));
            if (row === undefined) throw ruleNotFound();
            return row;
          });
    cloud.store.transaction(() => {
      for (const { id } of gone) {
        state.rules.delete(id);
        state.tags.delete(id);
      }
    });
    return { Return: true };
  };

  return {
    AuthorizeSecurityGroupIngress: (input, context) => authorize(ec2.in(context), input, false),
    AuthorizeSecurityGroupEgress: (input, context) => authorize(ec2.in(context), input, true),
    RevokeSecurityGroupIngress: (input, context) => revoke(ec2.in(context), input, false),
    RevokeSecurityGroupEgress: (input, context) => revoke(ec2.in(context), input, true),

    DescribeSecurityGroupRules(input, context) {
      const state = ec2.in(context);
      const page = select(state.rules.values(), input, {
        ids: input.SecurityGroupRuleIds,
        missing: (id) => notFound("rule", id),
        state,
        facts: ({ id, groupId }) => ({ "group-id": groupId, "security-group-rule-id": id }),
      });
      return {
        SecurityGroupRules: page.items.map((row) => ruleShape(state, row)),
        NextToken: page.nextToken,
      };
    },
  } satisfies Ec2Handlers;
}

/** Egress knows ids only. */
function groupOf(state: PlaceState, input: Authorize | Revoke): GroupRow {
  const { GroupId } = input;
  const GroupName = "GroupName" in input ? input.GroupName : undefined;
  if (GroupId === undefined && GroupName === undefined) throw missing("groupId");
  const found = [...state.groups.values()].find(
    ({ id, name, vpcId }) =>
      id === GroupId ||
      (GroupId === undefined && name === GroupName && state.vpcs.get(vpcId)?.isDefault === true),
  );
  if (found === undefined) throw notFound("group", GroupId ?? GroupName ?? "");
  return found;
}

function rulesOf(state: PlaceState, { id }: GroupRow, isEgress: boolean): RuleRow[] {
  return [...state.rules.values()].filter(
    (rule) => rule.groupId === id && rule.isEgress === isEgress,
  );
}
