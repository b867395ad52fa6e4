import { invalidParameter } from "./errors.ts";
import { checkDeliveryPolicy, topicDeliveryPolicy } from "./delivery-policy.ts";
import { parseArn } from "./arns.ts";
import { policyOf } from "./policy/topic-policy.ts";
import { checkPolicy } from "./policy/statement.ts";
import {
  type Attributes,
  isFifo,
  type PlaceState,
  subscriptionsOf,
  type TopicRow,
} from "./state.ts";

/** How one attribute is checked. `undefined`: any text. */
type Check = ((value: string) => void) | undefined;

/** Source: API reference, CreateTopic and SetTopicAttributes. */
const SETTABLE: Readonly<Record<string, Check>> = {
  ArchivePolicy: undefined,
  ContentBasedDeduplication: isBoolean("ContentBasedDeduplication"),
  DeliveryPolicy: (value) => checkDeliveryPolicy(value, "topic"),
  DisplayName: undefined,
  FifoThroughputScope: isOneOf("FifoThroughputScope", ["Topic", "MessageGroup"]),
  KmsMasterKeyId: undefined,
  Policy: checkPolicy,
  SignatureVersion: isOneOf("SignatureVersion", ["1", "2"]),
  TracingConfig: isOneOf("TracingConfig", ["PassThrough", "Active"]),
};
/** Where the outcome of deliveries is logged: kept, without an effect. */
const FEEDBACK =
  /^(?:Application|Firehose|HTTP|Lambda|SQS)(?:(?:Success|Failure)FeedbackRoleArn|SuccessFeedbackSampleRate)$/;
const FIFO_ONLY: ReadonlySet<string> = new Set([
  "ArchivePolicy",
  "ContentBasedDeduplication",
  "FifoThroughputScope",
]);

/**
 * Checks one attribute of a topic before it is kept.
 * @throws {AwsError} InvalidParameter
 */
export function checkTopicAttribute(topicArn: string, name: string, value: string): void {
  if (FEEDBACK.test(name)) return;
  const isKnown = Object.hasOwn(SETTABLE, name);
  if (!isKnown || (FIFO_ONLY.has(name) && !isFifo(topicArn))) {
    throw invalidParameter("AttributeName");
  }
  // An empty value takes the attribute away.
  if (value !== "") SETTABLE[name]?.(value);
}

function isBoolean(name: string): Check {
  return (value) => {
    if (/^(?:true|false)$/i.test(value)) return;
    throw invalidParameter(`${name}: Invalid value [${value}]. Must be true or false.`);
  };
}

/** Unverified: the text. */
function isOneOf(name: string, allowed: readonly string[]): Check {
  return (value) => {
    if (allowed.includes(value)) return;
    throw invalidParameter(`${name}: Invalid value [${value}]. Must be ${allowed.join(" or ")}.`);
  };
}

/** Everything that GetTopicAttributes tells. */
export function topicAttributes(
  state: PlaceState,
  topic: TopicRow,
  nowMs: number,
): Record<string, string> {
  const subscriptions = subscriptionsOf(state, topic.arn, nowMs);
  const confirmed = subscriptions.filter(({ isConfirmed }) => isConfirmed).length;
  return {
    Policy: policyOf(topic),
    Owner: parseArn(topic.arn, "TopicArn").account,
    SubscriptionsPending: String(subscriptions.length - confirmed),
    TopicArn: topic.arn,
    EffectiveDeliveryPolicy: JSON.stringify(topicDeliveryPolicy(topic.attributes)),
    SubscriptionsConfirmed: String(confirmed),
    DisplayName: "",
    SubscriptionsDeleted: String(topic.deletedSubscriptions),
    ...(isFifo(topic.arn) && { FifoTopic: "true", ContentBasedDeduplication: "false" }),
    ...topic.attributes,
  };
}

/** Attributes with one more, or without one whose value is empty. */
export function withAttribute(attributes: Attributes, name: string, value: string): Attributes {
  const { [name]: _before, ...others } = attributes;
  return value === "" ? others : { ...others, [name]: value };
}
