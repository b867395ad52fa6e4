import { withoutTags } from "../../tags.ts";
import { parseArnHere } from "../arns.ts";
import { invalidParameter, resourceNotFound, tooManyTags } from "../errors.ts";
import { TAGS_MAX } from "../limits.ts";
import type { SnsParts } from "../parts.ts";
import type { SnsHandlers } from "../sdk.ts";
import type { Attributes, TopicRow } from "../state.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";

interface Tag {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

export function tagOperations({ sns }: SnsParts) {
  const topicOf = (context: Place, arn = "") => {
    const { account, region } = parseArnHere(arn, "ResourceArn", context);
    const state = sns.in({ account, region });
    const topic = state.topics.get(arn);
    if (topic === undefined) throw resourceNotFound();
    return { state, topic };
  };
  const save = (context: Place, topic: TopicRow, tags: Attributes) => {
    if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags();
    sns.in(context).topics.set(topic.arn, { ...topic, tags });
    return {};
  };
  return {
    ListTagsForResource(input, context) {
      const { topic } = topicOf(context, input.ResourceArn);
      return { Tags: Object.entries(topic.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
    TagResource(input, context) {
      const { topic } = topicOf(context, input.ResourceArn);
      return save(context, topic, { ...topic.tags, ...readTags(input.Tags) });
    },
    UntagResource(input, context) {
      const { topic } = topicOf(context, input.ResourceArn);
      return save(context, topic, withoutTags(topic.tags, input.TagKeys));
    },
  } satisfies SnsHandlers;
}

/** @throws {AwsError} InvalidParameter, TagLimitExceeded */
export function readTags(given: readonly Tag[] = []): Attributes {
  const tags = Object.fromEntries(given.map(({ Key = "", Value = "" }) => [Key, Value]));
  if (Object.keys(tags).length < given.length) {
    throw invalidParameter("Duplicated keys are not allowed.");
  }
  if (given.length > TAGS_MAX) throw tooManyTags();
  return tags;
}
