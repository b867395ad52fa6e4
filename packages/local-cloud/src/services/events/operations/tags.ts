import type { RequestContext } from "../../../service.ts";
import { type Tags, withoutTags } from "../../tags.ts";
import { tooMany, validation } from "../errors.ts";
import { TAGS_MAX } from "../limits.ts";
import type { EventsParts } from "../parts.ts";
import type { EventsHandlers } from "../sdk.ts";
import { DEFAULT_BUS, findBus, findRule, ruleKey, stateOf } from "../state.ts";

/** `before` with the given tags added. @throws {AwsError} LimitExceededException */
export function tagsOf(
  before: Tags,
  given:
    | readonly { readonly Key: string | undefined; readonly Value: string | undefined }[]
    | undefined,
): Tags {
  const added = (given ?? []).map(({ Key = "", Value = "" }) => [Key, Value] as const);
  const tags = { ...before, ...Object.fromEntries(added) };
  if (Object.keys(tags).length > TAGS_MAX) throw tooMany();
  return tags;
}

/** Tags of rules and buses. */
export function tagOperations({ cloud: { store } }: EventsParts) {
  const change = (arn: string, context: RequestContext, to: (tags: Tags) => Tags) => {
    const state = stateOf(store, context);
    const { busName, name } = resourceOf(arn);
    if (name === undefined) {
      const bus = findBus(state, context, busName);
      state.buses.set(bus.name, { ...bus, tags: to(bus.tags) });
    } else {
      const rule = findRule(state, context, { busName, name });
      state.rules.set(ruleKey(busName, name), { ...rule, tags: to(rule.tags) });
    }
    return {};
  };

  return {
    TagResource: (input, context) =>
      change(input.ResourceARN ?? "", context, (tags) => tagsOf(tags, input.Tags)),

    UntagResource: (input, context) =>
      change(input.ResourceARN ?? "", context, (tags) => withoutTags(tags, input.TagKeys)),

    ListTagsForResource(input, context) {
      const state = stateOf(store, context);
      const { busName, name } = resourceOf(input.ResourceARN ?? "");
      const { tags } =
        name === undefined
          ? findBus(state, context, busName)
          : findRule(state, context, { busName, name });
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  } satisfies EventsHandlers;
}

/** "event-bus/NAME", "rule/NAME" of the default bus, "rule/BUS/NAME". */
function resourceOf(arn: string): { readonly busName: string; readonly name: string | undefined } {
  const [kind = "", first = "", second] = (arn.split(":")[5] ?? "").split("/");
  if (kind === "event-bus") return { busName: first, name: undefined };
  if (kind !== "rule") throw validation(`Parameter ${arn} is not valid.`);
  return second === undefined
    ? { busName: DEFAULT_BUS, name: first }
    : { busName: first, name: second };
}
