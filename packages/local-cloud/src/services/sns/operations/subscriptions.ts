import type { RequestContext } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { pageOf } from "../../paging.ts";
import { parseArnHere } from "../arns.ts";
import { checkEndpoint } from "../endpoints.ts";
import { invalidParameter, notAuthorized } from "../errors.ts";
import { PAGE_ITEMS } from "../limits.ts";
import type { SnsParts } from "../parts.ts";
import { requirePermission } from "../policy/topic-policy.ts";
import { endSubscription, hasConfirmations } from "../removal.ts";
import type { SnsHandlers } from "../sdk.ts";
import {
  type Attributes,
  findSubscription,
  findTopic,
  isForgotten,
  type PlaceState,
  type SubscriptionRow,
  subscriptionsOf,
} from "../state.ts";
import {
  checkFilterPolicy,
  subscriptionAttributes,
  withSubscriptionAttribute,
} from "../subscription-attributes.ts";

const PENDING = "pending confirmation";

export function subscriptionOperations({ cloud, sns, confirmations }: SnsParts) {
  const page = (subscriptions: SubscriptionRow[], token: string | undefined) => {
    const { items, nextToken } = pageOf(subscriptions, {
      keyOf: ({ arn }) => arn,
      token,
      limit: PAGE_ITEMS,
      badToken: () => invalidParameter("NextToken"),
    });
    return { Subscriptions: items.map(listed), NextToken: nextToken };
  };

  return {
    Subscribe(input, context) {
      const { state, topic } = findTopic(sns, context, input.TopicArn ?? "");
      const { Protocol, Endpoint: endpoint = "" } = input;
      const protocol = checkEndpoint(Protocol ?? "", endpoint, topic.arn);
      const keys = { "sns:Protocol": protocol, "sns:Endpoint": endpoint };
      requirePermission(topic, context, "SNS:Subscribe", keys);
      const attributes = readAttributes(input.Attributes, topic.arn);
      const nowMs = cloud.clock.nowMs();
      const existing = subscriptionsOf(state, topic.arn, nowMs).find(
        (each) => each.protocol === protocol && each.endpoint === endpoint,
      );
      if (existing !== undefined) checkSame(existing, input.Attributes, attributes);
      const isConfirmed = !hasConfirmations(protocol);
      const subscription: SubscriptionRow = existing ?? {
        arn: `${topic.arn}:${cloud.random.uuid()}`,
        topicArn: topic.arn,
        protocol,
        endpoint,
        owner: context.account,
        principal: context.caller.arn,
        attributes,
        isConfirmed,
        wasAuthenticated: isConfirmed,
        needsOwnerToUnsubscribe: false,
        createdAtMs: nowMs,
      };
      cloud.store.transaction(() => {
        if (existing === undefined) state.subscriptions.set(subscription.arn, subscription);
        // Who asks again gets another letter.
        if (!subscription.isConfirmed) {
          confirmations.ask(state, subscription, "SubscriptionConfirmation");
        }
      });
      const isTold = subscription.isConfirmed || input.ReturnSubscriptionArn === true;
      return { SubscriptionArn: isTold ? subscription.arn : PENDING };
    },

    ConfirmSubscription(input, context) {
      const topicArn = input.TopicArn ?? "";
      const { account, region } = parseArnHere(topicArn, "TopicArn", context);
      const { arn } = confirmations.confirm(sns.in({ account, region }), {
        topicArn,
        token: input.Token ?? "",
        isAuthenticated: true,
        needsOwnerToUnsubscribe: input.AuthenticateOnUnsubscribe?.toLowerCase() === "true",
      });
      return { SubscriptionArn: arn };
    },

    /** What is not there any more is no error. Source: LocalStack test_unsubscribe_idempotency. */
    Unsubscribe(input, context) {
      const { state, subscription } = unsubscribed(sns.in, input.SubscriptionArn ?? "", context);
      if (subscription === undefined) return {};
      const owners = [subscription.owner, state.place.account];
      if (!owners.includes(context.account)) {
        throw notAuthorized(`User: ${context.caller.arn}`, "SNS:Unsubscribe", subscription.arn);
      }
      // Source: AWS docs, API reference, Unsubscribe.
      if (!subscription.isConfirmed) {
        throw invalidParameter("SubscriptionArn Reason: subscription is pending confirmation");
      }
      endSubscription(cloud, confirmations, state, subscription);
      return {};
    },

    ListSubscriptions(input, context) {
      const nowMs = cloud.clock.nowMs();
      const { topics, subscriptions } = sns.in(context);
      const all = [...subscriptions.values()].filter(
        (each) => topics.has(each.topicArn) && !isForgotten(each, nowMs),
      );
      return page(all, input.NextToken);
    },

    ListSubscriptionsByTopic(input, context) {
      const { state, topic } = findTopic(sns, context, input.TopicArn ?? "");
      requirePermission(topic, context, "SNS:ListSubscriptionsByTopic");
      return page(subscriptionsOf(state, topic.arn, cloud.clock.nowMs()), input.NextToken);
    },

    GetSubscriptionAttributes(input, context) {
      const nowMs = cloud.clock.nowMs();
      const arn = input.SubscriptionArn ?? "";
      const { state, subscription } = findSubscription(sns, context, arn, nowMs);
      const topic = state.topics.get(subscription.topicArn);
      return { Attributes: subscriptionAttributes(subscription, topic) };
    },

    SetSubscriptionAttributes(input, context) {
      const { AttributeName: name = "", AttributeValue: value = "", SubscriptionArn: arn } = input;
      const { state, subscription } = findSubscription(
        sns,
        context,
        arn ?? "",
        cloud.clock.nowMs(),
      );
      const { topicArn } = subscription;
      const changed = { name, value, topicArn };
      const attributes = withSubscriptionAttribute(subscription.attributes, changed, "");
      checkFilterPolicy(attributes, "");
      state.subscriptions.set(subscription.arn, { ...subscription, attributes });
      return {};
    },
  } satisfies SnsHandlers;
}

function listed({ arn, owner, protocol, endpoint, topicArn, isConfirmed }: SubscriptionRow) {
  return {
    SubscriptionArn: isConfirmed ? arn : "PendingConfirmation",
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: topicArn,
  };
}

function readAttributes(given: Record<string, string> = {}, topicArn: string): Attributes {
  let attributes: Attributes = {};
  for (const [name, value] of Object.entries(given)) {
    const changed = { name, value, topicArn };
    attributes = withSubscriptionAttribute(attributes, changed, "Attributes Reason: ");
  }
  checkFilterPolicy(attributes, "Attributes Reason: ");
  return attributes;
}

const DEFAULTS: Attributes = {
  RawMessageDelivery: "false",
  FilterPolicyScope: "MessageAttributes",
};

/** Source: recorded AWS answers (LocalStack test_subscribe_idempotency): only what is given counts. */
function checkSame(
  existing: SubscriptionRow,
  given: Record<string, string> = {},
  attributes: Attributes,
): void {
  const differs = Object.keys(given).some(
    (name) =>
      (existing.attributes[name] ?? DEFAULTS[name]) !== (attributes[name] ?? DEFAULTS[name]),
  );
  if (differs) {
    throw invalidParameter(
      "Attributes Reason: Subscription already exists with different attributes",
    );
  }
}

/** Source: recorded AWS answers (LocalStack test_unsubscribe_wrong_arn_format). */
function unsubscribed(
  open: (place: Place) => PlaceState,
  subscriptionArn: string,
  context: RequestContext,
) {
  if (subscriptionArn === "") {
    throw invalidParameter("SubscriptionArn Reason: no value for required parameter");
  }
  const arn = parseArnHere(subscriptionArn, "SubscriptionArn", context);
  const { account, region, subscriptionId } = arn;
  if (subscriptionId === undefined) throw invalidParameter("SubscriptionId");
  const state = open({ account, region });
  return { state, subscription: state.subscriptions.get(subscriptionArn) };
}
