import type { Rule, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { RolloutError } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import type { EcsCalls } from "../ecs/calls.ts";
import { forwardApi } from "../ecs/forward.ts";
import type { EcsPlace, Testers } from "../ecs/place.ts";
import { DEFAULT_WEIGHT } from "../lattice/weights.ts";

/** Marks the rule that Headgate made, with the ARN of what it stands before. */
const TESTERS_TAG = "headgate:testers-of";

/** Source: AWS docs, listener-rules (priority) and Quotas for your Application Load Balancers (condition values). */
const LAST_PRIORITY = 50_000;
const MOST_VALUES = 5;
/** Source: botocore elbv2 model, DescribeTagsInput. */
const MOST_TAGGED = 20;
/** How often the test listener is written before it counts as fought over. */
const ATTEMPTS = 5;

/** How testers get to the canary before everybody: the test listener, and the rule for their header. */
export interface TestersWay {
  /** @throws {RolloutError} TARGET_UNSUITABLE when there is no place for the rule. */
  plan(): Promise<string>;
  /** Leads testers to this target group. */
  open(groupArn: string): Promise<void>;
  /** Testers get what everybody gets: this target group. */
  close(servingArn: string): Promise<void>;
}

export function testersWay(
  calls: EcsCalls,
  place: EcsPlace,
  testers: Testers | undefined,
): TestersWay {
  const rule = testers === undefined ? undefined : testersRule(calls, place, testers);
  const listener =
    place.testListener === undefined ? undefined : forwardApi(calls, place.testListener);

  const lead = async (groupArn: string) => {
    if (listener === undefined) return;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { groups, token } = await listener.read();
      const serving = groups.filter(({ weight }) => weight > 0);
      if (serving.length === 1 && serving[0]?.arn === groupArn) return;
      mustForward(groups.length > 0, listener.place.label);
      const alone = [{ arn: groupArn, weight: DEFAULT_WEIGHT }];
      if (await listener.replace(alone, token)) return;
    }
    throw new RolloutError("TIMED_OUT", `${listener.place.label} is changed again and again`, {
      hint: "Find out who else changes the test listener.",
    });
  };

  return {
    async plan() {
      if (listener !== undefined) {
        mustForward((await listener.read()).groups.length > 0, listener.place.label);
      }
      const parts = [
        listener?.place.label,
        rule === undefined ? undefined : `a rule with priority ${await rule.plan()}`,
      ];
      return parts.filter((part) => part !== undefined).join(" and ");
    },
    async open(groupArn) {
      await lead(groupArn);
      await rule?.open(groupArn);
    },
    async close(servingArn) {
      await rule?.close();
      await lead(servingArn);
    },
  };
}

function mustForward(isForward: boolean, label: string): void {
  if (isForward) return;
  throw new RolloutError("TARGET_UNSUITABLE", `${label}, the test listener, does not forward`, {
    hint: "Let its default action forward to one of the two target groups.",
  });
}

function testersRule({ elb }: EcsCalls, place: EcsPlace, testers: Testers) {
  const { listenerArn, ruleArn, label } = place.action;
  const mark = ruleArn ?? listenerArn;
  const subject = `testers' rule of ${label}`;

  const rules = async (): Promise<readonly Rule[]> => {
    const all: Rule[] = [];
    let Marker: string | undefined;
    do {
      const input = { ListenerArn: listenerArn, Marker };
      const page = await elb("DescribeRules", `rules of ${label}`, async (client, options) =>
        client.describeRules(input, options),
      );
      all.push(...(page.Rules ?? []));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    return all.filter(({ IsDefault }) => IsDefault !== true);
  };

  const own = async (all: readonly Rule[]): Promise<Rule | undefined> => {
    const arns = all.map(({ RuleArn = "" }) => RuleArn);
    for (let start = 0; start < arns.length; start += MOST_TAGGED) {
      const ResourceArns = arns.slice(start, start + MOST_TAGGED);
      const { TagDescriptions = [] } = await elb("DescribeTags", subject, async (client, options) =>
        client.describeTags({ ResourceArns }, options),
      );
      const found = TagDescriptions.find(({ Tags = [] }) =>
        Tags.some(({ Key, Value }) => Key === TESTERS_TAG && Value === mark),
      );
      if (found !== undefined) return all.find(({ RuleArn }) => RuleArn === found.ResourceArn);
    }
    return undefined;
  };

  const conditions = (all: readonly Rule[]): RuleCondition[] => {
    const shifted = all.find(({ RuleArn }) => RuleArn === ruleArn)?.Conditions ?? [];
    const values = shifted.reduce((sum, { Values = [] }) => sum + Values.length, 0);
    if (values >= MOST_VALUES) {
      throw noRoom(`${label} has ${values} values in its conditions, as many as a rule can`);
    }
    const HttpHeaderConfig = { HttpHeaderName: testers.header, Values: [testers.value] };
    return [...shifted.map(asGiven), { Field: "http-header", HttpHeaderConfig }];
  };

  const planned = (all: readonly Rule[], existing: Rule | undefined) =>
    freePriority(
      all.filter((rule) => rule !== existing).map(({ Priority }) => Number(Priority)),
      Number(all.find(({ RuleArn }) => RuleArn === ruleArn)?.Priority ?? LAST_PRIORITY + 1),
      label,
    );

  return {
    async plan(): Promise<number> {
      const all = await rules();
      conditions(all);
      return planned(all, await own(all));
    },
    async open(groupArn: string) {
      const all = await rules();
      const existing = await own(all);
      const Actions = [{ Type: "forward" as const, TargetGroupArn: groupArn }];
      const Conditions = conditions(all);
      if (existing?.RuleArn !== undefined) {
        const input = { RuleArn: existing.RuleArn, Actions, Conditions };
        await elb("ModifyRule", subject, async (client, options) =>
          client.modifyRule(input, options),
        );
        return;
      }
      const Tags = [{ Key: TESTERS_TAG, Value: mark }];
      const Priority = planned(all, undefined);
      await elb("CreateRule", subject, async (client, options) => {
        // A repeated attempt must not make a second one.
        if ((await own(await rules())) !== undefined) return;
        const input = { ListenerArn: listenerArn, Priority, Conditions, Actions, Tags };
        await client.createRule(input, options);
      });
    },
    async close() {
      const existing = await own(await rules());
      if (existing === undefined) return;
      try {
        await elb("DeleteRule", subject, async (client, options) =>
          client.deleteRule({ RuleArn: existing.RuleArn }, options),
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

/** Values come back twice, as a list and in the field's own configuration; only one may be given. */
function asGiven({ Values, ...condition }: RuleCondition): RuleCondition {
  return Object.keys(condition).length > 1
    ? condition
    : { ...condition, ...(Values && { Values }) };
}

/**
 * Testers must get the canary where others would get stable, and nowhere else: so their rule stands right before
 * what is shifted, and behind every other that comes earlier.
 */
function freePriority(taken: readonly number[], shifted: number, label: string): number {
  const before = Math.max(0, ...taken.filter((priority) => priority < shifted));
  if (before < shifted - 1) return shifted - 1;
  throw noRoom(
    shifted > LAST_PRIORITY
      ? `the last priority, ${LAST_PRIORITY}, of ${label} is taken`
      : `no priority is free right before ${shifted}, that of ${label}`,
  );
}

function noRoom(what: string): RolloutError {
  return new RolloutError("TARGET_UNSUITABLE", `there is no place for the testers' rule: ${what}`, {
    hint: "Give the other rules lower priorities (aws elbv2 set-rule-priorities), or leave out target.ecs.testers.",
  });
}
