import { pageOf } from "../../paging.ts";
import { parseArnHere, topicArnOf } from "../arns.ts";
import { invalidParameter } from "../errors.ts";
import { PAGE_ITEMS, TOPIC_NAME_MAX } from "../limits.ts";
import type { SnsParts } from "../parts.ts";
import { requirePermission } from "../policy/topic-policy.ts";
import type { SnsHandlers, SnsInput } from "../sdk.ts";
import { type Attributes, findTopic, subscriptionsOf, type TopicRow } from "../state.ts";
import { readTags } from "./tags.ts";
import { checkTopicAttribute, topicAttributes, withAttribute } from "../topic-attributes.ts";

export function topicOperations({ cloud, sns }: SnsParts) {
  return {
    CreateTopic(input, context) {
      const name = input.Name ?? "";
      const { FifoTopic: fifo = "false", ...given } = input.Attributes ?? {};
      checkName(name, fifo.toLowerCase() === "true");
      const arn = topicArnOf(context, name);
      const tags = readTags(input.Tags);
      const existing = sns.in(context).topics.get(arn);
      if (existing !== undefined) {
        checkSame(existing, given, tags);
        return { TopicArn: arn };
      }
      let attributes: Attributes = {};
      for (const [attribute, value] of Object.entries(given)) {
        checkTopicAttribute(arn, attribute, value);
        attributes = withAttribute(attributes, attribute, value);
      }
      const topic: TopicRow = { name, arn, attributes, tags, deletedSubscriptions: 0 };
      sns.in(context).topics.set(arn, topic);
      return { TopicArn: arn };
    },

    /** A topic that is not there is no error. Source: LocalStack test_delete_non_existent_topic. */
    DeleteTopic(input, context) {
      const { topicArn, account, region } = parseArnHere(input.TopicArn ?? "", "TopicArn", context);
      const state = sns.in({ account, region });
      const topic = state.topics.get(topicArn);
      if (topic === undefined) return {};
      requirePermission(topic, context, "SNS:DeleteTopic");
      cloud.store.transaction(() => {
        state.topics.delete(topicArn);
        for (const { arn } of subscriptionsOf(state, topicArn, -Infinity)) {
          state.subscriptions.delete(arn);
        }
      });
      return {};
    },

    ListTopics(input, context) {
      const page = pageOf(sns.in(context).topics.values(), {
        keyOf: ({ arn }) => arn,
        token: input.NextToken,
        limit: PAGE_ITEMS,
        badToken: () => invalidParameter("NextToken"),
      });
      return {
        Topics: page.items.map(({ arn }) => ({ TopicArn: arn })),
        NextToken: page.nextToken,
      };
    },

    GetTopicAttributes(input, context) {
      const { state, topic } = findTopic(sns, context, input.TopicArn ?? "");
      requirePermission(topic, context, "SNS:GetTopicAttributes");
      return { Attributes: topicAttributes(state, topic, cloud.clock.nowMs()) };
    },

    SetTopicAttributes(input, context) {
      const { state, topic } = findTopic(sns, context, input.TopicArn ?? "");
      requirePermission(topic, context, "SNS:SetTopicAttributes");
      const { AttributeName: name = "", AttributeValue: value = "" } = input;
      checkTopicAttribute(topic.arn, name, value);
      const attributes = withAttribute(topic.attributes, name, value);
      state.topics.set(topic.arn, { ...topic, attributes });
      return {};
    },
  } satisfies SnsHandlers;
}

/** Source: recorded AWS answers (LocalStack test_create_topic_name_constraints). */
function checkName(name: string, isFifo: boolean): void {
  const isSound =
    /^[A-Za-z0-9_-]+(?:\.fifo)?$/.test(name) &&
    name.length <= TOPIC_NAME_MAX &&
    name.endsWith(".fifo") === isFifo;
  if (!isSound) throw invalidParameter("Topic Name");
}

/**
 * Whoever creates a topic again must ask for nothing that it has not.
 * Source: recorded AWS answers (LocalStack test_create_topic_different_attrs,
 * test_create_duplicate_topic_check_idempotency).
 */
function checkSame(
  topic: TopicRow,
  given: NonNullable<SnsInput<"CreateTopic">["Attributes"]>,
  tags: Attributes,
): void {
  const differs = Object.entries(given).some(
    ([name, value]) => (topic.attributes[name] ?? "") !== value,
  );
  if (differs) {
    throw invalidParameter("Attributes Reason: Topic already exists with different attributes");
  }
  if (Object.entries(tags).some(([key, value]) => topic.tags[key] !== value)) {
    throw invalidParameter("Tags Reason: Topic already exists with different tags");
  }
}
