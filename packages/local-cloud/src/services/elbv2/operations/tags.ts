import { withoutTags } from "../../tags.ts";
import { balancerOf, groupOf, listenerOf, ruleOf } from "../arns.ts";
import { invalid } from "../errors.ts";
import type { Elbv2Handlers } from "../sdk.ts";
import type { Elb, PlaceState } from "../state.ts";
import { readTags, tagShapes } from "../tagging.ts";

export function tagOperations(elb: Elb) {
  const { cloud } = elb;
  return {
    AddTags(input, context) {
      const state = elb.in(context);
      const arns = known(state, input.ResourceArns);
      const tags = arns.map((arn) => [arn, readTags(input.Tags, state.tags.get(arn))] as const);
      cloud.store.transaction(() => {
        for (const [arn, all] of tags) state.tags.set(arn, all);
      });
      return {};
    },

    RemoveTags(input, context) {
      const state = elb.in(context);
      const arns = known(state, input.ResourceArns);
      cloud.store.transaction(() => {
        for (const arn of arns) {
          state.tags.set(arn, withoutTags(state.tags.get(arn) ?? {}, input.TagKeys));
        }
      });
      return {};
    },

    DescribeTags(input, context) {
      const state = elb.in(context);
      return {
        TagDescriptions: known(state, input.ResourceArns).map((arn) => ({
          ResourceArn: arn,
          Tags: tagShapes(state.tags.get(arn)),
        })),
      };
    },
  } satisfies Elbv2Handlers;
}

/** Source: AWS docs, API_DescribeTags: up to 20 resources. */
const MOST = 20;

function known(state: PlaceState, arns: readonly string[] = []): readonly string[] {
  if (arns.length > MOST)
    throw invalid(`At most ${MOST} resources can be named, got ${arns.length}`);
  for (const arn of arns) requireKnown(state, arn);
  return arns;
}

function requireKnown(state: PlaceState, arn: string): void {
  const isDefaultRule = [...state.listeners.values()].some((row) => row.defaultRuleArn === arn);
  if (isDefaultRule) return;
  if (arn.includes(":loadbalancer/")) balancerOf(state, arn);
  else if (arn.includes(":targetgroup/")) groupOf(state, arn);
  else if (arn.includes(":listener-rule/")) ruleOf(state, arn);
  else listenerOf(state, arn);
}
