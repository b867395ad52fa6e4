import { parseJsonObject } from "../../json-object.ts";
import {
  checkDeliveryPolicy,
  effectiveDeliveryPolicy,
  subscriptionDeliveryPolicy,
} from "./delivery-policy.ts";
import { invalidParameter } from "./errors.ts";
import { scopeOf } from "./filter-policy/accepts.ts";
import { parseFilterPolicy } from "./filter-policy/parse-policy.ts";
import { checkJson } from "./filter-policy/json-tokens.ts";
import { type Attributes, isFifo, type SubscriptionRow, type TopicRow } from "./state.ts";
import { withAttribute } from "./topic-attributes.ts";

const NAMES: ReadonlySet<string> = new Set([
  "DeliveryPolicy",
  "FilterPolicy",
  "FilterPolicyScope",
  "RawMessageDelivery",
  "RedrivePolicy",
  "ReplayPolicy",
  "SubscriptionRoleArn",
]);

/**
 * A subscription's attributes with one more. An empty value takes it away.
 * @param prefix what AWS says before the attribute's name in errors: Subscribe has one, and
 * SetSubscriptionAttributes has none.
 * @throws {AwsError} InvalidParameter
 */
export function withSubscriptionAttribute(
  attributes: Attributes,
  {
    name,
    value,
    topicArn,
  }: { readonly name: string; readonly value: string; readonly topicArn: string },
  prefix: "" | "Attributes Reason: ",
): Attributes {
  if (!NAMES.has(name)) {
    // Unverified: the text for Subscribe.
    throw invalidParameter(
      prefix === "" ? "AttributeName" : `${prefix}Invalid attribute name: ${name}`,
    );
  }
  const changed = withAttribute(attributes, name, normalized(name, value));
  const attribute = `${prefix}${name}`;
  if (name === "RawMessageDelivery" && !/^(?:true|false)$/i.test(value)) {
    throw invalidParameter(`${attribute}: Invalid value [${value}]. Must be true or false.`);
  }
  if (name === "FilterPolicyScope" && value !== "MessageAttributes" && value !== "MessageBody") {
    throw invalidParameter(
      `${attribute}: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
    );
  }
  if (name === "FilterPolicy" && value === "{}") return withAttribute(attributes, name, "");
  if (name === "DeliveryPolicy" && value !== "") checkDeliveryPolicy(value, "subscription");
  if (name === "RedrivePolicy" && value !== "") checkRedrivePolicy(value, attribute, topicArn);
  return changed;
}

/** The policy is checked once all attributes are known: what it may say depends on its scope. */
export function checkFilterPolicy(
  attributes: Attributes,
  prefix: "" | "Attributes Reason: ",
): void {
  const policy = attributes["FilterPolicy"];
  if (policy === undefined) return;
  parseFilterPolicy(policy, scopeOf(attributes), { attribute: `${prefix}FilterPolicy` });
}

function normalized(name: string, value: string): string {
  return name === "RawMessageDelivery" ? value.toLowerCase() : value;
}

/** Source: recorded AWS answers (LocalStack test_validate_set_sub_attributes, test_validations_for_fifo). */
function checkRedrivePolicy(value: string, attribute: string, topicArn: string): void {
  checkJson(value, { attribute });
  const target = parseJsonObject(value)?.["deadLetterTargetArn"];
  if (typeof target !== "string" || !/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w.-]+$/.test(target)) {
    throw invalidParameter(`${attribute}: deadLetterTargetArn is an invalid arn`);
  }
  if (isFifo(topicArn) && !target.endsWith(".fifo")) {
    throw invalidParameter(
      `${attribute}: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.`,
    );
  }
}

/** Everything that GetSubscriptionAttributes tells. */
export function subscriptionAttributes(
  subscription: SubscriptionRow,
  topic: TopicRow | undefined,
): Record<string, string> {
  const { attributes, protocol } = subscription;
  const { DeliveryPolicy, FilterPolicyScope, ...others } = attributes;
  const isHttp = protocol === "http" || protocol === "https";
  return {
    SubscriptionPrincipal: subscription.principal,
    Owner: subscription.owner,
    RawMessageDelivery: "false",
    TopicArn: subscription.topicArn,
    Endpoint: subscription.endpoint,
    Protocol: protocol,
    PendingConfirmation: String(!subscription.isConfirmed),
    ConfirmationWasAuthenticated: String(subscription.wasAuthenticated),
    SubscriptionArn: subscription.arn,
    ...others,
    // The scope shows with a policy only.
    ...(attributes["FilterPolicy"] !== undefined && {
      FilterPolicyScope: scopeOf({ FilterPolicyScope: FilterPolicyScope ?? "" }),
    }),
    ...(DeliveryPolicy !== undefined && {
      DeliveryPolicy: JSON.stringify(subscriptionDeliveryPolicy(DeliveryPolicy)),
    }),
    ...(isHttp && {
      EffectiveDeliveryPolicy: JSON.stringify(
        effectiveDeliveryPolicy(topic?.attributes ?? {}, attributes),
      ),
    }),
  };
}
