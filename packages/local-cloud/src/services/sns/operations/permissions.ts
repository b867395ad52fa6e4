import { invalidParameter } from "../errors.ts";
import type { SnsParts } from "../parts.ts";
import { isTopicAction, outOfScope, rawStatements } from "../policy/statement.ts";
import { policyOf, requirePermission } from "../policy/topic-policy.ts";
import type { SnsHandlers } from "../sdk.ts";
import { findTopic, type TopicRow } from "../state.ts";

/** The short way to change a topic's policy. Source: recorded AWS answers (LocalStack test_topic_add_permission). */
export function permissionOperations({ sns }: SnsParts) {
  const save = (context: { account: string; region: string }, topic: TopicRow, list: object[]) => {
    const { document } = rawStatements(policyOf(topic));
    const Policy = JSON.stringify({ ...document, Statement: list });
    const attributes = { ...topic.attributes, Policy };
    sns.in(context).topics.set(topic.arn, { ...topic, attributes });
    return {};
  };
  return {
    AddPermission(input, context) {
      const { state, topic } = findTopic(sns, context, input.TopicArn ?? "");
      requirePermission(topic, context, "SNS:AddPermission");
      const { list } = rawStatements(policyOf(topic));
      const { Label: Sid = "", AWSAccountId: accounts = [], ActionName: names = [] } = input;
      if (list.some((statement) => statement["Sid"] === Sid)) {
        throw invalidParameter("Statement already exists");
      }
      const actions = names.map((name) => `SNS:${name}`);
      if (actions.length === 0 || !actions.every(isTopicAction)) throw outOfScope();
      const principals = accounts.map((account) => `arn:aws:iam::${account}:root`);
      const statement = {
        Sid,
        Effect: "Allow",
        Principal: { AWS: oneOrMany(principals) },
        Action: oneOrMany(actions),
        Resource: topic.arn,
      };
      return save(state.place, topic, [...list, statement]);
    },

    RemovePermission(input, context) {
      const { state, topic } = findTopic(sns, context, input.TopicArn ?? "");
      requirePermission(topic, context, "SNS:RemovePermission");
      const { list } = rawStatements(policyOf(topic));
      return save(
        state.place,
        topic,
        list.filter((statement) => statement["Sid"] !== input.Label),
      );
    },
  } satisfies SnsHandlers;
}

function oneOrMany(values: readonly string[]): string | readonly string[] {
  const [first = ""] = values;
  return values.length === 1 ? first : values;
}
