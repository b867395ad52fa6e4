import { AwsError } from "../../aws-error.ts";
import type { TopicMessage, TopicPublisher } from "../../data-plane/ports.ts";
import type { Cloud } from "../../service.ts";
import { parseArn } from "./arns.ts";
import { checkTexts, type MessageContent } from "./message-content.ts";
import { isPermitted } from "./policy/topic-policy.ts";
import type { Publisher } from "./publisher.ts";
import { findTopic, type SnsState, type TopicRow } from "./state.ts";

/** What other services publish: alarms, and functions' destinations. */
export function createTopicPort(sns: SnsState, publisher: Publisher): TopicPublisher {
  return {
    async publish(given) {
      try {
        const { region } = parseArn(given.topicArn, "TopicArn");
        const place = { account: given.publisher.account, region };
        const { state, topic } = findTopic(sns, place, given.topicArn);
        const refusal = refusalOf(topic, given);
        if (refusal !== undefined) return { kind: "refused", ...refusal };
        checkTexts({ Message: given.message, Subject: given.subject });
        const content = contentOf(given);
        publisher.check(topic, content);
        return { kind: "published", messageId: publisher.publish(state, topic, content).messageId };
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return {
          kind: "refused",
          code: error.code.replace(/Exception$/, ""),
          message: error.message,
        };
      }
    },
  };
}

/** How CloudWatch calls itself. Source: AWS re:Post, "SNS notification for CloudWatch alarm". */
const NAMES: Readonly<Record<string, string>> = {
  "cloudwatch.amazonaws.com": "CloudWatch Alarms",
};

/**
 * Source of the texts: alarm histories that public repositories quote. A topic that AWS's own key
 * encrypts is shut to services: the key's policy lets only callers of the account use it.
 */
function refusalOf(topic: TopicRow, { publisher: { service, account, arn } }: TopicMessage) {
  const who = service === undefined ? `User: ${arn}` : (NAMES[service] ?? service);
  if (service !== undefined && topic.attributes["KmsMasterKeyId"] === "alias/aws/sns") {
    return {
      code: "KMSAccessDenied",
      message: `${who} does not have authorization to access the SNS topic encryption key.`,
    };
  }
  if (isPermitted(topic, { action: "SNS:Publish", account, arn, service }) === "allowed") {
    return undefined;
  }
  return {
    code: "AuthorizationError",
    message: `${who} is not authorized to perform: SNS:Publish on resource: ${topic.arn}`,
  };
}

function contentOf({ subject, message, attributes = {} }: TopicMessage): MessageContent {
  return {
    subject,
    message,
    byProtocol: {},
    attributes,
    groupId: undefined,
    deduplicationId: undefined,
    bytes: Buffer.byteLength(message),
  };
}

/**
 * Publishes what services send to topics without waiting for the outcome.
 * @returns the way to stop listening
 */
export function listenToBus({ bus, warn }: Pick<Cloud, "bus" | "warn">, topics: TopicPublisher) {
  return bus.subscribe("topicPublish", async ({ account, topicArn, message, attributes }) => {
    const texts = Object.entries(attributes).map(
      ([name, value]) => [name, { type: "String", value }] as const,
    );
    const result = await topics.publish({
      topicArn,
      message,
      attributes: Object.fromEntries(texts),
      publisher: { account, arn: `arn:aws:iam::${account}:root` },
    });
    if (result.kind === "refused")
      warn(`sns: nothing was published to ${topicArn}: ${result.message}`);
  });
}
