import type { Cloud, RequestContext } from "../../../service.ts";
import type { LogGroup } from "../../../telemetry/log-records.ts";
import { type Tags, withoutTags } from "../../tags.ts";
import { invalidParameter } from "../errors.ts";
import { TAGS_MAX } from "../limits.ts";
import { existingGroup, groupNameOf } from "../log-group-name.ts";
import type { LogsHandlers } from "../sdk.ts";

/** Tags of log groups, by ARN and in the older form by name. */
export function tagOperations({ logs }: Cloud) {
  const tag = (context: RequestContext, group: LogGroup, added: Tags) => {
    const tags = { ...group.tags, ...added };
    if (Object.keys(tags).length > TAGS_MAX) {
      // Unverified: the text.
      throw invalidParameter(`A log group can have at most ${TAGS_MAX} tags.`);
    }
    logs.putGroup(context, { ...group, tags });
    return {};
  };
  const untag = (context: RequestContext, group: LogGroup, keys: readonly string[] | undefined) => {
    logs.putGroup(context, { ...group, tags: withoutTags(group.tags, keys) });
    return {};
  };
  const byName = (context: RequestContext, name: string | undefined) =>
    existingGroup(logs, context, name);
  const byArn = (context: RequestContext, arn: string | undefined) =>
    existingGroup(logs, context, groupNameOf(arn ?? ""));
  return {
    TagResource: (input, context) =>
      tag(context, byArn(context, input.resourceArn), input.tags ?? {}),
    UntagResource: (input, context) =>
      untag(context, byArn(context, input.resourceArn), input.tagKeys),
    ListTagsForResource: (input, context) => ({
      tags: { ...byArn(context, input.resourceArn).tags },
    }),
    TagLogGroup: (input, context) =>
      tag(context, byName(context, input.logGroupName), input.tags ?? {}),
    UntagLogGroup: (input, context) =>
      untag(context, byName(context, input.logGroupName), input.tags),
    ListTagsLogGroup: (input, context) => ({
      tags: { ...byName(context, input.logGroupName).tags },
    }),
  } satisfies LogsHandlers;
}
